"""The phantom of MIMIC-CXR-JPG and MIMIC-CXR, read as documented."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

from documented import CXR, JPG, QBA, QUESTIONS, SEED, STUDIES, members, table, truths
from PIL import Image

from cxrbench.core.conditions import CONDITIONS
from cxrbench.datasets.phantom.info import files_fingerprint, read_phantom_info
from cxrbench.datasets.phantom.qba.writer import write_mimic_phantom

LABELS = [
    *("Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Enlarged Cardiomediastinum", "Fracture"),
    *("Lung Lesion", "Lung Opacity", "No Finding", "Pleural Effusion", "Pleural Other", "Pneumonia"),
    *("Pneumothorax", "Support Devices"),
]
METADATA = [
    *("dicom_id", "subject_id", "study_id", "PerformedProcedureStepDescription", "ViewPosition", "Rows", "Columns"),
    *("StudyDate", "StudyTime", "ProcedureCodeSequence_CodeMeaning", "ViewCodeSequence_CodeMeaning"),
    "PatientOrientationCodeSequence_CodeMeaning",
]


def test_the_folder_describes_itself_as_a_phantom(mimic: Path) -> None:
    info = read_phantom_info(mimic)
    assert info is not None
    assert (info.dataset, info.version, info.studies, info.seed) == ("mimic-qba", "2", STUDIES, SEED)
    assert info.parameters == {"questions": QUESTIONS, "films": True, "unpacked": False}
    assert info.files == files_fingerprint(mimic)
    assert not (mimic / ".parts").exists()


def test_the_tables_have_the_documented_columns_and_name_every_film_once(mimic: Path) -> None:
    metadata = table(mimic / JPG / "mimic-cxr-2.0.0-metadata.csv.gz")
    assert list(metadata[0]) == METADATA
    split = table(mimic / JPG / "mimic-cxr-2.0.0-split.csv.gz")
    assert list(split[0]) == ["dicom_id", "study_id", "subject_id", "split"]
    ids = [row["dicom_id"] for row in metadata]
    assert len(set(ids)) == len(ids)
    assert set(ids) == {row["dicom_id"] for row in split}
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{8}){4}", id) for id in ids)
    assert len({row["study_id"] for row in metadata}) == STUDIES
    assert {row["ViewPosition"] for row in metadata} <= {"PA", "AP", "LATERAL", "LL", ""}
    for row in metadata:
        assert re.fullmatch(r"2[01]\d\d[01]\d[0-3]\d", row["StudyDate"])
        assert 0 <= float(row["StudyTime"]) < 240000
        path = (
            mimic
            / JPG
            / f"files/p{row['subject_id'][:2]}/p{row['subject_id']}/s{row['study_id']}/{row['dicom_id']}.jpg"
        )
        with Image.open(path) as film:
            assert film.mode == "L"
            assert film.size == (int(row["Columns"]), int(row["Rows"]))
    listed = (mimic / JPG / "IMAGE_FILENAMES").read_text().split()
    assert sorted(listed) == sorted(p.relative_to(mimic / JPG).as_posix() for p in (mimic / JPG).rglob("*.jpg"))
    records = table(mimic / CXR / "cxr-record-list.csv.gz")
    assert [row["dicom_id"] for row in records] == ids


def test_a_patient_is_in_one_split(mimic: Path) -> None:
    places: dict[str, set[str]] = {}
    for row in table(mimic / JPG / "mimic-cxr-2.0.0-split.csv.gz"):
        places.setdefault(row["subject_id"], set()).add(row["split"])
    assert all(len(splits) == 1 for splits in places.values())
    assert set().union(*places.values()) <= {"train", "validate", "test"}
    info = read_phantom_info(mimic)
    assert info is not None
    assert info.split == {f"p{subject}": next(iter(splits)) for subject, splits in places.items()}


def test_label_tables_are_coded_as_documented_and_radiologists_are_right(mimic: Path) -> None:
    chexpert = table(mimic / JPG / "mimic-cxr-2.0.0-chexpert.csv.gz")
    negbio = table(mimic / JPG / "mimic-cxr-2.0.0-negbio.csv.gz")
    judged = table(mimic / JPG / "mimic-cxr-2.1.0-test-set-labeled.csv")
    assert list(chexpert[0]) == list(negbio[0]) == ["subject_id", "study_id", *LABELS]
    assert list(judged[0]) == ["study_id", *("Airspace Opacity" if n == "Lung Opacity" else n for n in LABELS)]
    assert len(judged[0]) == 15
    codes = Counter(row[name] for row in chexpert for name in LABELS)
    assert set(codes) <= {"1.0", "0.0", "-1.0", ""}
    assert codes[""] > codes["0.0"] > codes["1.0"] > codes["-1.0"] > 0
    by_study = {str(record["study_id"]): record for record in truths(mimic)}
    assert {by_study[row["study_id"]]["split"] for row in judged} == {"test"}
    for row in judged:
        drawn = by_study[row["study_id"]]["labels"]
        for name in CONDITIONS:
            code = row["Airspace Opacity" if name == "Lung Opacity" else name]
            assert (code in ("1.0", "-1.0")) == bool(drawn[name]), (row["study_id"], name)
    agree = Counter()
    for row in chexpert:
        drawn = by_study[row["study_id"]]["labels"]
        agree.update((row[name] in ("1.0", "-1.0")) == bool(drawn[name]) for name in LABELS)
    assert 0.97 < agree[True] / agree.total() < 1, "an automatic labeler errs, and not often"


def test_reports_are_written_as_the_hospital_writes_them(mimic: Path) -> None:
    reports = members(mimic / CXR / "mimic-cxr-reports.zip")
    listed = [row["path"] for row in table(mimic / CXR / "cxr-study-list.csv.gz")]
    assert list(reports) == listed
    headers: Counter[str] = Counter()
    for name, data in reports.items():
        assert re.fullmatch(r"files/p9\d/p9\d{7}/s9\d{7}\.txt", name)
        text = data.decode()
        assert "FINAL REPORT" in text
        assert max(map(len, text.splitlines())) <= 80
        found = re.findall(r"\n ([A-Z ()/,-]+):\s", text)
        headers.update(found)
    assert headers["IMPRESSION"] > 0.8 * STUDIES
    assert headers["FINDINGS"] > 0.8 * STUDIES
    assert headers["COMPARISON"] > 0.9 * STUDIES


def test_a_later_report_says_what_became_of_the_findings_of_the_earlier_one(mimic: Path) -> None:
    words = {
        "unchanged": ("unchanged", "stable", "again seen"),
        "improved": ("improved", "decreased", "interval healing"),
        "worsened": ("increased", "worse"),
        "new": ("new", "has been placed", "have been placed"),
    }
    reports = members(mimic / CXR / "mimic-cxr-reports.zip")
    texts = {name[-13:-4]: " ".join(data.decode().lower().split()) for name, data in reports.items()}
    patients: dict[int, list[dict]] = {}
    for record in truths(mimic):
        patients.setdefault(record["subject_id"], []).append(record)
    seen = Counter()
    for visits in patients.values():
        for before, after in pairwise(visits):
            assert after["day"] > before["day"]
            text = texts[f"s{after['study_id']}"]
            if any(none in text for none in ("comparison: none", "comparison: no prior")):
                continue
            for finding in after["findings"]:
                seen[finding["change"]] += 1
                assert any(word in text for word in words[finding["change"]]), (finding, text)
    assert set(seen) == set(words)


def test_the_number_of_workers_changes_no_byte_and_the_seed_changes_all(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    for root, workers in ((one, 1), (two, 2)):
        write_mimic_phantom(root, studies=14, seed=SEED, questions=30, workers=workers)
    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    for path in files:
        assert (one / path).read_bytes() == (two / path).read_bytes(), path
    other = write_mimic_phantom(tmp_path / "other", studies=5, seed=SEED + 1, questions=20, films=False, workers=1)
    same = write_mimic_phantom(tmp_path / "same", studies=5, seed=SEED, questions=20, films=False, workers=1)
    assert other.fingerprint != same.fingerprint


def test_unpacked_files_are_the_members_of_the_archives(mimic: Path, tmp_path: Path) -> None:
    root = tmp_path / "unpacked"
    write_mimic_phantom(root, studies=STUDIES, seed=SEED, questions=QUESTIONS, films=False, unpacked=True, workers=1)
    assert not list(root.rglob("*.zip"))
    assert not list(root.rglob("*.jpg"))
    for folder, archive in ((CXR, "mimic-cxr-reports.zip"), (QBA, "qa.zip"), (QBA, "scene_data.zip")):
        packed = members(mimic / folder / archive)
        assert all((root / folder / name).is_file() for name in packed)
        if folder == CXR:
            assert {name: (root / folder / name).read_bytes() for name in packed} == packed
    name = next(iter(members(mimic / QBA / "qa.zip")))
    drawn, undrawn = (
        json.loads(d) for d in (members(mimic / QBA / "qa.zip")[name], (root / QBA / name).read_bytes())
    )
    assert [q["question"] for q in drawn["questions"]] == [q["question"] for q in undrawn["questions"]]
