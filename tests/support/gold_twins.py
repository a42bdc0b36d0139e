"""For every task a writer of its data whose gold is drawn, and whose images, questions and ids are not.

Two folders written with different draws differ in the gold alone: whatever reaches a model must be the same in both.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from iu_folder import uids, write_iu
from mimic_writer import LABELS, film, report, write_mimic, write_reports
from qba_collection import asked, write_collection
from qba_writer import member, place, scene_graph
from vqa_folder import rad_row, slake_row, write_rad, write_slake

POOL = (
    "yes",
    "no",
    "No.",
    "left lung",
    "Right Lung, Lower Left",
    "2",
    "mild",
    "a mass or an abscess?",
    "Pleural effusion on the right.",
    "Ödem \u200b\U0001fac1",
    "answer yes or no",
)
QUESTIONS = (
    "Is there an effusion?",
    "Where is the mass?",
    "Is it left or right?",
    "How severe is it?",
    "Describe it.",
)


@dataclass(frozen=True)
class Twin:
    """How to write the data of a task.

    Attributes:
        write: (root, draw); returns the data root. Called twice with different draws for the two folders.
        inputs: The values of `--inputs` to compare.
        split: Of `--split`.
    """

    write: Callable[[Path, random.Random], Path]
    inputs: tuple[tuple[str, ...], ...] = (("frontal",),)
    split: str = "test"


def write_iu_twin(root: Path, draw: random.Random) -> Path:
    rows = [
        {
            "uid": uid,
            "findings": draw.choice(POOL),
            "impression": draw.choice(POOL),
            "MeSH": draw.choice(POOL),
            "Problems": draw.choice(POOL),
            "indication": "Cough.",
            "comparison": "None.",
        }
        for uid in (*uids("test", 4), *uids("train", 3))
    ]
    return write_iu(root, rows, lateral=True)


def write_rad_twin(root: Path, draw: random.Random) -> Path:
    rows = [
        rad_row(
            number,
            f"synpic{number % 3}.jpg",
            asked,
            draw.choice((*POOL, 4)),
            answer_type=draw.choice(("CLOSED", "OPEN", "CLOSED ", "NULL")),
            question_type=draw.choice(("PRES", "POS", "ABN, POS")),
            evaluation=draw.choice(("given", "evaluated")),
            phrase_type=split,
        )
        for split, start in (("test_freeform", 0), ("freeform", 100))
        for number, asked in enumerate(QUESTIONS, start)
    ]
    write_rad(root, rows)
    write_detections(root, "synpic1")
    return root


def write_slake_twin(root: Path, draw: random.Random) -> Path:
    def rows(start):
        return [
            slake_row(
                number,
                number % 3,
                asked,
                draw.choice(POOL),
                answer_type=draw.choice(("CLOSED", "OPEN")),
                content_type=draw.choice(("Position", "Abnormality", "KG")),
                base_type=draw.choice(("vqa", "kvqa")),
                location=draw.choice(("Lung", "Chest_heart")),
                triple=[draw.choice(POOL)] * 3,
            )
            for number, asked in enumerate(QUESTIONS, start)
        ]

    boxes = {
        image: [{draw.choice(("Mass", "Left Lung")): [draw.randint(0, 9) for _ in range(4)]}] for image in range(3)
    }
    write_slake(root, rows(0), rows(100), boxes=boxes)
    write_detections(root / "Slake1.0", "1")
    return root


def write_mimic_report_twin(root: Path, draw: random.Random) -> Path:
    """Three studies of a patient; what is shown as a prior report stays as it is, the later report is drawn."""
    films = [
        film(1, 90000001, 99000001, "PA", split="test", StudyDate=29990101),
        film(2, 90000001, 99000001, "LATERAL", split="test", StudyDate=29990101),
        film(3, 90000001, 99000002, "AP", split="test", StudyDate=29990201),
        film(4, 90000002, 99000003, "PA", split="train"),
    ]
    labels = [
        {"study_id": row["study_id"], **{name: draw.choice(("", 0, 1, -1)) for name in LABELS}} for row in films
    ]
    write_mimic(
        root / "mimic-cxr-jpg", films, labels={"chexpert": labels, "negbio": labels, "radiologist": labels[:1]}
    )
    drawn = {"findings": f"Seen: {draw.choice(POOL)} {draw.random()}", "impression": draw.choice(POOL)}
    texts = {
        ("p90000001", "s99000001"): report(
            indication="Cough.", findings="The lungs are clear.", impression="Normal."
        ),
        ("p90000001", "s99000002"): report(indication="Fever.", comparison="Yesterday.", **drawn),
        ("p90000002", "s99000003"): report(findings=f"Then: {draw.choice(POOL)}", impression="Normal."),
    }
    write_reports(root / "mimic-cxr", texts)
    return root


def write_qba_twin(root: Path, draw: random.Random) -> Path:
    """Questions and their types stay; answers, boxes, graphs, grades and labels are drawn."""

    def drawn(image: str) -> list[dict[str, object]]:
        rows = asked(image)
        for row in rows:
            where = place("lungs", (0.0, 0.0, draw.randint(1, 99), 9.0), image=image, fallback=draw.random() < 0.5)
            (answer,) = row["answers"]
            answer |= {
                "text": draw.choice((*POOL, "Yes, it is.", "No, it is not.")),
                "positiveness": draw.choice(("pos", "neg")),
                "obs_entities": draw.sample(("pleural effusion", "edema", "pacemaker"), draw.randint(0, 2)),
                "regions": draw.sample(("left lung", "lungs", "heart"), draw.randint(0, 2)),
                "modifiers": [["severity", draw.choice(("small", "severe"))]],
                "laterality": draw.choice(("left", "right", "")),
                "localization": where,
            }
            row["obs_ids"] = draw.sample(("O01", "O02"), draw.randint(0, 2))
        return rows

    keys = [("p90000001", "s99000001"), ("p90000001", "s99000002")]
    graphs = {member(*key, "scene_graph"): scene_graph(*key, study_quality={"x": draw.randint(0, 5)}) for key in keys}
    labels = [{"study_id": 99000001, **{name: draw.choice(("", 0, 1, -1)) for name in LABELS}}]
    write_collection(root, questions=drawn, graphs=graphs, labels=labels, grade=lambda: draw.choice(("A++", "B", "")))
    write_detections(root, "00000000-00000000-00000000-00000000-00000002")
    return root


def write_detections(folder: Path, image: str) -> None:
    box = {"class": "heart", "xyxy_norm": [0.1, 0.1, 0.5, 0.5], "score": 0.9}
    record = {"image_id": image, "width": 48, "height": 40, "boxes": [box], "detector": {"name": "fixed"}}
    (folder / "detections.json").write_text(json.dumps([record]))


TWINS: dict[str, Twin] = {
    "iu-report": Twin(write_iu_twin, (("frontal",), ("frontal", "lateral", "indication", "comparison"))),
    "mimic-report": Twin(
        write_mimic_report_twin,
        (("frontal",), ("frontal", "lateral", "indication", "technique", "comparison", "prior", "prior_report")),
    ),
    "mimic-qba": Twin(
        write_qba_twin,
        (("frontal",), ("frontal", "lateral", "prior", "indication", "prior_report"), ("frontal", "scene_graph")),
    ),
    "vqa-rad": Twin(write_rad_twin, (("frontal",), ("frontal", "scene_graph"))),
    "slake": Twin(write_slake_twin, (("frontal",), ("frontal", "scene_graph"))),
}
