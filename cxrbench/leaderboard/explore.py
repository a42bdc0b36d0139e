"""The page of `cxrbench data explore`: the balance and quality of the questions, before and after filtering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cxrbench.core import jsonio
from cxrbench.datasets.qba import documented
from cxrbench.datasets.qba.explore.distributions import Distribution, Value
from cxrbench.datasets.qba.explore.summary import Exploration
from cxrbench.datasets.qba.index.schema import COMPLEXITIES
from cxrbench.leaderboard.charts.bars import Bar, Bars, bars
from cxrbench.leaderboard.page.render import render
from cxrbench.leaderboard.page.text import count, share

_FEW: Final = 10
"""Smaller counts of restricted data are not shown."""
_WORDS: Final = {
    "pos": "positive",
    "neg": "negative",
    "U": "U (unrated)",
    "yes_no": "yes or no",
    **{name: name.replace("_", " ") for name in COMPLEXITIES},
}
_BEFORE_ONLY: Final = ("grade", "split")
"""What is documented of these is documented of all questions, not of a selection."""


@dataclass(frozen=True)
class Row:
    """A value in the table of a distribution; texts, with what is suppressed already left out."""

    label: str
    before: str
    before_share: str
    after: str
    after_share: str
    documented: str


@dataclass(frozen=True)
class Section:
    """A distribution as it is drawn."""

    key: str
    title: str
    note: str
    plots: Sequence[Bars]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Page:
    """Everything that the template shows.

    Attributes:
        overlaps: What, studies, boxes, share that overlaps, mean largest IoU, share of regions without a box.
        documented_overlap: The same as documented.
        problems: Meaning and how many.
    """

    phantom: bool
    facts: Sequence[tuple[str, str]]
    sizes: Sequence[tuple[str, str, str, str]]
    preset: str
    sections: Sequence[Section]
    quantiles: Sequence[tuple[str, Sequence[str], Sequence[str]]]
    overlaps: Sequence[tuple[str, str, str, str, str, str]]
    documented_overlap: tuple[str, str, str]
    problems: Sequence[tuple[str, str]]


def explore_page(found: Exploration) -> str:
    """The whole page; it holds numbers and the names of columns and values, never a text, a film or an id."""
    hide = 0 if found.phantom else _FEW
    page = Page(
        phantom=found.phantom,
        facts=[
            ("Splits", ", ".join(found.splits) or "all"),
            ("After filtering", f"{found.preset}: grade and frontal image, as the authors filter"),
            ("Fingerprint", found.fingerprint[:16]),
            ("Box overlap", f"on {found.sampled:,} studies drawn with a fixed seed"),
        ],
        sizes=[(size.name, *map(_few(hide), (size.questions, size.studies, size.patients))) for size in found.sizes],
        preset=found.preset,
        sections=[_section(item, found.preset, hide) for item in found.distributions],
        quantiles=[(item.what, _whole(item.before), _whole(item.after)) for item in found.quantiles],
        overlaps=[
            (
                what,
                count(overlap.studies),
                count(overlap.boxes),
                share(overlap.overlapping),
                share(overlap.mean_max_iou),
                share(overlap.missing),
            )
            for what, overlap in found.overlaps.items()
        ],
        documented_overlap=(
            f"{100 * documented.OVERLAPPING:.3f} %",
            share(documented.MEAN_MAX_IOU),
            share(documented.MISSING_BOXES),
        ),
        problems=[(meaning, count(number)) for meaning, number in found.problems.items()],
    )
    return render("explore.html", title="MIMIC-Ext-CXR-QBA explored – cxrbench", data=None, page=page)


def write_exploration(found: Exploration, path: Path) -> None:
    """Write the page.

    Raises:
        StorageError: The file cannot be written.
    """
    jsonio.write_bytes(path, explore_page(found).encode())


def _section(item: Distribution, preset: str, hide: int) -> Section:
    def bar(value: Value, number: int, whole: int, expected: bool) -> Bar:
        part = _part(number, whole)
        hidden = 0 < number < hide
        text = _few(hide)(number) + ("" if hidden else f" ({share(part)})")
        return Bar(_words(value.label), 0.0 if hidden else part, text, value.documented if expected else None)

    def drawn(title: str, numbers: Sequence[int], whole: int, expected: bool) -> Bars:
        return bars(
            f"{item.title}, {title}",
            [bar(value, number, whole, expected) for value, number in zip(item.values, numbers)],
            most=_longest(item),
            description=f"{item.title} of {title}: share of {whole:,} questions by value",
        )

    before, after = [value.before for value in item.values], [value.after for value in item.values]
    return Section(
        key=item.key,
        title=item.title,
        note=item.note,
        plots=[
            drawn("all questions", before, item.of_before, True),
            drawn(preset, after, item.of_after, item.key not in _BEFORE_ONLY),
        ],
        rows=[_row(value, item, hide) for value in item.values],
    )


def _row(value: Value, item: Distribution, hide: int) -> Row:
    written = _few(hide)
    low, high = value.documented or (0.0, 0.0)
    expected = "" if value.documented is None else share(low) if low == high else f"{share(low)} to {share(high)}"
    shares = [
        "" if 0 < number < hide else share(_part(number, whole))
        for number, whole in ((value.before, item.of_before), (value.after, item.of_after))
    ]
    return Row(_words(value.label), written(value.before), shares[0], written(value.after), shares[1], expected)


def _longest(item: Distribution) -> float:
    """The same end of the axis before and after, so that the two can be compared by eye."""
    shares = [
        _part(number, whole)
        for value in item.values
        for number, whole in ((value.before, item.of_before), (value.after, item.of_after))
    ]
    return max([*shares, *(value.documented[1] for value in item.values if value.documented)]) or 1.0


def _few(hide: int) -> Any:
    return lambda number: f"fewer than {hide}" if 0 < number < hide else count(number)


def _part(number: int, whole: int) -> float:
    return number / whole if whole else 0.0


def _whole(values: Sequence[float]) -> Sequence[str]:
    return [count(round(value)) for value in values] or ["–"] * 5


def _words(label: str) -> str:
    return _WORDS.get(label, label)
