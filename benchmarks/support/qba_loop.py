"""The peer of the index: a plain loop over the question files, written as one would without thinking of speed."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cxrbench.core.regions import GROUP_OF, REGION_GROUPS
from cxrbench.datasets.qba.gold import AnswerFacts, canonical_type, gold_regions, question_gold
from cxrbench.datasets.qba.question_types import QUESTION_TYPES

_POSITIVE = {"pos": True, "neg": False}
_ORDER = list(REGION_GROUPS)


def loop(root: Path, out: Path) -> int:
    """json.load per member, rows into a DataFrame, Parquet. Returns the number of rows."""
    import pandas as pd

    metadata = root / "metadata"
    patients = pd.read_parquet(metadata / "patient_metadata.parquet").reset_index()
    images = pd.read_parquet(metadata / "image_metadata.parquet").reset_index()
    questions = pd.read_parquet(metadata / "question_metadata.parquet").reset_index()
    splits = dict(zip(patients["patient_id"], patients["patient.split"]))
    keys = zip(questions["study_id"], questions["question_id"])
    grades = dict(zip(keys, questions["question.quality.rating"]))
    films: dict[str, list[tuple[str, str]]] = {}
    for study, image, view in zip(images["study_id"], images["image_id"], images["img.view_position"]):
        films.setdefault(study, []).append((view, image))
    rows: list[dict[str, Any]] = []
    with zipfile.ZipFile(root / "qa.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".qa.json")]
        names.sort(key=lambda name: (int(name.split("/")[-2][1:]), int(name.split("/")[-1].split(".")[0][1:])))
        for number, name in enumerate(names):
            with archive.open(name) as member:
                file = json.load(member)
            primary = _primary(films.get(file["study_id"], []))
            for position, question in enumerate(file["questions"]):
                rows.append(_row(file, number, position, question, primary, splits, grades))
    frame = pd.DataFrame(rows)
    out.mkdir(parents=True)
    frame.to_parquet(out / "questions.parquet")
    return len(frame)


def _primary(films: list[tuple[str, str]]) -> tuple[str | None, str | None]:
    for wanted in ("PA", "AP"):
        found = sorted(image for view, image in films if view == wanted)
        if found:
            return found[0], wanted
    return None, None


def _row(
    file: dict[str, Any],
    number: int,
    position: int,
    question: dict[str, Any],
    primary: tuple[str | None, str | None],
    splits: dict[str, str],
    grades: dict[tuple[str, str], str],
) -> dict[str, Any]:
    answers = list(_walk(question["answers"]))
    facts = [_facts(answer, primary[0]) for answer in answers]
    type = canonical_type(question["question_type"], question["question_id"]) or question["question_type"]
    known = QUESTION_TYPES.get(type)
    gold = question_gold(type, facts)
    named = [fact for fact in facts if fact.regions]
    chosen = [fact for fact in named if fact.kind == "main_answer"] or named
    mentioned = {name for fact in chosen for name in gold_regions(fact.regions, fact.laterality).names}
    groups = Counter(GROUP_OF[name] for name in mentioned)
    entities = list(dict.fromkeys(name for fact in facts for name in fact.entities))
    text = question["question"].strip()
    return {
        "pair": (number << 16) + position,
        "study_number": number,
        "patient_id": file["patient_id"],
        "study_id": file["study_id"],
        "question_id": question["question_id"],
        "split": splits.get(file["patient_id"]),
        "grade": grades.get((file["study_id"], question["question_id"])),
        "type": type,
        "strategy": known.strategy if known else "relational",
        "family": known.family if known else None,
        "complexity": ("multi_entity" if len(entities) > 1 else "single_entity") if known else type,
        "image_id": primary[0],
        "view": primary[1],
        "question": text,
        "answer": gold.text,
        "yes_no": gold.yes_no,
        "polarity": gold.polarity,
        "region_names": list(dict.fromkeys(name for fact in chosen for name in fact.regions)),
        "mentioned_regions": [name for name in GROUP_OF if name in mentioned],
        "region_group": max(groups, key=lambda name: (groups[name], -_ORDER.index(name))) if groups else None,
        "entities": entities,
        "regions": list(gold.regions),
        "conditions": list(gold.conditions),
        "denied_conditions": list(gold.denied),
        "severity": gold.severity,
        "boxes": [dict(zip(("x1", "y1", "x2", "y2"), box.corners), label=box.label) for box in gold.boxes],
        "obs_ids": question["obs_ids"],
        "answers": len(answers),
        "levels": _depth(question["answers"]),
        "from_report": question["contains_report_answers"],
        "from_template": question["contains_template_answers"],
        "question_length": len(text),
        "answer_length": len(gold.text),
    }


def _walk(answers: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for answer in answers:
        yield answer
        yield from _walk(answer["sub_answers"])


def _depth(answers: list[dict[str, Any]]) -> int:
    return max((1 + _depth(answer["sub_answers"]) for answer in answers), default=0)


def _facts(answer: dict[str, Any], image_id: str | None) -> AnswerFacts:
    place = answer["localization"].get(image_id)
    return AnswerFacts(
        answer["answer_type"],
        answer["text"].strip(),
        _POSITIVE.get(answer["positiveness"]),
        answer["laterality"],
        tuple(answer["obs_entities"]),
        tuple(answer["obs_entities_parents"]),
        tuple(answer["obs_subcategories"]),
        tuple(answer["regions"]),
        tuple(word for kind, word in answer["modifiers"] if kind == "severity"),
        tuple(map(tuple, place["bboxes"])) if place is not None and not place["is_fallback"] else (),
    )
