"""`data check` for VQA-RAD and SLAKE: small folders, and the real files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from vqa_folder import rad_row, slake_row, write_rad, write_slake

from cxrbench.datasets.checks.report import DataCheck
from cxrbench.datasets.checks.slake import check_slake
from cxrbench.datasets.checks.vqa_rad import check_vqa_rad


def number(check: DataCheck, what: str) -> int | None:
    return next(count.found for count in check.counts if count.what == what)


def finding(check: DataCheck, words: str) -> tuple[str, ...]:
    return next((item.names for item in check.findings if words in item.what), ())


def test_a_part_of_vqa_rad_is_counted_and_called_incomplete(tmp_path: Path) -> None:
    rows = [
        rad_row(1),
        rad_row(2, image="synpic2.jpg", answer_type="OPEN", image_organ="HEAD"),
        rad_row(3, phrase_type="freeform"),
        rad_row(4, phrase_type="nonsense", answer=None),
        rad_row(5, image="synpic3.jpg"),
    ]
    root = write_rad(tmp_path, rows)
    (root / "VQA_RAD Image Folder/synpic3.jpg").unlink()
    (root / "VQA_RAD Image Folder/synpic9.jpg").write_bytes(b"")
    check = check_vqa_rad(root)
    assert not check.complete
    assert (number(check, "questions"), number(check, "test questions")) == (5, 3)
    assert number(check, "test questions, closed") == 2
    assert number(check, "chest test questions") == 2
    assert (number(check, "images with test questions"), number(check, "image files")) == (3, 3)
    assert finding(check, "folder lacks") == ("synpic3.jpg",)
    assert finding(check, "names no split") == ("4",)
    assert finding(check, "no question names") == ("synpic9.jpg",)
    assert "1 of the 3 test images also occur in training" in " ".join(check.notes)
    assert json.loads(json.dumps(check.to_json()))["counts"][0]["fits"] is False


def test_a_part_of_slake_is_counted_after_other_languages_are_left_out(tmp_path: Path) -> None:
    test = [slake_row(3, image=2), slake_row(4, image=3, modality="CT", answer_type="OPEN", answer="")]
    train = [slake_row(1), slake_row(2, image=2, q_lang="zh")]
    check = check_slake(write_slake(tmp_path, test, train, None))
    assert not check.complete
    assert (number(check, "training questions"), number(check, "test questions")) == (1, 2)
    assert (number(check, "X-ray test questions"), number(check, "test questions, open")) == (1, 1)
    assert number(check, "rows in other languages") == 1
    assert finding(check, "question files that are missing") == ("validate.json",)
    assert finding(check, "without an answer") == ("4",)
    assert "1 of the 2 test images occur in training rows of another language" in " ".join(check.notes)


@pytest.mark.realdata
def test_the_real_vqa_rad_is_complete(real_data: Path) -> None:
    check = check_vqa_rad(real_data)
    assert check.complete
    assert all(count.documented is not None for count in check.counts)
    assert finding(check, "no question names") == ("synpic35356.jpg",)
    assert "202 of the 203 test images" in " ".join(check.notes)


@pytest.mark.realdata
def test_the_real_slake_has_the_documented_questions(real_data: Path) -> None:
    check = check_slake(real_data)
    assert all(count.fits and count.documented is not None for count in check.counts)
    assert "72 of the 96 test images occur in training rows of another language" in " ".join(check.notes)
