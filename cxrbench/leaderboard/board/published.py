"""Scores that papers print for a data set: bundled, each with its source, shown apart from what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILES = Path(__file__).parent.parent / "data"
_SCHEMA = "cxrbench.published/1"


@dataclass(frozen=True)
class Source:
    """Where a number was read."""

    title: str
    url: str | None


@dataclass(frozen=True)
class Entry:
    """The scores of one model in one publication.

    Attributes:
        kind: "paper": printed by the authors. "rerun": somebody ran the code or checkpoint again.
        split: The test split, as far as it is stated.
        scores: Score name -> value, on the scale of cxrbench.
    """

    model: str
    kind: str
    venue: str
    split: str
    paper: str | None
    url: str | None
    note: str | None
    read_in: tuple[Source, ...]
    scores: dict[str, float]


@dataclass(frozen=True)
class Published:
    """What is bundled for one data set.

    Attributes:
        protocol: The protocol of this toolkit that comes nearest to what the papers did.
        cautions: Sentences that belong above the table.
    """

    task: str
    dataset: str
    protocol: str
    title: str
    cautions: tuple[str, ...]
    entries: tuple[Entry, ...]

    @property
    def scores(self) -> list[str]:
        """The scores that occur, in the order of their first entry."""
        return list(dict.fromkeys(score for entry in self.entries for score in entry.scores))


def published_for(task: str, dataset: str) -> Published | None:
    """What papers report for a task on a data set; None where nothing is bundled."""
    return next((item for item in _all() if (item.task, item.dataset) == (task, dataset)), None)


@cache
def _all() -> tuple[Published, ...]:
    import yaml

    files = sorted(_FILES.glob("published_*.yaml"))
    return tuple(_parsed(yaml.safe_load(path.read_text(encoding="utf-8")), path.name) for path in files)


def _parsed(record: dict[str, Any], name: str) -> Published:
    if record["schema"] != _SCHEMA:
        raise ValueError(f"{name} is of schema {record['schema']!r}, not {_SCHEMA!r}")
    sources = {key: Source(item["title"], item.get("url")) for key, item in record["sources"].items()}
    return Published(
        task=record["task"],
        dataset=record["dataset"],
        protocol=record["protocol"],
        title=record["title"],
        cautions=tuple(record["cautions"]),
        entries=tuple(
            Entry(
                model=item["model"],
                kind=item["kind"],
                venue=item["venue"],
                split=item["split"],
                paper=item.get("paper"),
                url=item.get("url"),
                note=item.get("note"),
                read_in=tuple(sources[key] for key in item["read_in"]),
                scores={score: float(value) for score, value in item["scores"].items()},
            )
            for item in record["entries"]
        ),
    )
