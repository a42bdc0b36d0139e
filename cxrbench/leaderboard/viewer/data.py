"""Everything that the page of examples carries, in the data set's order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.preparing import Prepared
from cxrbench.core.types import STATUSES, Example
from cxrbench.leaderboard.page.names import score_title
from cxrbench.leaderboard.page.text import plain, shortened
from cxrbench.leaderboard.run_report.contents import RunContents
from cxrbench.leaderboard.viewer.films import Films
from cxrbench.leaderboard.viewer.model_view import ModelView, model_view, shared_scores
from cxrbench.leaderboard.viewer.records import Record, maps_kept, pictures, words

_ABSENT = "absent"
_NAME = 48
MOST = 10_000
"""Examples that a page holds unless the user asks for more."""


@dataclass(frozen=True)
class ViewerData:
    """Attributes:
    index: What lists, orders and filters need of all examples.
    words, pictures: One record per example.
    notes: What was left out, in sentences.
    """

    index: dict[str, Any]
    words: Sequence[Record]
    pictures: Sequence[Record]
    notes: tuple[str, ...]


def viewer_data(
    runs: Sequence[RunContents],
    prepared: Prepared | None,
    *,
    folder: Path,
    films: Films = "link",
    side: int = 320,
    most: int = MOST,
    data_root: Path | None = None,
) -> ViewerData:
    """Gather the examples of the first run, with the answers of all.

    Args:
        runs: Of the same task and data.
        prepared: The data; None leaves out all texts and films.
        folder: Where the page will lie; links to films are relative to it.
        films: Whether films are linked, embedded or left out.
        side: Longer side of an embedded film, in pixels.
        most: Examples that the page may hold; of more, the worst are kept.
    """
    scores = shared_scores(runs)
    views = [model_view(contents, scores, data_root) for contents in runs]
    examples = _examples(prepared)
    ids = list(examples) if prepared is not None else _known_ids(runs[0])
    notes = [note for view in views for note in view.notes]
    if len(ids) > most:
        notes.append(f"{len(ids) - most} of {len(ids)} examples: the page holds the {most} worst ones.")
        ids = _worst(ids, views[0], most)
    maps = maps_kept(views, len(ids))
    shown, malformed = [], 0
    for name in ids:
        record, wrong = pictures(name, examples.get(name), views, folder=folder, films=films, side=side, maps=maps)
        shown.append(record)
        malformed += wrong
    if malformed:
        notes.append(f"Attention of {malformed} answers: the maps are malformed.")
    return ViewerData(
        _index(ids, views, scores, examples),
        [words(name, examples.get(name), views) for name in ids],
        shown,
        tuple(dict.fromkeys(notes)),
    )


def _examples(prepared: Prepared | None) -> dict[str, Example]:
    if prepared is None:
        return {}
    taken = set(prepared.ids)
    return {example.id: example for example in prepared.data.examples if example.id in taken}


def _known_ids(contents: RunContents) -> list[str]:
    """Ids in the order of the statistics, then those without."""
    scored = contents.table.ids if contents.table is not None else ()
    return list(dict.fromkeys([*scored, *contents.predictions]))


def _worst(ids: Sequence[str], view: ModelView, most: int) -> list[str]:
    """The examples that failed or score worst by the first score, in their order."""
    score = next(iter(view.scores), None)
    higher = score is not None and view.contents.run.results["scores"][score]["direction"] == "higher"
    values = {} if score is None else view.scores[score]

    def badness(name: str) -> tuple[bool, float]:
        prediction = view.contents.predictions.get(name)
        failed = prediction is None or prediction.status != "ok"
        value = values.get(name)
        return (not failed, float("inf") if value is None else value if higher else -value)

    kept = set(sorted(ids, key=badness)[:most])
    return [name for name in ids if name in kept]


def _index(
    ids: Sequence[str], views: Sequence[ModelView], scores: Sequence[str], examples: Mapping[str, Example]
) -> dict[str, Any]:
    record = views[0].contents.run.results["scores"]
    usable = [score for score in scores if all(score in view.scores for view in views)]
    return {
        "ids": [plain(name) for name in ids],
        "models": [
            {"name": shortened(view.name, _NAME), "run": plain(view.contents.run.record["run_id"])} for view in views
        ],
        "scores": [
            {"name": score, "title": score_title(score), "higher": record[score]["direction"] == "higher"}
            for score in usable
        ],
        "values": [[[view.scores[score].get(name) for name in ids] for score in usable] for view in views],
        "sure": [[view.sure.get(name) for name in ids] if view.sure else None for view in views],
        "wrong": [_wrong(ids, view) for view in views],
        "filters": _filters(ids, views[0], examples),
    }


def _wrong(ids: Sequence[str], view: ModelView) -> list[int | None]:
    """Wrong labels of each example by the first source, or 1 and 0 for wrong and right answers."""
    if view.right:
        return [None if name not in view.right else int(not view.right[name]) for name in ids]
    source = next(iter(view.outcomes.values()), {})
    return [len(source[name][1]) + len(source[name][2]) if name in source else None for name in ids]


def _filters(ids: Sequence[str], view: ModelView, examples: Mapping[str, Example]) -> list[dict[str, Any]]:
    """Groups of choices, each with the places of the examples that it shows."""
    groups: dict[str, dict[str, list[int]]] = {}

    def add(group: str, item: str, place: int) -> None:
        groups.setdefault(group, {}).setdefault(item, []).append(place)

    source = next(iter(view.outcomes), None)
    for place, name in enumerate(ids):
        prediction = view.contents.predictions.get(name)
        status = _ABSENT if prediction is None else prediction.status
        if status != "ok":
            add("Status", status, place)
        if name in view.right:
            add("Answer", "right" if view.right[name] else "wrong", place)
        if source is not None and name in view.outcomes[source]:
            right, invented, missed = view.outcomes[source][name]
            for group, names in (("Missed", missed), ("Invented", invented), ("Found", right)):
                for condition in names:
                    add(group, condition, place)
        if name in examples:
            for stratum, values in examples[name].strata.items():
                for value in values:
                    add(stratum.replace("_", " ").capitalize(), value, place)
    order = {name: place for place, name in enumerate((*CONDITIONS, *STATUSES))}
    return [
        {
            "title": shortened(group, _NAME),
            "items": [
                [shortened(item, _NAME), places]
                for item, places in sorted(items.items(), key=lambda pair: (order.get(pair[0], 99), pair[0]))
            ],
        }
        for group, items in sorted(
            groups.items(), key=lambda pair: _GROUPS.index(pair[0]) if pair[0] in _GROUPS else len(_GROUPS)
        )
        if len(items) > 1 or group in _GROUPS
    ]


_GROUPS = ("Status", "Answer", "Missed", "Invented", "Found")
