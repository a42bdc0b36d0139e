"""A minimal writer of MIMIC-Ext-CXR-QBA, written from the format's description and independent of the phantom."""

from __future__ import annotations

import csv
import gzip
import json
import zipfile
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

IMAGE = "00000000-00000000-00000000-00000000-00000001"
QUALITY = {
    "region_extract_quality": 4,
    "entity_extract_quality": 2,
    "sentence_name_quality": 2,
    "change_quality": 3,
    "general_issue_level": 5,
    "localization_quality": 3,
}


def place(reference: str, *boxes: Sequence[float], image: str = IMAGE, fallback: bool = False) -> dict[str, Any]:
    """A `localization` object of one image."""
    return {
        image: {
            "image_id": image,
            "localization_reference_ids": [reference],
            "bboxes": [list(box) for box in boxes],
            "instance_mask_ids": [],
            "missing_localization": [],
            "is_fallback": fallback,
            "localization_quality": 3,
        }
    }


def observation(id: str, name: str, region: str, entity: str, *, pos: bool = True, **other: Any) -> dict[str, Any]:
    """An observation as the scene graph has it: regions as objects, modifiers as an object of lists."""
    return {
        "obs_id": id,
        "name": name,
        "summary_sentence": f"There is {name}.",
        "child_type": None,
        "child_level": 0,
        "regions": [{"region": region, "distances": []}],
        "non_resolved_regions": [],
        "laterality": region.split()[0] if region.split()[0] in {"left", "right"} else "bilateral",
        "default_regions": [region],
        "obs_entities": [entity],
        "obs_entities_parents": [],
        "non_resolved_obs_entities": [],
        "obs_categories": ["ANATOMICAL_FINDING"],
        "obs_subcategories": ["LUNG_FIELD"],
        "probability": "positive" if pos else "negative",
        "certainty": "certain",
        "positiveness": "pos" if pos else "neg",
        "modifiers": {"temporal": [], "severity": ["small"], "texture": [], "spread": []},
        "changes": [],
        "change_sentence": "",
        "from_report": True,
        "obs_quality": QUALITY,
        "localization": place(region, (1610.0, 1240.0, 2210.0, 1790.0)),
    } | other


def region(name: str, *boxes: Sequence[float]) -> dict[str, Any]:
    """A region node."""
    return {
        "region": name,
        "laterality": "left" if name.startswith("left") else "bilateral",
        "localization": place(name, *boxes),
        "region_localization_quality": 3,
    }


def scene_graph(patient: str = "p90000001", study: str = "s99000001", **other: Any) -> dict[str, Any]:
    """A whole scene graph: an effusion with a child, a negative finding, an indication."""
    effusion, lungs = "left pleural space", "lungs"
    child = observation("O01.01", "adjacent atelectasis", "left lower lung zone", "atelectasis")
    return {
        "patient_id": patient,
        "study_id": study,
        "sentences": {
            "S01": {
                "sent_id": "S01",
                "section": "FINDINGS",
                "section_type": "FINDINGS",
                "sentence": "Small left phantom effusion.",
            },
            "S02": {
                "sent_id": "S02",
                "section": "INDICATION",
                "section_type": "INDICATION",
                "sentence": "Phantom with cough.",
            },
        },
        "top_level_obs_ids": ["O01", "O02"],
        "observations": {
            "O01": observation("O01", "small left pleural effusion", effusion, "pleural effusion"),
            "O01.01": child | {"child_type": "associated_with", "child_level": 1},
            "O02": observation("O02", "no focal consolidation", lungs, "consolidation", pos=False),
        },
        "indication": {
            "indication_summary": "Phantom with cough.",
            "patient_info": "phantom",
            "indication": "cough",
            "evaluation": "pneumonia",
            "associated_sentence_ids": ["S02"],
            "associated_obs_ids": ["O02"],
            "answer_for_indication": observation("OIND", "no pneumonia", lungs, "pneumonia", pos=False),
        },
        "regions": {
            effusion: region(effusion, (1610.0, 1240.0, 2210.0, 1790.0)),
            lungs: region(lungs, (420.0, 380.0, 1380.0, 1800.0), (1560.0, 360.0, 2480.0, 1790.0)),
            "left lower lung zone": region("left lower lung zone", (1590.0, 1180.0, 2190.0, 1650.0)),
        },
        "located_at_relations": [
            {"region": effusion, "observation_id": "O01", "distances": [], "where_specified": "direct"},
            {"region": lungs, "observation_id": "O02", "distances": [], "where_specified": "direct"},
        ],
        "obs_relations": [
            {
                "parent_observation_id": "O01",
                "child_observation_id": "O01.01",
                "child_type": "associated_with",
            }
        ],
        "obs_sent_relations": [
            {"observation_id": "O01", "sentence_id": "S01"},
            {"observation_id": "OIND", "sentence_id": "S02"},
        ],
        "region_region_relations": [
            {"region": lungs, "related_region": "left lower lung zone", "relation_type": "sub_region"}
        ],
        "study_quality": QUALITY,
        "study_img_localization_quality": {IMAGE: 3},
    } | other


def answer(
    number: int | str, text: Any, *, kind: str = "main_answer", level: int = 0, **other: Any
) -> dict[str, Any]:
    """An answer as the question file has it: regions as strings, modifiers as pairs."""
    return {
        "answer_id": number,
        "answer_type": kind,
        "answer_level": level,
        "text": text,
        "name_tag": str(text).lower(),
        "laterality": "left",
        "regions": ["left pleural space"],
        "obs_entities": ["pleural effusion"],
        "obs_entities_parents": [],
        "obs_categories": ["ANATOMICAL_FINDING"],
        "obs_subcategories": ["PLEURA"],
        "certainty": "certain",
        "positiveness": "pos",
        "modifiers": [["severity", "small"]],
        "localization": place("left pleural space", (1610.0, 1240.0, 2210.0, 1790.0)),
        "sub_answers": [],
        "from_report": True,
        "extraction_quality": QUALITY,
        "answer_quality": {"entailment": 6, "relevance": 3, "completeness": 4, "clarity": 4},
    } | other


def question(id: str, type: str, text: str, *answers: Mapping[str, Any], **other: Any) -> dict[str, Any]:
    """A question."""
    return {
        "question_id": id,
        "question_type": type,
        "question_strategy": "finding",
        "variables": {"finding": "effusion"},
        "obs_ids": ["O01"],
        "contains_report_answers": True,
        "contains_template_answers": False,
        "extraction_quality": QUALITY,
        "question_img_localization_quality": {IMAGE: 3},
        "question": text,
        "answers": [dict(item) for item in answers],
        "question_quality": {"clarity": 5},
    } | other


def questions(
    patient: str = "p90000001", study: str = "s99000001", asked: Sequence[Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """A whole question file; by default one question of short type with two levels, one of prefixed type."""
    detail = answer(1, "There is a small left effusion.", kind="details", level=1)
    default = [
        question(
            "B04_is_normal_001",
            "is_normal",
            "Is this phantom chest X-ray normal?",
            answer(0, "No, it is abnormal.", regions=[], sub_answers=[detail], from_report=False),
        ),
        question("D02_has_finding_001", "D02_has_finding", "Is there an effusion?", answer(0, "Yes, a small one.")),
    ]
    return {"patient_id": patient, "study_id": study, "questions": deepcopy(list(asked or default))}


def member(patient: str, study: str, kind: str) -> str:
    """`p90/p90000001/s99000001.qa.json`."""
    return f"{patient[:3]}/{patient}/{study}.{kind}.json"


def encode(data: Any) -> bytes:
    """JSON bytes; bytes pass through, so that a test can store something broken."""
    return data if isinstance(data, bytes) else json.dumps(data).encode()


def write_zip(path: Path, files: Mapping[str, Any], *, prefix: str = "") -> Path:
    """A zip of member name -> content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(prefix + name, encode(data))
    return path


def write_folder(base: Path, files: Mapping[str, Any]) -> Path:
    """The same files, unpacked."""
    for name, data in files.items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(encode(data))
    return base


def study_files(kind: str, *ids: tuple[str, str]) -> dict[str, Any]:
    """Member name -> content, of one kind ("qa" or "scene_graph"), for studies of the default content."""
    build = {"qa": questions, "scene_graph": scene_graph}[kind]
    return {member(patient, study, kind): build(patient, study) for patient, study in ids}


def write_table(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A metadata table as `.csv.gz`."""
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / f"{name}.csv.gz", "wt", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
