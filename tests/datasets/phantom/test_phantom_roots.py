"""Where the parts of a collection are found, however people keep them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxrbench.core.errors import DataError
from cxrbench.datasets.roots import resolve_root

TABLES = ("mimic-cxr-2.0.0-metadata.csv.gz", "mimic-cxr-2.0.0-split.csv.gz")


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


@pytest.mark.parametrize("above", [".", "physionet.org/files", "files"])
@pytest.mark.parametrize("version", ["", "/2.1.0"])
def test_every_part_is_found_below_the_folder_that_holds_them(tmp_path: Path, above: str, version: str) -> None:
    jpg = touch(tmp_path / above / f"mimic-cxr-jpg{version}", *TABLES)
    reports = touch(tmp_path / above / f"mimic-cxr{version}", "mimic-cxr-reports.zip")
    qba = touch(tmp_path / above / "mimic-ext-cxr-qba/1.0.0", "qa.zip", "metadata/question_metadata.parquet")
    found = resolve_root(tmp_path, "mimic-qba")
    assert found.parts == {"jpg": jpg, "reports": reports, "qba": qba}
    assert found.path == qba
    assert not found.is_phantom
    assert resolve_root(tmp_path, "mimic-cxr").path == jpg


def test_the_folder_of_one_part_is_enough_to_find_the_others_beside_it(tmp_path: Path) -> None:
    jpg = touch(tmp_path / "mimic-cxr-jpg/2.1.0", *TABLES)
    qba = touch(tmp_path / "mimic-ext-cxr-qba/1.0.0", "qa/p10/p10000001/s50000001.qa.json")
    for named in (jpg, qba, tmp_path):
        assert resolve_root(named, "mimic-qba").parts == {"jpg": jpg, "qba": qba}


def test_reports_may_lie_among_the_images(tmp_path: Path) -> None:
    touch(tmp_path, *TABLES, "files/p10/p10000001/s50000001.txt")
    assert resolve_root(tmp_path, "mimic-cxr").parts == {"jpg": tmp_path, "reports": tmp_path}


def test_questions_are_of_use_without_images_but_images_not_without_their_tables(tmp_path: Path) -> None:
    qba = touch(tmp_path / "mimic-ext-cxr-qba", "qa.zip")
    assert resolve_root(tmp_path, "mimic-qba").parts == {"qba": qba}
    with pytest.raises(DataError, match="no mimic-cxr-jpg found; the folder holds mimic-ext-cxr-qba"):
        resolve_root(tmp_path, "mimic-cxr")


def test_the_newest_version_counts(tmp_path: Path) -> None:
    for version in ("2.0.0", "2.1.0", "2.0.10"):
        touch(tmp_path / "mimic-cxr-jpg" / version, *TABLES)
    assert resolve_root(tmp_path, "mimic-cxr").path.name == "2.1.0"


@pytest.mark.parametrize("place", ["vqa-rad", "VQA_RAD", "."])
def test_vqa_rad_is_known_by_its_table(tmp_path: Path, place: str) -> None:
    folder = touch(tmp_path / place, "VQA_RAD Dataset Public.json")
    assert resolve_root(tmp_path, "vqa-rad").path == folder


@pytest.mark.parametrize("place", ["slake/Slake1.0", "Slake1.0", "slake", "."])
@pytest.mark.parametrize("other", ["validate.json", "validation.json", "train.json"])
def test_slake_is_known_by_its_tables(tmp_path: Path, place: str, other: str) -> None:
    folder = touch(tmp_path / place, "test.json", other)
    assert resolve_root(tmp_path, "slake").path == folder


def test_a_root_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        resolve_root(tmp_path / "nowhere", "slake")
    with pytest.raises(DataError, match="is a file"):
        resolve_root(touch(tmp_path, "x") / "x", "vqa-rad")
