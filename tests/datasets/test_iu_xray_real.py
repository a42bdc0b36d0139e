from __future__ import annotations

import os
from pathlib import Path

import pytest

from cxrbench.datasets.check import check_iu_xray
from cxrbench.datasets.iu_xray import IuXray, frontal, read_iu_xray
from cxrbench.datasets.prepare import prepare_iu_xray
from cxrbench.datasets.splits import documented_split, r2gen_split

ROOT = Path(os.environ.get("CXRBENCH_DATA") or Path(__file__).parents[2] / "../shared/data")
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(
        not (ROOT / "iu-xray/indiana_reports.csv").is_file(),
        reason="IU X-ray is not beside the project (CXRBENCH_DATA)",
    ),
]


@pytest.fixture(scope="module")
def data() -> IuXray:
    return read_iu_xray(ROOT)


def test_the_collection_has_the_published_numbers_of_reports_and_films(data: IuXray) -> None:
    images = [image for study in data.studies for image in study.images]
    assert len(data.studies) == 3851
    assert len(images) == 7466
    assert sum(image.view == "frontal" for image in images) == 3818
    assert sum(image.view == "lateral" for image in images) == 3648
    assert sum(not study.findings for study in data.studies) == 514
    assert sum(not study.impression for study in data.studies) == 31
    assert len(data.empty_reports) == 25
    assert not data.unknown_projections


def test_3794_of_the_3818_frontal_films_are_present(data: IuXray) -> None:
    present = [
        i for study in data.studies for i in study.images if i.view == "frontal" and i.path not in study.missing
    ]
    assert len(present) == 3794
    assert all(image.path.is_file() for image in present)


def test_the_r2gen_split_has_its_published_counts_and_films(data: IuXray) -> None:
    split = r2gen_split()
    for name, studies, films in (("train", 2069, 2063), ("val", 296, 294), ("test", 590, 590)):
        members = [study for study in data.studies if split.get(study.uid) == name]
        assert len(members) == studies
        assert sum(frontal(study) is not None for study in members) == films
        assert all(study.findings for study in members)


def test_274_of_the_590_test_findings_occur_word_for_word_in_training(data: IuXray) -> None:
    split = r2gen_split()
    train = {study.findings for study in data.studies if split.get(study.uid) == "train"}
    test = [study.findings for study in data.studies if split.get(study.uid) == "test"]
    assert sum(findings in train for findings in test) == 274


def test_the_check_reports_what_the_copy_lacks() -> None:
    report = check_iu_xray(ROOT)
    assert [split.with_frontal for split in report.splits] == [2063, 294, 590]
    assert len(report.missing_frontals) == 24
    assert len(report.missing_others) == 3648
    assert report.duplicate_findings == 3337 - 2553
    assert not report.complete


def test_prepare_writes_targets_without_deidentification_tokens(data: IuXray, tmp_path: Path) -> None:
    prepared = prepare_iu_xray(ROOT, tmp_path)
    text = prepared.targets.read_text(encoding="utf-8")
    assert "XXXX" not in text
    assert prepared.usable + sum(prepared.excluded.values()) == 3851


def test_the_documented_split_covers_every_study_once(data: IuXray) -> None:
    split = documented_split(study.uid for study in data.studies)
    counts = [list(split.values()).count(name) for name in ("train", "val", "test")]
    assert counts == [2696, 577, 578]
