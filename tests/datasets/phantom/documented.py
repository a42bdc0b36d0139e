"""A minimal reader of the documented formats that knows nothing of the package: json, csv, gzip, zipfile."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STUDIES, QUESTIONS, SEED = 40, 60, 5
"""Of the phantom of MIMIC that the tests share."""
JPG, CXR, QBA = "mimic-cxr-jpg/2.1.0", "mimic-cxr/2.1.0", "mimic-ext-cxr-qba/1.0.0"
YES_NO_PREFIXES = ("is_", "has_")
NEGATED = ("B04", "B11", "C04")
"""Prefixes of the "is it normal" questions, in which pos means no."""
CONDITION = {
    "cardiomegaly": "Cardiomegaly",
    "mediastinal widening": "Enlarged Cardiomediastinum",
    "lung opacity": "Lung Opacity",
    "pulmonary nodule": "Lung Lesion",
    "mass": "Lung Lesion",
    "pulmonary edema": "Edema",
    "consolidation": "Consolidation",
    "pneumonia": "Pneumonia",
    "atelectasis": "Atelectasis",
    "pneumothorax": "Pneumothorax",
    "pleural effusion": "Pleural Effusion",
    "pleural thickening": "Pleural Other",
    "pleural plaque": "Pleural Other",
    "rib fracture": "Fracture",
}
GRADES = ("D", "C", "B", "A", "A+", "A++")


def table(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def truths(root: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (root / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


def walk(answers: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for answer in answers:
        yield answer
        yield from walk(answer["sub_answers"])


def said_yes(question: dict[str, Any]) -> bool | None:
    """The gold of a yes/no question: positiveness of the main answer, inverted for the "is it normal" questions."""
    if not question["question_type"].startswith(YES_NO_PREFIXES):
        return None
    positive = question["answers"][0]["positiveness"] == "pos"
    return positive != question["question_id"].startswith(NEGATED)


def entity_is_drawn(truth: dict[str, Any], entity: str) -> bool:
    """Whether the truth has the thing that an entity names, kinds told apart."""
    for finding in truth["findings"]:
        kind = finding["kind"]
        if finding["condition"] == "Support Devices":
            if (kind if kind != "sternotomy wires" else "sternotomy wire") == entity:
                return True
        elif finding["condition"] == CONDITION.get(entity):
            wanted = {
                "mass": kind == "mass",
                "pulmonary nodule": kind in ("nodule", "nodules"),
                "pleural plaque": kind == "plaque",
                "pleural thickening": kind in ("thickening", "apical"),
            }
            if wanted.get(entity, True):
                return True
    return False
