"""`data check` for MIMIC-CXR and MIMIC-Ext-CXR-QBA."""

from __future__ import annotations

from pathlib import Path

import pytest
from mimic_writer import dicom, film, report, write_mimic, write_reports
from qba_index_folder import patient_of, study_of, write_qba
from qba_writer import answer, place, question, write_table

from cxrbench.core.errors import DataError, UsageError
from cxrbench.datasets.checks import qba as module
from cxrbench.datasets.checks.mimic_report import check_mimic_report
from cxrbench.datasets.checks.qba import check_qba
from cxrbench.datasets.checks.report import Count, DataCheck
from cxrbench.datasets.mimic_cxr.collection import read_mimic_cxr
from cxrbench.datasets.qba import documented
from cxrbench.datasets.qba.index.build import build_index
from cxrbench.datasets.qba.index.query import open_index
from cxrbench.datasets.qba.question_types import QUESTION_TYPES


def counts(check: DataCheck) -> dict[str, Count]:
    return {count.what: count for count in check.counts}


def finding(check: DataCheck, words: str) -> tuple[bool, tuple[str, ...]] | None:
    return next(((item.serious, item.names) for item in check.findings if words in item.what), None)


def test_the_documented_numbers_of_questions_agree_with_one_another() -> None:
    total = sum(documented.QUESTIONS.values())
    assert (
        total == sum(documented.GRADES.values()) == sum(kind.total for kind in QUESTION_TYPES.values()) == 42_172_827
    )
    assert sum(documented.STUDIES.values()) == 227_239
    assert sum(documented.PATIENTS.values()) == 65_317


def test_a_part_of_qba_is_counted_by_split_grade_and_type_against_the_documented_sizes(tmp_path: Path) -> None:
    files = write_qba(tmp_path, 6, count=9)
    check = check_qba(tmp_path)
    found = counts(check)
    assert not check.complete
    assert [found[f"{split} studies"].found for split in ("train", "validate", "test")] == [2, 2, 2]
    assert found["questions"].found == 54
    assert (found["question files"].found, found["scene graph files"].found) == (6, 6)
    assert sum(found[f"questions of grade {grade}"].found or 0 for grade in documented.GRADES) == 54
    where = sum(item["question_id"].startswith("D03") for file in files for item in file["questions"])
    assert found["questions of type D03_where_is_finding"].found == where
    assert (found["validate questions"].documented, found["test questions"].documented) == (333_022, 600_763)
    assert "exchanged" in found["test questions"].note
    assert found["questions of type relational"].documented == 0


def test_an_export_is_held_against_its_own_size_only(tmp_path: Path) -> None:
    write_qba(tmp_path / "A_frontal", 2)
    found = counts(check_qba(tmp_path / "A_frontal"))
    assert {what: count.documented for what, count in found.items() if count.documented} == {"questions": 7_532_281}


def test_what_does_not_belong_together_is_listed_and_makes_the_copy_incomplete(tmp_path: Path) -> None:
    write_qba(tmp_path, 4, change={1: lambda _: b"{"}, views={2: ()})
    extra = {"patient_id": "p99999999", "study_id": "s77777777"}
    rows = [{"patient_id": patient_of(number), "study_id": study_of(number)} for number in range(4)]
    write_table(tmp_path / "metadata", "study_metadata", [*rows, extra])
    check = check_qba(tmp_path)
    assert finding(check, "cannot be read; the study has no row") is not None
    assert finding(check, "of which no image is known") == (True, (study_of(2),))
    assert finding(check, "of the metadata without a question file") == (True, ("s77777777",))
    assert finding(check, "means none of the 26") is not None
    assert any("no MIMIC-CXR-JPG" in note for note in check.notes)


def test_many_studies_are_not_opened_unless_asked_for_or_an_index_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_qba(tmp_path / "in", 3, change={1: lambda _: b"{"})
    monkeypatch.setattr(module, "OPENED_ANYWAY", 2)
    closed = check_qba(tmp_path / "in")
    assert finding(closed, "cannot be read") is None
    assert "--open-files" in " ".join(closed.notes)
    assert finding(check_qba(tmp_path / "in", open_files=True), "cannot be read") is not None
    build_index(tmp_path / "in", tmp_path / "index", workers=1)
    assert finding(check_qba(tmp_path / "in", index=tmp_path / "index"), "cannot be read") is not None
    write_qba(tmp_path / "other", 2)
    with pytest.raises(UsageError, match="other data"):
        check_qba(tmp_path / "other", index=tmp_path / "index")


def test_a_patient_in_two_splits_is_refused(tmp_path: Path) -> None:
    write_qba(tmp_path, 2)
    rows = [{"patient_id": patient_of(0), "patient.split": split} for split in ("train", "test")]
    write_table(tmp_path / "metadata", "patient_metadata", rows)
    with pytest.raises(DataError, match=patient_of(0)):
        check_qba(tmp_path)


def test_films_studies_and_reports_without_their_counterpart_are_listed(tmp_path: Path) -> None:
    films = [film(1, 90000001, 99000001), film(2, 90000001, 99000002, split="test"), film(3, 90000002, 99000003)]
    films[1]["split"] = "train"
    labels = {"chexpert": [{"subject_id": 90000001, "study_id": 99000001, "Edema": 1.0}]}
    jpg = write_mimic(tmp_path / "jpg", films, labels=labels)
    folder = jpg / "files/p90/p90000001"
    (folder / f"s99000001/{dicom(1)}.jpg").unlink()
    (folder / "s99000002/stray.jpg").write_bytes(b"no image")
    texts = {("p90000001", "s99000001"): report(findings="Clear."), ("p90000009", "s99000009"): report(findings="-")}
    check = check_mimic_report(jpg, write_reports(tmp_path / "reports", texts))
    assert not check.complete
    assert finding(check, "the folder lacks") == (True, (dicom(1),))
    assert finding(check, "do not list") == (False, ("stray.jpg",))
    assert finding(check, "without a report") == (True, ("s99000002", "s99000003"))
    assert finding(check, "reports of studies without films") == (False, ("s99000009",))
    assert finding(check, "without CheXpert labels") == (False, ("s99000002", "s99000003"))
    assert (counts(check)["train studies"].found, counts(check)["train studies"].documented) == (3, 222_758)
    assert counts(check)["reports"].found == 2
    assert counts(check)["studies with negbio labels"].found is None


def test_a_film_that_cannot_be_opened_is_found_when_films_are_opened(tmp_path: Path) -> None:
    jpg = write_mimic(tmp_path, [film(1, 90000001, 99000001)])
    (jpg / f"files/p90/p90000001/s99000001/{dicom(1)}.jpg").write_bytes(b"no image")
    assert finding(check_mimic_report(jpg, None), "cannot be opened") is None
    serious, names = finding(check_mimic_report(jpg, None, open_images=True), "cannot be opened") or (None, ())
    assert serious
    assert names[0].startswith(dicom(1))


def test_sizes_of_mimic_cxr_jpg_decide_where_boxes_are_cut(tmp_path: Path) -> None:
    boxes = [(10, 10, 2900, 2500), (10, 10, 3100, 2600)]
    where = place("lungs", *boxes, image=dicom(1))
    asked = question("D02_has_finding_001", "D02_has_finding", "?", answer(0, "Yes.", localization=where))
    write_qba(tmp_path / "qba", 1, count=0, change={0: lambda file: file["questions"].append(asked)})
    image = {"image_id": dicom(1), "img.view_position": "", "img.size": "[2544, 3056]"}
    row = {"patient_id": patient_of(0), "study_id": study_of(0)} | image
    write_table(tmp_path / "qba/metadata", "image_metadata", [row])
    code = "antero-posterior"
    write_mimic(tmp_path / "jpg", [film(1, 90000001, 99000001, view="", ViewCodeSequence_CodeMeaning=code)])
    films = read_mimic_cxr(tmp_path / "jpg")
    ends = []
    for name, jpg in (("without", None), ("with", films)):
        build_index(tmp_path / "qba", tmp_path / name, jpg=jpg, workers=1)
        with open_index(tmp_path / name) as index:
            (found,) = index.table().to_pylist()
        ends.append([(box["x2"], box["y2"]) for box in found["boxes"]])
        assert found["view"] == (None if jpg is None else "AP")
    # Only MIMIC-CXR-JPG says which side is which, and that this film without a view position is a frontal one.
    assert ends == [[], [(2900, 2500), (3056, 2544)]]
