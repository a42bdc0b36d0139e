"""The phantoms of VQA-RAD and SLAKE: other looks and words, the same truth, and the formats with their quirks."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from documented import truths
from PIL import Image

from cxrbench.datasets.phantom.film import draw_film
from cxrbench.datasets.phantom.info import read_phantom_info
from cxrbench.datasets.phantom.plan import plan_study
from cxrbench.datasets.phantom.slake.terms import DISEASES
from cxrbench.datasets.phantom.slake.writer import write_slake_phantom
from cxrbench.datasets.phantom.transfer.pictures import draw_chest
from cxrbench.datasets.phantom.vqa_rad.writer import write_vqa_rad_phantom

IMAGES = 48
VQA_KEYS = {
    *("qid", "phrase_type", "qid_linked_id", "image_case_url", "image_name", "image_organ", "evaluation", "question"),
    *("question_rephrase", "question_relation", "question_frame", "question_type", "answer", "answer_type"),
}
SLAKE_KEYS = {
    *("img_id", "img_name", "question", "answer", "q_lang", "location", "modality", "answer_type", "base_type"),
    *("triple", "qid", "content_type"),
}
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def vqa_rad(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Rows]:
    root = tmp_path_factory.mktemp("vqa") / "p"
    write_vqa_rad_phantom(root, studies=IMAGES, seed=1, workers=1)
    return root, json.loads((root / "VQA_RAD Dataset Public.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def slake(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Rows]]:
    root = tmp_path_factory.mktemp("slake") / "p"
    write_slake_phantom(root, studies=IMAGES, seed=1, workers=1)
    files = ("train", "validate", "test")
    return root, {name: json.loads((root / f"{name}.json").read_text(encoding="utf-8")) for name in files}


def asked(root: Path) -> dict[str, tuple[dict[str, Any], dict[str, str]]]:
    """qid -> (truth of the image, what the question is about)."""
    return {qid: (record, about) for record in truths(root) for qid, about in record["questions"].items()}


def ill(record: dict[str, Any]) -> bool:
    if record["kind"] != "chest":
        return record["lesion"] is not None
    return any(f["condition"] != "Support Devices" for f in record["findings"])


LUNGS = {*("Lung Opacity", "Lung Lesion", "Edema", "Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax")}


def test_vqa_rad_has_the_quirks_of_the_public_file(vqa_rad: tuple[Path, Rows]) -> None:
    root, rows = vqa_rad
    assert rows[0]["qid"] == "0"
    assert all(isinstance(row["qid"], int) for row in rows[1:])
    assert len({str(row["qid"]) for row in rows}) == len(rows)
    assert all(row.keys() == VQA_KEYS or row.keys() == VQA_KEYS - {"question_rephrase"} for row in rows)
    assert 1 <= sum("question_rephrase" not in row for row in rows) <= 2
    kinds = Counter(row["answer_type"] for row in rows)
    assert set(kinds) == {"CLOSED", "OPEN", "CLOSED "}
    assert kinds["CLOSED "] in (2, 3)
    assert 1 <= sum(not isinstance(row["answer"], str) for row in rows) <= 5
    assert any(isinstance(row["answer"], str) and row["answer"] != row["answer"].strip() for row in rows)
    assert any("," in row["question_type"] for row in rows)
    phrases = Counter(row["phrase_type"] for row in rows)
    assert set(phrases) == {"freeform", "para", "test_freeform", "test_para"}
    closed = {str(r["answer"]).strip().lower() for r in rows if r["answer_type"].strip() == "CLOSED"}
    assert {"yes", "no"} < closed, "closed is not yes or no alone"
    triples = Counter((row["image_name"], row["question"], str(row["answer"])) for row in rows)
    assert sum(count > 1 for count in triples.values()) == 4
    files = {path.name for path in (root / "VQA_RAD Image Folder").iterdir()}
    used = {row["image_name"] for row in rows}
    assert len(files) == IMAGES + 1
    assert used == files - {f"synpic{90001 + IMAGES}.jpg"}
    assert {row["image_organ"] for row in rows} == {"CHEST", "ABD", "HEAD"}


def test_vqa_rad_splits_by_question_so_that_images_are_shared(vqa_rad: tuple[Path, Rows]) -> None:
    _, rows = vqa_rad
    places: dict[str, set[bool]] = {}
    images: dict[bool, set[str]] = {True: set(), False: set()}
    for row in rows:
        test = row["phrase_type"].startswith("test")
        places.setdefault(row["qid_linked_id"], set()).add(test)
        images[test].add(row["image_name"])
    assert all(len(splits) == 1 for splits in places.values()), "a question and its rewording stay together"
    assert len(images[True] & images[False]) > 0.9 * len(images[True])
    linked = {row["qid_linked_id"]: row for row in rows if row["phrase_type"] == "para"}
    for row in rows:
        other = linked.get(row["qid_linked_id"])
        if other is not None and row["phrase_type"] == "freeform":
            assert row["question_rephrase"] == other["question"]
            assert row["question"] == other["question_rephrase"]


def test_vqa_rad_answers_agree_with_the_drawing(vqa_rad: tuple[Path, Rows]) -> None:
    root, rows = vqa_rad
    known = asked(root)
    seen = Counter()
    for row in rows:
        record, about = known[str(row["qid"])]
        assert record["image"] == row["image_name"]
        answer = str(row["answer"]).strip().lower()
        kind = about["asks"]
        seen[kind] += 1
        conditions = {f["condition"] for f in record["findings"]}
        if kind == "presence":
            assert answer == ("yes" if about["condition"] in conditions else "no")
        elif kind == "abnormal":
            assert answer == ("yes" if ill(record) else "no")
        elif kind == "lungs normal":
            assert answer == ("no" if conditions & LUNGS else "yes")
        elif kind == "side":
            side = next(f["side"] for f in record["findings"] if f["condition"] == about["condition"])
            assert side in answer if side != "bilateral" else answer in ("both", "both sides", "bilateral")
        elif kind == "place":
            finding = next(f for f in record["findings"] if f["condition"] == about["condition"])
            assert finding["side"] in answer
            assert {"upper": "upper", "mid": "mid", "lower": "lower"}[finding["zone"]] in answer
        elif kind == "count":
            lesion = next(f for f in record["findings"] if f["condition"] == "Lung Lesion")
            assert answer == ("3" if lesion["kind"] == "nodules" else "1")
            assert len(lesion["boxes"]) == int(answer)
        elif kind == "lesion side":
            assert record["lesion"]["side"] in answer
        elif kind == "view":
            assert answer == record["view"].lower()
    assert {"presence", "abnormal", "side", "place", "modality", "lesion side"} <= seen.keys()


def test_slake_has_both_languages_and_splits_each_apart(slake: tuple[Path, dict[str, Rows]]) -> None:
    _, files = slake
    rows = [row for listed in files.values() for row in listed]
    assert all(row.keys() == SLAKE_KEYS for row in rows)
    assert sorted(row["qid"] for row in rows) == list(range(len(rows)))
    assert {row["q_lang"] for row in rows} == {"en", "zh"}
    for language in ("en", "zh"):
        images = [{row["img_id"] for row in files[name] if row["q_lang"] == language} for name in files]
        assert not images[0] & images[1]
        assert not images[0] & images[2]
        assert not images[1] & images[2]
    english = {row["img_id"] for row in files["test"] if row["q_lang"] == "en"}
    chinese = {row["img_id"] for row in files["train"] if row["q_lang"] == "zh"}
    assert english & chinese, "the leak between languages of the original is there"
    assert {row["modality"] for row in rows} == {"X-Ray", "CT", "MRI"}
    assert all(row["location"] == "Lung" for row in rows if row["modality"] == "X-Ray")
    assert all(len(row["triple"]) == 3 for row in rows)
    assert all((row["base_type"] == "kvqa") == (row["content_type"] == "KG") for row in rows)
    assert any(", " in row["answer"] for row in rows)
    closed = {row["answer"] for row in rows if row["answer_type"] == "CLOSED" and row["q_lang"] == "en"}
    assert {"Yes", "No", "Left", "Right", "Coronal Plane"} <= closed


def test_slake_answers_agree_with_the_drawing(slake: tuple[Path, dict[str, Rows]]) -> None:
    root, files = slake
    known = asked(root)
    seen = Counter()
    for row in (row for listed in files.values() for row in listed):
        record, about = known[str(row["qid"])]
        assert record["img_id"] == row["img_id"]
        if row["q_lang"] == "zh":
            continue
        diseases = {disease(f): f for f in record["findings"]}
        answer, kind = row["answer"], about["asks"]
        seen[kind] += 1
        if kind == "presence":
            assert answer == ("Yes" if about["disease"] in diseases else "No")
        elif kind == "abnormal":
            assert answer == ("Yes" if ill(record) else "No")
        elif kind == "side":
            assert answer.lower() == diseases[about["disease"]]["side"]
        elif kind == "place":
            finding = diseases[about["disease"]]
            wanted = {"left": ["Left"], "right": ["Right"], "bilateral": ["Left", "Right"], "": ["Center"]}
            for word in wanted[finding["side"]]:
                assert word in answer
            assert finding["zone"] in ("", "mid") or finding["zone"].title() in answer
        elif kind == "diseases":
            listed = {DISEASES[name][0] for name in diseases if name}
            assert set(answer.split(", ")) == listed
        elif kind == "modality":
            assert answer == record["modality"]
        elif kind == "lesion side":
            assert answer.lower() == record["lesion"]["side"]
    assert {"presence", "abnormal", "side", "place", "diseases", "lesion side"} <= seen.keys()


def disease(finding: dict[str, Any]) -> str:
    if finding["condition"] == "Lung Lesion":
        return "Mass" if finding["kind"] == "mass" else "Nodule"
    return finding["condition"] if finding["condition"] in DISEASES else ""


def test_slake_folders_hold_boxes_masks_and_their_own_questions(slake: tuple[Path, dict[str, Rows]]) -> None:
    root, files = slake
    rows = [row for listed in files.values() for row in listed]
    masks = dict(line.split(":") for line in (root / "mask.txt").read_text(encoding="utf-8").splitlines())
    for record in truths(root):
        folder = root / f"imgs/xmlab{record['img_id']}"
        with Image.open(folder / "source.jpg") as film, Image.open(folder / "mask.png") as mask:
            assert film.size == mask.size == (record["size"][1], record["size"][0])
            values = set(np.unique(np.asarray(mask)).tolist()) - {0}
        assert {str(value) for value in values} <= masks.keys()
        boxes = json.loads((folder / "detection.json").read_text())
        assert all(len(entry) == 1 for entry in boxes)
        for entry in boxes:
            ((_, (x, y, width, height)),) = entry.items()
            assert 0 <= x < x + width <= record["size"][1] + 1
            assert 0 <= y < y + height <= record["size"][0] + 1
        if record["kind"] == "chest":
            names = Counter(next(iter(entry)) for entry in boxes)
            assert {"Left Lung", "Right Lung", "Heart"} <= names.keys()
            left = next(entry["Left Lung"] for entry in boxes if "Left Lung" in entry)
            right = next(entry["Right Lung"] for entry in boxes if "Right Lung" in entry)
            assert left[0] > right[0], "the patient's left is on the image's right"
            for finding in record["findings"]:
                if name := disease(finding):
                    assert names[DISEASES[name][0]] == len(finding["boxes"])
        own = json.loads((folder / "question.json").read_text(encoding="utf-8"))
        assert own == [
            row for row in sorted(rows, key=lambda r: own_order(own, r)) if row["img_id"] == record["img_id"]
        ]


def own_order(own: Rows, row: dict[str, Any]) -> int:
    return next((place for place, other in enumerate(own) if other["qid"] == row["qid"]), -1)


def test_pictures_look_different_from_the_training_films() -> None:
    """Darker, flatter and grainier than the films of the IU and MIMIC phantoms; of other sizes."""
    ours, theirs = [], []
    for number in range(8):
        picture = draw_chest(np.random.default_rng([9, number]))
        ours.append(picture.pixels)
        plan = plan_study(np.random.default_rng([0, number]), "1")
        theirs.append(draw_film(np.random.default_rng([1, number]), plan).pixels)
    assert np.mean([p.mean() for p in ours]) < np.mean([p.mean() for p in theirs]) - 20
    assert np.mean([p.std() for p in ours]) < np.mean([p.std() for p in theirs]) - 5
    assert len({p.shape for p in ours}) > 4


def test_no_wording_is_shared_with_the_training_questions(
    vqa_rad: tuple[Path, Rows], slake: tuple[Path, dict[str, Rows]], corpus: Path
) -> None:
    trained = {
        question["question"]
        for path in corpus.rglob("*.qa.json")
        for question in json.loads(path.read_bytes())["questions"]
    }
    asked_here = {row["question"] for row in vqa_rad[1]} | {r["question"] for rows in slake[1].values() for r in rows}
    assert not trained & asked_here


@pytest.mark.parametrize("write", [write_vqa_rad_phantom, write_slake_phantom])
def test_the_same_seed_gives_the_same_bytes_whatever_the_number_of_workers(tmp_path: Path, write: Any) -> None:
    infos = [write(tmp_path / str(workers), studies=26, seed=3, workers=workers) for workers in (1, 2)]
    assert infos[0] == infos[1] == read_phantom_info(tmp_path / "2")
    for path in (tmp_path / "1").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "2" / path.relative_to(tmp_path / "1")).read_bytes()
