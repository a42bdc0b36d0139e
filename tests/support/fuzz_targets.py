"""Parsers of outside data, each with good inputs to begin from: (bytes) -> None, or a documented error."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from cxrbench.adapters.program.messages import prediction_of
from cxrbench.adapters.recipes import Recipe, load_recipe
from cxrbench.adapters.recipes.reading import read_output
from cxrbench.core.errors import CxrbenchError
from cxrbench.core.interchange import read_predictions
from cxrbench.core.types import Request
from cxrbench.datasets.boxes.nih import read_nih_boxes
from cxrbench.datasets.boxes.vindr import read_vindr
from cxrbench.datasets.detections import read_detections
from cxrbench.datasets.images import load_image
from cxrbench.datasets.iu_xray import read_iu_xray
from cxrbench.datasets.mimic_cxr.sections import section_report
from cxrbench.datasets.qba.parse import parse_questions, parse_scene_graph
from cxrbench.datasets.region_map import map_region
from cxrbench.datasets.slake import read_slake
from cxrbench.datasets.vqa_rad import read_vqa_rad

DOCUMENTED = CxrbenchError
"""The only exception that a parser may raise, whatever it is given."""


@dataclass(frozen=True)
class Target:
    """A parser.

    Attributes:
        run: Parses the bytes; `folder` is its own scratch folder.
        seeds: Good inputs.
        weight: Share of the inputs of a long run; parsers that need files cost more.
    """

    name: str
    run: Callable[[bytes, Path], object]
    seeds: tuple[bytes, ...]
    weight: int


def _json(value):
    return json.dumps(value).encode()


def _file(folder, name, data):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _png(mode="L"):
    stream = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).convert(mode).save(stream, "PNG")
    return stream.getvalue()


def _jpeg():
    stream = io.BytesIO()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(stream, "JPEG")
    return stream.getvalue()


def _small_image(data, folder):
    # A header may promise a large film; what is decoded must stay small here.
    return load_image(_file(folder, "film.png", data), max_side=64)


def _iu(data, folder):
    _file(folder, "indiana_projections.csv", b"uid,filename,projection\n1,1_IM-0001-1001.dcm.png,Frontal\n")
    _file(folder, "indiana_reports.csv", data)
    return read_iu_xray(folder)


def _vqa_rad(data, folder):
    (folder / "VQA_RAD Image Folder").mkdir(exist_ok=True)
    _file(folder, "VQA_RAD Dataset Public.json", data)
    return read_vqa_rad(folder)


def _slake(data, folder):
    for name in ("train.json", "validate.json"):
        _file(folder, name, b"[]")
    _file(folder, "test.json", data)
    return read_slake(folder)


_QUESTION = Request("q", "vqa", (), "Is it?")
_PLACE = {
    "i1": {
        "image_id": "i1", "localization_reference_ids": ["lungs"], "bboxes": [[1.0, 2.0, 3.0, 4.0]],
        "instance_mask_ids": [], "missing_localization": [], "is_fallback": False, "localization_quality": 3,
    }
}  # fmt: skip
_ANSWER = {
    "answer_id": 0, "answer_type": "main_answer", "answer_level": 0, "text": "No.", "name_tag": "x",
    "laterality": "left",
    "regions": ["lungs"], "obs_entities": ["edema"], "obs_categories": ["DISEASE"],
    "obs_subcategories": ["LUNG_FIELD"],
    "certainty": "certain", "positiveness": "neg", "modifiers": [["severity", "small"]],
    "localization": _PLACE,
    "sub_answers": [],
}  # fmt: skip
_QA = {
    "patient_id": "p90000001", "study_id": "s99000001",
    "questions": [
        {
            "question_id": "D02_has_finding_001", "question_type": "has_finding", "question_strategy": "finding",
            "variables": {}, "obs_ids": ["O01"], "question": "Is there edema?",
            "answers": [{**_ANSWER, "sub_answers": [{**_ANSWER, "answer_level": 1}]}],
        }
    ],
}  # fmt: skip
_GRAPH = {
    "patient_id": "p90000001", "study_id": "s99000001", "sentences": {"S01": {"sentence": "Edema."}},
    "top_level_obs_ids": ["O01"],
    "observations": {
        "O01": {
            "obs_id": "O01", "name": "edema", "summary_sentence": "Edema.",
            "regions": [{"region": "lungs", "distances": []}],
            "obs_entities": ["edema"], "positiveness": "pos", "modifiers": {"severity": ["mild"]},
            "localization": _PLACE,
        }
    },
    "regions": {"lungs": {"region": "lungs", "laterality": "bilateral", "localization": _PLACE}},
    "located_at_relations": [{"region": "lungs", "observation_id": "O01"}],
    "obs_relations": [], "region_region_relations": [], "obs_sent_relations": [],
}  # fmt: skip
_RAD = [
    {
        "qid": "0", "phrase_type": "test_freeform", "image_name": "synpic1.jpg", "image_organ": "CHEST",
        "question": "Is it?",
        "question_type": "PRES", "answer": "Yes\t", "answer_type": "CLOSED ", "question_rephrase": "NULL",
    }
]  # fmt: skip
_SLAKE = [
    {
        "img_id": 1, "img_name": "xmlab1/source.jpg", "question": "Is it?", "answer": "No",
        "q_lang": "en", "location": "Lung",
        "modality": "X-Ray", "answer_type": "CLOSED", "base_type": "vqa", "triple": ["v", "_", "_"], "qid": 1,
        "content_type": "Abnormality",
    }
]  # fmt: skip
_DETECTIONS = [
    {
        "image_id": "i1", "width": 10, "height": 10,
        "boxes": [{"class": "heart", "category": "anatomy", "xyxy_norm": [0.1, 0.1, 0.5, 0.5], "score": 0.9}],
        "detector": {"name": "d", "version": "1", "weights_sha256": "0"},
    }
]  # fmt: skip
_PREDICTION = {
    "id": "a", "text": "x", "answer": "y", "confidence": 0.5, "regions": ["heart"], "boxes": [[1, 2, 3, 4]],
    "label_probabilities": {"Edema": 0.5}, "attention": {"Edema": [[0.1]]}, "usage": {"tokens": 3},
}  # fmt: skip
_REPORT = b" FINAL REPORT\n INDICATION:  Cough.\n\n FINDINGS:\n\n Clear.\n\n IMPRESSION:  Normal.\n"

TARGETS = (
    Target("prediction line", lambda data, folder: prediction_of(data), (_json(_PREDICTION),), 12),
    Target(
        "predictions file, JSON Lines",
        lambda data, folder: read_predictions(_file(folder, "p.jsonl", data)),
        (_json(_PREDICTION) + b"\n" + _json({"id": "b", "text": "z"}) + b"\n",),
        4,
    ),
    Target(
        "predictions file, CSV",
        lambda data, folder: read_predictions(_file(folder, "p.csv", data)),
        (b'id,text\na,clear\nb,"x, y"\n', "id;text\na;größer\n".encode("cp1252")),
        4,
    ),
    Target("questions of QBA", lambda data, folder: parse_questions(data), (_json(_QA),), 8),
    Target("scene graph of QBA", lambda data, folder: parse_scene_graph(data), (_json(_GRAPH),), 8),
    Target("VQA-RAD", _vqa_rad, (_json(_RAD),), 3),
    Target("SLAKE", _slake, (_json(_SLAKE),), 2),
    Target(
        "detections file",
        lambda data, folder: read_detections(_file(folder, "detections.json", data).parent),
        (_json(_DETECTIONS),),
        3,
    ),
    Target(
        "recipe",
        lambda data, folder: load_recipe(_file(folder, "r.yaml", data)),
        (b"system: x\nreport: '{prompt}'\nviews: [PA]\nmax_side: 64\ncontext: {indication: 'I {indication}'}\n",),
        2,
    ),
    Target("image", _small_image, (_png(), _png("RGBA"), _jpeg()), 3),
    Target(
        "reports of IU X-ray",
        _iu,
        (b"uid,MeSH,Problems,image,indication,comparison,findings,impression\n1,normal,normal,PA,,,Clear.,\n",),
        2,
    ),
    Target(
        "boxes of NIH",
        lambda data, folder: read_nih_boxes(_file(folder, "BBox_List_2017.csv", data)),
        (b"Image Index,Finding Label,Bbox [x,y,w,h],,,\n1.png,Effusion,1.5,2,3,4\n",),
        3,
    ),
    Target(
        "boxes of VinDr",
        lambda data, folder: read_vindr(_file(folder, "train.csv", data)),
        (
            b"image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n"
            b"a,Mass,1,R1,1,2,3,4\nb,No finding,14,R1,,,,\n",
        ),
        3,
    ),
    Target("sections of a report", lambda data, folder: section_report(data.decode("latin-1")), (_REPORT,), 12),
    Target("region name", lambda data, folder: map_region(data.decode("latin-1")), (b"left lower lung zone",), 12),
    Target(
        "output of a model",
        lambda data, folder: read_output(Recipe("r", read_vqa="json"), _QUESTION, data.decode("latin-1")),
        (b'Sure: {"answer": "yes", "confidence": 0.5, "boxes": [[1, 2, 3, 4]]}',),
        19,
    ),
)
