"""`detections.json`: what an external detector found in each image, for `--inputs frontal,scene_graph`.

A list of objects, one per image:

    {"image_id": "synpic100", "width": 1024, "height": 900,
     "detector": {"name": "mine", "version": "1", "weights_sha256": "..."},
     "boxes": [{"class": "left_lung", "category": "anatomy", "xyxy_norm": [0.5, 0.1, 0.9, 0.8], "score": 0.93}]}

Boxes are x1, y1, x2, y2 divided by width and height. Detections come from pixels; nothing of them is gold.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cxrbench.core.errors import DataError, nearest
from cxrbench.datasets.qa_rows import BadRow, Row, parse_rows, read_rows, refuse_repeated, required, text

DETECTIONS: Final = "detections.json"
_ANATOMY_NAMES: Final = (
    "left_lung right_lung heart aorta trachea mediastinum left_clavicle right_clavicle spine left_diaphragm "
    "right_diaphragm left_costophrenic_angle right_costophrenic_angle left_hilum right_hilum carina "
    "cardiac_silhouette aortic_arch left_upper_lobe left_lower_lobe right_upper_lobe right_middle_lobe "
    "right_lower_lobe pleura abdomen_visible neck_visible"
)
_FINDING_NAMES: Final = (
    "atelectasis cardiomegaly consolidation edema enlarged_cardiomediastinum fracture lung_lesion lung_opacity "
    "pleural_effusion pneumonia pneumothorax pleural_thickening mass nodule infiltrate fibrosis emphysema"
)
_DEVICE_NAMES: Final = (
    "endotracheal_tube central_venous_catheter chest_tube pacemaker picc_line nasogastric_tube tracheostomy "
    "surgical_clips port_catheter"
)
CLASSES: Final[Mapping[str, str]] = {
    **dict.fromkeys(_ANATOMY_NAMES.split(), "anatomy"),
    **dict.fromkeys(_FINDING_NAMES.split(), "finding"),
    **dict.fromkeys(_DEVICE_NAMES.split(), "device"),
}
"""The 52 classes of the SSG-VQA document -> their category."""
_FIELDS: Final = "each entry with image_id, width, height, boxes [{class, xyxy_norm, score}], detector {name}"
_TOLERANCE: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Detections:
    """The detections of a folder.

    Attributes:
        graphs: image_id -> the record as a request carries it: `source`, `image_id`, `width`, `height`, `detector`,
            and `boxes` with `class`, `category`, `xyxy_norm` and `score`.
        detectors: Names and versions of the detectors.
        fingerprint: SHA-256 of the file.
    """

    graphs: Mapping[str, Mapping[str, Any]]
    detectors: tuple[str, ...]
    fingerprint: str


def read_detections(folder: Path) -> Detections:
    """Read and check the file.

    Raises:
        DataError: Missing, no list of objects, an unknown class (with the nearest ones), a box outside the image, an
            image twice.
    """
    path = folder / DETECTIONS
    if not path.is_file():
        raise DataError(
            f"--inputs scene_graph needs {DETECTIONS}, and the data root has none",
            where=str(path),
            valid=_FIELDS,
            hint="write it with a detector (docs/vqa.md), or leave scene_graph out of --inputs",
        )
    digest = hashlib.sha256()
    rows = read_rows(path, digest, hint="write it again with the detector")
    graphs = parse_rows(path, rows, _graph, fields=_FIELDS)
    refuse_repeated(path, (graph["image_id"] for graph in graphs), "image_id")
    used = Counter(_name(graph["detector"]) for graph in graphs)
    return Detections({graph["image_id"]: graph for graph in graphs}, tuple(used), digest.hexdigest())


def _graph(row: Row) -> dict[str, Any]:
    boxes = row.get("boxes")
    if not isinstance(boxes, list) or not all(isinstance(box, dict) for box in boxes):
        raise BadRow("boxes must be a list of objects")
    detector = row.get("detector")
    if not isinstance(detector, dict):
        raise BadRow("detector must be an object with a name")
    known = {key: text(detector, key) for key in ("name", "version", "weights_sha256")}
    if known["name"] is None:
        raise BadRow("detector has no name")
    return {
        "source": DETECTIONS,
        "image_id": required(row, "image_id"),
        "width": _size(row, "width"),
        "height": _size(row, "height"),
        "detector": {key: value for key, value in known.items() if value is not None},
        "boxes": [_box(box) for box in boxes],
    }


def _box(box: Row) -> dict[str, Any]:
    name = required(box, "class").lower().replace(" ", "_").replace("-", "_")
    if name not in CLASSES:
        near = nearest(name, CLASSES)
        raise BadRow(
            f"unknown class {name[:40]!r}" + (f", did you mean {' or '.join(map(repr, near))}?" if near else "")
        )
    category = text(box, "category")
    if category not in (None, CLASSES[name]):
        raise BadRow(f"class {name} is of category {CLASSES[name]}, not {category[:40]!r}")
    place = box.get("xyxy_norm")
    if not isinstance(place, list) or len(place) != 4 or not all(map(_is_number, place)):
        raise BadRow(f"xyxy_norm of {name} must be four numbers, got {str(place)[:60]}")
    x1, y1, x2, y2 = place
    if not all(-_TOLERANCE <= value <= 1 + _TOLERANCE for value in place) or x1 >= x2 or y1 >= y2:
        raise BadRow(f"xyxy_norm of {name} must be x1 < x2 and y1 < y2 in [0, 1], got {place}")
    score = box.get("score", 1.0)
    if not _is_number(score) or not 0 <= score <= 1:
        raise BadRow(f"score of {name} must be a number in [0, 1], got {str(score)[:40]}")
    inside = [min(1.0, max(0.0, float(value))) for value in place]
    return {"class": name, "category": CLASSES[name], "xyxy_norm": inside, "score": float(score)}


def _size(row: Row, field: str) -> int:
    value: Any = row.get(field)
    if not _is_number(value) or value < 1:
        raise BadRow(f"{field} must be a number of pixels, got {str(value)[:40]}")
    return int(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _name(detector: Mapping[str, str]) -> str:
    return " ".join(detector[key] for key in ("name", "version") if key in detector)
