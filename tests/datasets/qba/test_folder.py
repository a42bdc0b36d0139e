from __future__ import annotations

import json
import os
import pickle
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from qba_writer import (
    IMAGE,
    encode,
    member,
    questions,
    scene_graph,
    study_files,
    write_folder,
    write_table,
    write_zip,
)

from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.datasets.qba.folder import QbaFolder, open_qba

# No real copy has folders p90 and above; none may be hard-coded.
A, B, C = ("p10000001", "s50000001"), ("p90000002", "s99000002"), ("p90000002", "s99000010")
ALL = [A, B, C]


def zipped(root: Path, *, graphs: str = "scene_data.zip", prefixed: bool = True) -> Path:
    write_zip(root / "qa.zip", study_files("qa", *reversed(ALL)), prefix="qa/" if prefixed else "")
    write_zip(root / graphs, study_files("scene_graph", *ALL), prefix="scene_data/" if prefixed else "")
    return root


LAYOUTS = {
    "zips, prefixed": lambda root: zipped(root),
    "zips, bare": lambda root: zipped(root, prefixed=False),
    "an export": lambda root: zipped(root, graphs="scene_graph.zip"),
    "unpacked": lambda root: (
        write_folder(root / "qa", study_files("qa", *ALL)),
        write_folder(root / "scene_data", study_files("scene_graph", *ALL)),
    ),
    "unpacked twice over": lambda root: (
        write_folder(root / "qa/qa", study_files("qa", *ALL)),
        write_folder(root / "scene_graphs/scene_data", study_files("scene_graph", *ALL)),
    ),
    "unpacked in one place": lambda root: (
        write_folder(root, study_files("qa", *ALL)),
        write_folder(root, study_files("scene_graph", *ALL)),
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_studies(tmp_path: Path, layout: str) -> None:
    root = tmp_path / "copy"
    LAYOUTS[layout](root)
    folder = open_qba(root)
    for kind in ("qa", "scene_graph"):
        assert list(folder.studies(kind)) == ALL
    assert json.loads(folder.raw("qa", *B)) == questions(*B)
    read = folder.read_questions(*C)
    assert (read.patient_id, read.study_id, len(read.questions)) == (*C, 2)
    assert folder.read_scene_graph(*A, sizes={IMAGE: (3056, 2544)}).problems == ()
    assert folder.problems == ()


@pytest.mark.parametrize(
    "place", [".", "mimic-ext-cxr-qba/1.0.0", "mimic-ext-cxr-qba", "physionet.org/files/mimic-ext-cxr-qba/1.0.0"]
)
def test_a_copy_is_found_below_the_folder_that_is_named(tmp_path: Path, place: str) -> None:
    zipped(tmp_path / place)
    assert open_qba(tmp_path).root == (tmp_path / place).absolute()


def test_a_folder_without_the_data_set_is_an_error_that_says_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("")
    with pytest.raises(DataError, match=r"no mimic-ext-cxr-qba found; the folder holds readme\.txt"):
        open_qba(tmp_path)
    with pytest.raises(DataError, match="does not exist"):
        open_qba(tmp_path / "absent")


def test_studies_come_by_number_and_ids_need_no_prefix(tmp_path: Path) -> None:
    folder = open_qba(zipped(tmp_path))
    assert [key.study_id for key in folder.studies()] == ["s50000001", "s99000002", "s99000010"]
    assert folder.raw("qa", "90000002", "99000010") == folder.raw("qa", *C)
    assert folder.read_questions("90000002", "99000010").study_id == "s99000010"
    assert C in folder.questions
    assert ("p90000002", "s5") not in folder.questions
    assert len(folder.questions) == 3


@pytest.mark.parametrize(
    "bad", [("../../etc", "s1"), ("p1", "../s1"), ("p1/p2", "s1"), ("s1", "p1"), ("", ""), ("p0", "s1")]
)
def test_no_id_leads_out_of_the_folder(tmp_path: Path, bad: tuple[str, str]) -> None:
    write_folder(tmp_path / "qa", study_files("qa", A))
    with pytest.raises(DataError, match="is no (patient|study) id"):
        open_qba(tmp_path).raw("qa", *bad)


def test_members_with_names_that_lead_out_or_fit_no_study_are_listed_and_not_read(tmp_path: Path) -> None:
    files = study_files("qa", A) | {
        "../p10/p10000001/s50000002.qa.json": b"{}",
        "/p10/p10000001/s50000003.qa.json": b"{}",
        "qa/../../p10/p10000001/s50000004.qa.json": b"{}",
        "p10/p10000001/phantom.qa.json": b"{}",
        "README.md": b"",
    }
    folder = open_qba(write_zip(tmp_path / "qa.zip", files).parent)
    assert list(folder.studies()) == [A]
    (problem,) = folder.problems
    assert problem.startswith("qa: zip members whose name fits no study are not read: ../p10/")
    assert problem.count(".json") == 4


def test_files_in_the_wrong_folder_are_listed_and_not_read(tmp_path: Path) -> None:
    files = study_files("qa", A) | {"p11/p10000001/s50000009.qa.json": questions()}
    folder = open_qba(write_folder(tmp_path / "qa", files).parent)
    assert list(folder.studies()) == [A]
    assert folder.problems == ("qa: files whose name fits no study are not read: p11/p10000001/s50000009.qa.json",)


def test_a_missing_study_and_a_missing_kind_are_errors(tmp_path: Path) -> None:
    write_zip(tmp_path / "qa.zip", study_files("qa", A))
    folder = open_qba(tmp_path)
    with pytest.raises(DataError, match=r"no \.qa\.json file of p10000001 s7"):
        folder.raw("qa", "p10000001", "s7")
    with pytest.raises(DataError, match="has no scene_graph files"):
        folder.read_scene_graph(*A)
    with pytest.raises(UnknownNameError, match="unknown kind of study file 'graph'"):
        folder.raw("graph", *A)
    assert list(folder.studies("scene_graph")) == []


def test_a_corrupt_member_is_an_error_of_its_study_alone(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "qa.zip", study_files("qa", *ALL))
    with zipfile.ZipFile(path) as archive:
        offset = archive.getinfo(member(*B, "qa")).header_offset
    data = bytearray(path.read_bytes())
    data[offset + 100] ^= 0xFF
    path.write_bytes(data)
    folder = open_qba(tmp_path)
    assert list(folder.studies()) == ALL
    with pytest.raises(DataError, match="corrupt zip member") as caught:
        folder.read_questions(*B)
    assert caught.value.where == "qa.zip: p90/p90000002/s99000002.qa.json"
    assert folder.read_questions(*A).questions
    assert folder.read_questions(*C).questions


def test_a_truncated_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    write_zip(tmp_path / "qa.zip", {member(*A, "qa"): encode(questions(*A))[:500], member(*B, "qa"): b""})
    folder = open_qba(tmp_path)
    with pytest.raises(DataError, match="not valid JSON") as caught:
        folder.read_questions(*A)
    assert caught.value.where == "qa.zip: p10/p10000001/s50000001.qa.json"
    with pytest.raises(DataError, match="the file is empty"):
        folder.read_questions(*B)


def test_an_incomplete_archive_is_an_error_unless_it_was_unpacked(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "qa.zip", study_files("qa", *ALL))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="not a complete zip file"):
        open_qba(tmp_path)
    write_folder(tmp_path / "qa", study_files("qa", A))
    folder = open_qba(tmp_path)
    assert list(folder.studies()) == [A]
    assert folder.problems[0].startswith("qa: qa.zip is not read, the unpacked folder is: not a complete zip file")


def test_of_two_versions_the_zip_counts_and_the_difference_is_listed(tmp_path: Path) -> None:
    write_zip(tmp_path / "qa.zip", study_files("qa", A, B), prefix="qa/")
    longer = questions(*A) | {"later": "phantom"}
    same_size = encode(questions(*B)).replace(b"Yes, a small one.", b"Yes, a large one.")
    write_folder(
        tmp_path / "qa",
        {member(*A, "qa"): longer, member(*B, "qa"): same_size, member(*C, "qa"): questions(*C)},
    )
    folder = open_qba(tmp_path)
    assert list(folder.studies()) == ALL
    assert json.loads(folder.raw("qa", *A)) == questions(*A)
    assert json.loads(folder.raw("qa", *C)) == questions(*C)
    assert folder.where("qa", *A) == "qa.zip: qa/p10/p10000001/s50000001.qa.json"
    assert folder.where("qa", *C) == str(tmp_path / "qa" / member(*C, "qa"))
    assert folder.problems == (
        "qa: two versions, in the zip and unpacked, differ in size; the zip counts: p10000001 s50000001",
    )
    assert list(folder.questions.differing()) == [A, B]


def test_of_two_versions_in_one_zip_the_last_counts_and_both_are_listed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "qa.zip", "w") as archive:
        archive.writestr(member(*A, "qa"), encode(questions(*A, asked=[{"question_id": "old"}])))
        archive.writestr("qa/" + member(*A, "qa"), encode(questions(*A)))
        archive.writestr(member(*B, "qa"), encode(questions(*B)))
        archive.writestr("qa/" + member(*B, "qa"), encode(questions(*B)))
    folder = open_qba(tmp_path)
    assert list(folder.studies()) == [A, B]
    assert json.loads(folder.raw("qa", *A)) == questions(*A)
    assert folder.problems == ("qa: two versions in the zip differ; the last counts: p10000001 s50000001",)


def test_a_study_of_two_patients_is_listed(tmp_path: Path) -> None:
    other = ("p10000009", A[1])
    write_zip(tmp_path / "qa.zip", study_files("qa", A, other))
    folder = open_qba(tmp_path)
    assert json.loads(folder.raw("qa", *other))["patient_id"] == "p10000009"
    assert folder.problems == ("qa: the same study lies under two patients: s50000001",)


def test_the_study_metadata_beside_the_scene_graph_is_opaque_bytes(tmp_path: Path) -> None:
    files = study_files("scene_graph", A) | {member(*A, "metadata"): {"anything": 1}}
    folder = open_qba(write_zip(tmp_path / "scene_data.zip", files).parent)
    assert json.loads(folder.raw("metadata", *A)) == {"anything": 1}
    assert list(folder.studies("scene_graph")) == [A]


def read_one(folder: QbaFolder, key: tuple[str, str]) -> bytes:
    return folder.raw("qa", *key)


def test_many_threads_and_processes_read_at_once(tmp_path: Path) -> None:
    keys = [("p90000003", f"s{99000100 + number}") for number in range(40)]
    files = {member(*key, "qa"): encode({"id": key[1], "noise": os.urandom(2000).hex()}) for key in keys}
    folder = open_qba(write_zip(tmp_path / "qa.zip", files).parent)
    expected = [files[member(*key, "qa")] for key in keys]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(folder.raw, ["qa"] * 40, *zip(*keys))) == expected
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as processes:
        assert list(processes.map(read_one, [folder] * 40, keys, chunksize=5)) == expected
    assert [pickle.loads(pickle.dumps(folder)).raw("qa", *key) for key in keys] == expected


def test_vocabulary_is_read_under_either_name_of_its_keys(tmp_path: Path) -> None:
    zipped(tmp_path)
    (tmp_path / "metadata").mkdir()
    path = tmp_path / "metadata/dataset_info.json"
    path.write_text(json.dumps({"regions": ["lungs"], "finding_entities": ["edema"], "modifiers": {"severity": []}}))
    first = open_qba(tmp_path).vocabulary
    assert (first.regions, first.entities, first.others) == (("lungs",), ("edema",), {"modifiers": {"severity": []}})
    path.write_text(json.dumps({"region_names": [{"name": "lungs"}], "entity_names": {"edema": 3}}))
    second = open_qba(tmp_path).vocabulary
    assert (second.regions, second.entities) == (("lungs",), ("edema",))
    path.write_text("[1]")
    assert open_qba(tmp_path).vocabulary.others == {"dataset_info.json": [1]}
    path.unlink()
    assert open_qba(tmp_path).vocabulary.regions == ()


def test_quality_mappings_are_handed_on_as_they_are_also_to_an_export(tmp_path: Path) -> None:
    assert open_qba(zipped(tmp_path)).quality_mappings == ()
    (tmp_path / "quality_mappings.csv").write_text("\ufeffcriterion,code , rating\nlocalization_quality,4,A++ \n")
    rows = ({"criterion": "localization_quality", "code": "4", "rating": "A++"},)
    assert open_qba(tmp_path).quality_mappings == rows
    export = zipped(tmp_path / "exports/A_frontal", graphs="scene_graph.zip")
    assert open_qba(export).quality_mappings == rows


def test_a_copy_without_metadata_still_opens_every_study(tmp_path: Path) -> None:
    folder = open_qba(zipped(tmp_path))
    assert folder.tables is None
    assert folder.metadata("question") is None
    assert folder.splits() == {}
    assert folder.read_scene_graph(*A).observations


def test_the_metadata_alone_is_a_copy_without_studies(tmp_path: Path) -> None:
    write_table(
        tmp_path / "metadata", "question_metadata", [{"patient_id": "p1", "study_id": "s1", "question_id": "x"}]
    )
    folder = open_qba(tmp_path)
    assert list(folder.studies()) == []
    assert folder.metadata("question").num_rows == 1


def test_a_scene_graph_file_whose_inner_id_differs_is_read_under_its_name(tmp_path: Path) -> None:
    write_zip(tmp_path / "scene_data.zip", {member(*A, "scene_graph"): scene_graph(*B)})
    graph = open_qba(tmp_path).read_scene_graph(*A)
    assert (graph.patient_id, graph.study_id) == A
    assert len(graph.problems) == 2
