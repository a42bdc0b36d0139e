"""Predictions as JSON records: the lines of predictions.jsonl and of the interchange format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from cxrbench.core import jsonio
from cxrbench.core.types import Box, InvalidPrediction, Prediction

_FIELDS = tuple(item.name for item in fields(Prediction))
VOLATILE_FIELDS = ("latency_s", "usage")
"""Left out when two runs are compared: they differ between identical runs."""


def to_record(prediction: Prediction) -> dict[str, Any]:
    """A JSON object with the fields that are set, in the order of the class."""
    record: dict[str, Any] = {}
    for name in _FIELDS:
        value = getattr(prediction, name)
        if value is None:
            continue
        if name == "boxes":
            value = [{key: part for key, part in asdict(box).items() if part is not None} for box in value]
        elif name == "regions":
            value = list(value)
        elif isinstance(value, Mapping):
            value = dict(value)
        record[name] = value
    return record


def from_record(record: Any) -> Prediction:
    """The prediction that a JSON object states; `id` is required, all other fields are optional.

    A number is accepted as id. Without a status, a prediction with neither text, answer, regions nor boxes is
    "empty", any other is "ok". Unknown fields are ignored, so that files of other tools can be read.

    Raises:
        InvalidPrediction: A field of the wrong type or value; the message names both.
    """
    if not isinstance(record, dict):
        raise InvalidPrediction(f"a prediction must be a JSON object, got {type(record).__name__}")
    values = {name: record[name] for name in _FIELDS if record.get(name) is not None}
    identifier = values.get("id")
    if isinstance(identifier, int) and not isinstance(identifier, bool):
        values["id"] = str(identifier)
    if not isinstance(values.get("id"), str) or not values["id"]:
        raise InvalidPrediction(f"a prediction needs a non-empty id, got {identifier!r}")
    name = values["id"]
    if "boxes" in values:
        values["boxes"] = tuple(_box(name, item) for item in _list(name, "boxes", values["boxes"]))
    if "regions" in values:
        regions = _list(name, "regions", values["regions"])
        if not all(isinstance(region, str) for region in regions):
            raise InvalidPrediction(f"prediction {name!r}: regions must be strings, got {regions!r}")
        values["regions"] = tuple(regions)
    for key in ("label_probabilities", "usage", "attention"):
        if key in values and not isinstance(values[key], dict):
            raise InvalidPrediction(f"prediction {name!r}: {key} must be an object, got {values[key]!r}")
    if "status" not in values:
        answered = any(str(values.get(key) or "").strip() for key in ("text", "answer"))
        answered = answered or "regions" in values or "boxes" in values
        values["status"] = "error" if "error" in values else "ok" if answered else "empty"
    return Prediction(**values)


def _list(name: str, key: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidPrediction(f"prediction {name!r}: {key} must be a list, got {value!r}")
    return value


def _box(name: str, value: Any) -> Box:
    if isinstance(value, list) and len(value) == 4:
        value = dict(zip(("x1", "y1", "x2", "y2"), value))
    try:
        x1, y1, x2, y2 = (float(value[key]) for key in ("x1", "y1", "x2", "y2"))
        score = None if value.get("score") is None else float(value["score"])
    except (TypeError, KeyError, ValueError, AttributeError):
        raise InvalidPrediction(
            f"prediction {name!r}: a box must have numbers x1, y1, x2, y2, got {value!r}"
        ) from None
    return Box(x1, y1, x2, y2, label=value.get("label"), score=score)


def canonical_lines(predictions: Iterable[Prediction]) -> list[str]:
    """The predictions sorted by id and without timing and usage: equal lists mean identical predictions."""
    kept = sorted(predictions, key=lambda prediction: prediction.id)
    return [
        jsonio.dumps({key: value for key, value in to_record(item).items() if key not in VOLATILE_FIELDS})
        for item in kept
    ]
