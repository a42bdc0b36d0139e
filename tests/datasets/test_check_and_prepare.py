from __future__ import annotations

import json
from pathlib import Path

import pytest
from iu_writer import FILES, PROJECTIONS, REPORTS, write_iu

from cxrbench.core.errors import DataError
from cxrbench.datasets.check import check_iu_xray
from cxrbench.datasets.phantom import write_phantom
from cxrbench.datasets.prepare import prepare_iu_xray
from cxrbench.datasets.splits import documented_split, split_hash


def test_an_incomplete_copy_is_described_as_such(tmp_path: Path) -> None:
    root = write_iu(tmp_path, REPORTS, PROJECTIONS, files=[*FILES, "stray.png"])
    report = check_iu_xray(root)
    assert not report.complete
    assert report.missing_frontals == ("10_IM-0002-1001.dcm.png", "11_IM-0003-1001.dcm.png")
    assert report.missing_others == ()
    assert report.orphan_images == ("stray.png",)
    assert (report.studies, report.images, report.without_frontal) == (4, 3, 3)
    assert (report.empty_findings, report.empty_impression, report.empty_reports) == (2, 2, ("12",))
    assert {split.split: split.expected for split in report.splits} == {"train": 2069, "val": 296, "test": 590}
    assert json.loads(json.dumps(report.to_json()))["complete"] is False


def test_a_whole_phantom_is_complete_and_a_broken_film_is_found_when_films_are_opened(tmp_path: Path) -> None:
    write_phantom(tmp_path / "p", studies=4, workers=1)
    report = check_iu_xray(tmp_path / "p", open_images=True)
    assert report.complete
    assert report.is_phantom
    assert report.unreadable == {}
    film = next((tmp_path / "p/images/images_normalized").iterdir())
    film.write_bytes(film.read_bytes()[:300])
    broken = check_iu_xray(tmp_path / "p", open_images=True)
    assert not broken.complete
    assert broken.unreadable is not None
    assert list(broken.unreadable) == [film.name]
    assert check_iu_xray(tmp_path / "p").unreadable is None


def test_prepare_writes_both_splits_with_their_hashes_and_the_cleaned_targets(tmp_path: Path) -> None:
    reports = [
        {"uid": "10", "findings": "Lungs clear. No XXXX.", "impression": "Normal chest."},
        {"uid": "9", "findings": "Heart enlarged."},
        {"uid": "11", "impression": "No acute disease."},
        {"uid": "13", "findings": "XXXX."},
    ]
    projections = [(uid, f"{uid}_IM-0001-1001.dcm.png", "Frontal") for uid in ("10", "11", "13")]
    root = write_iu(tmp_path / "in", reports, projections, files=[name for _, name, _ in projections])
    prepared = prepare_iu_xray(root, tmp_path / "out/deep", seed=7)
    (line,) = prepared.targets.read_text(encoding="utf-8").splitlines()
    record = json.loads(line)
    assert record["uid"] == "10"
    assert record["target"] == "Lungs clear. | Impression: Normal chest."
    assert record["image"] == "images/images_normalized/10_IM-0001-1001.dcm.png"
    assert prepared.excluded == {"no frontal film": 1, "no findings": 1, "no findings left after cleaning": 1}
    document = json.loads(prepared.splits.read_text(encoding="utf-8"))
    expected = documented_split(["9", "10", "11", "13"], 7)
    assert document["splits"]["documented"]["uids"] == expected
    assert document["splits"]["documented"]["hash"] == split_hash(expected)
    assert document["splits"]["documented"]["seed"] == 7
    assert document["splits"]["r2gen"]["counts"] == {"train": 2069, "val": 296, "test": 590}
    assert record["split"]["documented"] == expected["10"]


def test_a_folder_that_cannot_be_written_is_a_data_error(tmp_path: Path) -> None:
    root = write_iu(tmp_path / "in", REPORTS, PROJECTIONS)
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="cannot write"):
        prepare_iu_xray(root, tmp_path / "file")
