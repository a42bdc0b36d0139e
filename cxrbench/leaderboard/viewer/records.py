"""What the page carries of each example: words in one record, pictures, boxes and maps in another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from cxrbench.core.types import Box, Example, Prediction, Reference
from cxrbench.leaderboard.page.text import plain, shortened
from cxrbench.leaderboard.run_report.failures import kept_reason
from cxrbench.leaderboard.viewer.attention import maps_per_example, packed_maps
from cxrbench.leaderboard.viewer.difference import difference
from cxrbench.leaderboard.viewer.films import Films, show_film
from cxrbench.leaderboard.viewer.model_view import ModelView
from cxrbench.metrics.vqa.answers import given_answer

_LONGEST = 20_000
_LONG_NAME = 300
_BOXES = 200
_DIGITS = 3
Record = dict[str, Any]


def words(name: str, example: Example | None, views: Sequence[ModelView]) -> Record:
    """Question, reference and answers with their difference; without texts where `example` is None."""
    record: Record = {"id": plain(name)}
    if example is not None:
        reference = example.reference
        record |= _filled(
            group=plain(example.group),
            strata=[
                [shortened(key), shortened(", ".join(values), _LONG_NAME)]
                for key, values in example.strata.items()
                if values
            ],
            question=_cut(reference.question or _question(example)),
            type=_cut(reference.question_type),
            choices=[plain(choice) for choice in example.request.choices or ()],
            gold=_cut(reference.answer),
            severity=_cut(reference.severity),
            regions=[plain(region) for region in reference.regions or ()],
            context=[[plain(key), _cut(value)] for key, value in example.request.context.items()],
        )
    answers = [_answer(name, example, view) for view in views]
    if example is not None and any("difference" not in answer for answer in answers):
        text = reference_text(example.reference)
        record |= _filled(reference=None if text == example.reference.answer else _cut(text))
    record["models"] = answers
    return record


def pictures(
    name: str,
    example: Example | None,
    views: Sequence[ModelView],
    *,
    folder: Path,
    films: Films,
    side: int,
    maps: int,
) -> tuple[Record, int]:
    """Films, boxes and attention maps of an example, and how many answers have malformed maps.

    Args:
        folder: Where the page will lie.
        side: Longer side of an embedded film.
        maps: Attention maps to keep per answer.
    """
    record: Record = {}
    malformed = 0
    if example is not None:
        shown = [] if films == "none" else [show_film(item, folder, films, side) for item in example.request.images]
        record |= _filled(
            films=[
                _filled(
                    source=film.source,
                    width=film.width,
                    height=film.height,
                    view=plain(film.view),
                    when=plain(film.when) if film.when != "current" else None,
                    reason=plain(film.reason),
                )
                for film in shown
            ],
            boxes=_boxes(example.reference.boxes or ()),
        )
    answers = []
    for view in views:
        prediction = view.contents.predictions.get(name)
        answer: Record = {}
        if prediction is not None:
            answer = _filled(boxes=_boxes(prediction.boxes or ()))
            if example is not None and prediction.attention:
                packed = packed_maps(prediction, _wrong_first(name, view, prediction), maps)
                malformed += packed is None
                answer |= _filled(
                    maps=[[shortened(item.name), item.rows, item.columns, item.cells] for item in packed or ()]
                )
        answers.append(answer)
    record["models"] = answers
    return record, malformed


def maps_kept(views: Sequence[ModelView], examples: int) -> int:
    """Attention maps per answer that the page has room for."""
    for view in views:
        for prediction in view.contents.predictions.values():
            if prediction.attention:
                return maps_per_example(prediction.attention, examples * len(views))
    return 1


def reference_text(reference: Reference) -> str | None:
    """The reference as a text with headings where it has sections, else its text or gold answer."""
    sections = [("Findings", reference.findings), ("Impression", reference.impression)]
    parts = [f"{heading}: {text}" for heading, text in sections if text]
    return "\n\n".join(parts) if parts else reference.text if reference.text is not None else reference.answer


def _answer(name: str, example: Example | None, view: ModelView) -> Record:
    prediction = view.contents.predictions.get(name)
    if prediction is None:
        return {"status": "absent"}
    record = _filled(
        status=prediction.status,
        confidence=_number(prediction.confidence),
        right=view.right.get(name),
        labels=[[plain(source), *map(list, by_id[name])] for source, by_id in view.outcomes.items() if name in by_id],
        probabilities=[[plain(key), _number(value)] for key, value in (prediction.label_probabilities or {}).items()],
        error=plain(kept_reason(prediction.error or "", example is None)),
        seconds=_number(prediction.latency_s),
    )
    if example is None:
        return record
    record |= _filled(
        answer=_cut(prediction.answer),
        severity=_cut(prediction.severity),
        regions=[plain(region) for region in prediction.regions or ()],
    )
    reference = reference_text(example.reference)
    text = prediction.text if prediction.text is not None else given_answer(prediction)
    if view.right and text == given_answer(prediction) and reference == example.reference.answer:
        # A short answer beside a short gold answer: both stand there already.
        return record
    parts = difference(_cut(reference) or "", _cut(text) or "") if reference and text else None
    if parts is not None:
        record["difference"] = [list(side) for side in parts]
    else:
        record |= _filled(text=_cut(text), uncompared=bool(reference and text))
    return record


def _question(example: Example) -> str | None:
    return example.request.prompt if example.request.kind == "vqa" else None


def _wrong_first(name: str, view: ModelView, prediction: Prediction) -> list[str]:
    """Names of maps in the order of interest: wrong conditions, right ones, then by stated probability."""
    ordered: list[str] = []
    for by_id in view.outcomes.values():
        right, invented, missed = by_id.get(name, ((), (), ()))
        ordered += [*missed, *invented, *right]
    stated = prediction.label_probabilities or {}
    return list(dict.fromkeys([*ordered, *sorted(stated, key=lambda key: -stated[key])]))


def _boxes(boxes: Iterable[Box]) -> list[list[Any]]:
    """Corners, label and score; boxes with a coordinate that is not finite left out."""
    found = []
    for box in list(boxes)[:_BOXES]:
        corners = (box.x1, box.y1, box.x2, box.y2)
        if all(math.isfinite(value) for value in corners):
            label = None if box.label is None else shortened(box.label)
            found.append([*(round(value, 1) for value in corners), label, _number(box.score)])
    return found


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, _DIGITS)


def _cut(text: str | None) -> str | None:
    if text is None:
        return None
    shown = plain(text)
    if len(shown) <= _LONGEST:
        return shown
    return f"{shown[:_LONGEST]}… ({len(shown) - _LONGEST} more characters)"


def _filled(**values: Any) -> Record:
    """The values that say something."""
    return {key: value for key, value in values.items() if value is not None and value != [] and value != ""}
