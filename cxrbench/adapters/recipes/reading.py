"""From what a model said to a prediction: strict, so that what cannot be read is counted and not guessed."""

from __future__ import annotations

import json
import re
from typing import Any

from cxrbench.adapters.recipes.recipe import Recipe
from cxrbench.core.predictions import from_record
from cxrbench.core.types import InvalidPrediction, Prediction, Request

_FENCE = re.compile(r"^```[a-z]*\n(.*?)\n?```$", re.DOTALL)
_FIELDS = ("text", "answer", "confidence", "regions", "severity", "boxes", "label_probabilities")


def read_output(recipe: Recipe, request: Request, output: str) -> Prediction:
    """The prediction that an output states.

    A report becomes `text`; an answer becomes `answer` and, unless the output is JSON, `text` as well. What the
    recipe does not find is empty: metrics count it as an empty or unparsable answer. Nothing is looked for beyond
    what the recipe says.
    """
    report = request.kind == "report"
    reading = recipe.read_report if report else recipe.read_vqa
    if reading == "json":
        return read_json(request, output)
    found = _read(reading, output.strip())
    return Prediction(request.id, text=found) if report else Prediction(request.id, text=found, answer=found)


def read_json(request: Request, output: str) -> Prediction:
    """The fields of the interchange format in the first JSON object of an output; empty where there is none."""
    record = _first_object(output)
    kept: dict[str, Any] = {name: record[name] for name in _FIELDS if record.get(name) is not None}
    for name in ("text", "answer", "severity"):
        if name in kept and not isinstance(kept[name], str):
            kept[name] = json.dumps(kept[name]) if isinstance(kept[name], (dict, list)) else str(kept[name])
    try:
        return from_record({"id": request.id, **kept})
    except InvalidPrediction:
        # One field of the wrong form must not cost the others.
        texts = {name: kept[name] for name in ("text", "answer") if name in kept}
        return from_record({"id": request.id, **texts})


def _read(reading: str, output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    if reading == "whole":
        return output
    if reading == "first_line":
        return lines[0] if lines else ""
    if reading == "last_line":
        return lines[-1] if lines else ""
    match = re.search(reading.removeprefix("after:"), output, re.DOTALL)
    return match[1].strip() if match and match[1] else ""


def _first_object(output: str) -> dict[str, Any]:
    text = output.strip()
    if fenced := _FENCE.match(text):
        text = fenced[1]
    start = text.find("{")
    if start < 0:
        return {}
    try:
        record, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}
