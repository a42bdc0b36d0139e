"""Copies of MIMIC-Ext-CXR-QBA for tests of the index: random studies of nobody, whole or damaged on purpose."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from qba_writer import answer, member, place, question, questions, scene_graph, write_table, write_zip

from cxrbench.datasets.qba.question_types import QUESTION_TYPES

REGIONS = (
    "left pleural space",
    "lungs",
    "left lower lung zone",
    "cardiac silhouette",
    "trachea",
    "spine",
    "left 5th rib",
)
ENTITIES = ("pleural effusion", "consolidation", "cardiomegaly", "pacemaker", "fracture", "a strange thing")
GRADES = ("A++", "A+", "A", "B", "C", "D", "U")
SEVERITIES = ("small", "moderate", "large", "wandering")
Change = Callable[[dict[str, Any]], Any]


def patient_of(number: int) -> str:
    """Two studies a patient."""
    return f"p{90000001 + number // 2}"


def study_of(number: int) -> str:
    return f"s{99000001 + number}"


def image_of(number: int, place: int = 0) -> str:
    return f"{number:08d}-00000000-00000000-00000000-{place:08d}"


def random_answer(draw: random.Random, number: int, images: Sequence[str], id: int, level: int = 0) -> dict[str, Any]:
    regions = draw.sample(REGIONS, draw.choice((0, 1, 1, 2)))
    entities = draw.sample(ENTITIES, draw.choice((0, 1, 1, 2)))
    below = [
        random_answer(draw, number, images, id * 10 + item, level + 1) for item in range(draw.choice((0, 0, 1, 2)))
    ]
    where: dict[str, Any] = {}
    for image in draw.sample(list(images), draw.randint(0, len(images))):
        boxes = [[draw.uniform(0, 900), draw.uniform(0, 900), draw.uniform(1000, 2000), draw.uniform(1000, 2000)]]
        where |= place("lungs", *(boxes * draw.choice((1, 1, 2))), image=image, fallback=draw.random() < 0.2)
    opening = draw.choice(("Yes, there is", "No, there is no", "No", "There is", ""))
    return answer(
        id,
        f"{opening} {' and '.join(entities)} {draw.choice(('', ' '))}",
        kind=draw.choice(("main_answer", "details", "related_information"))
        if level
        else draw.choice(("main_answer",) * 4 + ("details",)),
        level=level,
        laterality=draw.choice(("left", "right", "bilateral", "", None)),
        regions=regions,
        obs_entities=entities,
        obs_entities_parents=draw.sample(("effusion", "opacity"), draw.choice((0, 0, 1))),
        obs_subcategories=draw.sample(("PLEURA", "TUBES"), draw.choice((0, 1))),
        positiveness=draw.choice(("pos", "neg", "neg", None)),
        modifiers=[["severity", word] for word in draw.sample(SEVERITIES, draw.choice((0, 1, 2)))]
        + [["spread", "focal"]],
        localization=where,
        sub_answers=[] if level > 1 else below,
    )


def random_study(number: int, count: int = 12, seed: int = 0) -> dict[str, Any]:
    """A question file."""
    draw = random.Random(seed * 100_003 + number)
    images = [image_of(number), image_of(number, 1)]
    asked = []
    for position in range(count):
        type = draw.choice((*QUESTION_TYPES, "relational", "multi_hop"))
        asked.append(
            question(
                f"{type}_{position + 1:03d}",
                draw.choice((type, QUESTION_TYPES[type].name)) if type in QUESTION_TYPES else type,
                f" Is there a phantom {draw.choice(ENTITIES)}? ",
                *(random_answer(draw, number, images, item) for item in range(draw.choice((0, 1, 1, 1, 2)))),
                obs_ids=draw.sample(("O01", "O02", "O01.01", "OIND"), draw.randint(0, 2)),
                contains_report_answers=draw.random() < 0.5,
                contains_template_answers=draw.random() < 0.5,
            )
        )
    return questions(patient_of(number), study_of(number)) | {"questions": asked}


def grade_of(study: str, question_id: str) -> str:
    return GRADES[(int(study[1:]) * 7 + int(question_id[-3:])) % len(GRADES)]


def write_qba(
    root: Path,
    studies: int = 6,
    *,
    count: int = 12,
    seed: int = 0,
    change: Mapping[int, Change] | None = None,
    views: Mapping[int, Sequence[str]] | None = None,
    skip_tables: Sequence[str] = (),
    shuffle: bool = False,
) -> list[dict[str, Any]]:
    """Write a copy: zips of questions and scene graphs, and the four metadata tables that an index reads.

    Args:
        change: Study number -> what to do to its question file; what it returns is written, if anything.
        views: Study number -> view positions of its images, by default PA and LATERAL.
        shuffle: Write the table of questions in no order.

    Returns:
        The question files as they were before `change`.
    """
    files = [random_study(number, count, seed) for number in range(studies)]
    written, graphs, images, rows = {}, {}, [], []
    for number, file in enumerate(files):
        patient, study = patient_of(number), study_of(number)
        graphs[member(patient, study, "scene_graph")] = scene_graph(patient, study)
        for slot, view in enumerate((views or {}).get(number, ("PA", "LATERAL"))):
            size = {"img.view_position": view, "img.size": "[2100, 2500]"}
            images.append({"patient_id": patient, "study_id": study, "image_id": image_of(number, slot)} | size)
        for item in file["questions"]:
            key = {"patient_id": patient, "study_id": study, "question_id": item["question_id"]}
            rows.append(key | {"question.quality.rating": grade_of(study, item["question_id"])})
        changed = (change or {}).get(number, lambda file: None)(file)
        written[member(patient, study, "qa")] = file if changed is None else changed
    write_zip(root / "qa.zip", written, prefix="qa/")
    write_zip(root / "scene_data.zip", graphs, prefix="scene_data/")
    if shuffle:
        random.Random(1).shuffle(rows)
    patients = sorted({patient_of(number) for number in range(studies)})
    tables = {
        "patient": [
            {"patient_id": patient, "patient.split": ("train", "validate", "test")[place % 3]}
            for place, patient in enumerate(patients)
        ],
        "study": [{"patient_id": patient_of(number), "study_id": study_of(number)} for number in range(studies)],
        "image": images,
        "question": rows,
    }
    for name, content in tables.items():
        if name not in skip_tables and content:
            write_table(root / "metadata", f"{name}_metadata", content)
    return [random_study(number, count, seed) for number in range(studies)]
