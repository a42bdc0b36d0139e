"""Where each query looked: its attention map laid over the film, all twenty on one page.

Attention shows where a query gathered its information. It is no proof of what caused a sentence.
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import UsageError
from cxrbench.reference_models.chexquery.predictor import GeneratedReport

_COLUMNS = 5
_OPACITY = 0.55
_FILM_SIDE = 512
_LEGEND = "Name and probability of each condition (bold: at least 50 %), then the anatomical regions."
_INK, _MUTED = "#111827", "#6b7280"


def draw_overlay(film: NDArray[np.uint8], report: GeneratedReport, path: Path, *, title: str = "") -> Path:
    """Write the page as a PNG.

    Every panel has its own scale, from nothing to its own maximum, because a diffuse map would otherwise vanish; how
    focused a map is stands in its caption as the share of the attention that its strongest tenth of patches holds
    (10 % is uniform).

    Args:
        film: Grey values, uint8 [H, W]: the film that was predicted.
        report: A prediction made with `return_attention=True`.
        path: The PNG to write; its folder is made.
        title: Printed above the panels, for example the file name.

    Raises:
        UsageError: The report carries no attention maps.
    """
    if not report.attention:
        raise UsageError("this report carries no attention maps", hint="predict with return_attention=True")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    attention, probabilities = report.attention, report.label_probabilities
    film = _at_most(film, _FILM_SIDE)
    rows = -(-len(attention) // _COLUMNS)
    lines = textwrap.wrap(report.text, 175)
    panel, foot = 2.55, 0.55 + 0.19 * max(len(lines), 1)
    height = rows * (panel + 0.42) + 0.75 + foot
    width = _COLUMNS * panel + 1.1
    figure = Figure(figsize=(width, height), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(
        rows,
        _COLUMNS,
        left=0.2 / width,
        right=1 - 0.95 / width,
        top=1 - 0.85 / height,
        bottom=foot / height,
        wspace=0.06,
        hspace=0.26,
    )
    picture = None
    side = (film.shape[1], film.shape[0])
    for index, (name, weights) in enumerate(attention.items()):
        axes = figure.add_subplot(grid[index // _COLUMNS, index % _COLUMNS])
        axes.imshow(film, cmap="gray", vmin=0, vmax=255, interpolation="bilinear")
        scaled = relative(weights)
        picture = axes.imshow(
            enlarge(scaled, side), cmap="inferno", vmin=0, vmax=1, alpha=_OPACITY * enlarge(scaled, side) ** 0.5
        )
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
        probability = probabilities.get(name)
        heading = name if probability is None else f"{name}  {probability:.0%}"
        bold = probability is not None and probability >= 0.5
        axes.set_title(heading, fontsize=9.5, color=_INK, fontweight="bold" if bold else "normal", pad=13, loc="left")
        axes.text(
            0,
            1.015,
            f"{_kind(name, probability)} · strongest tenth holds {focus(weights):.0%}",
            transform=axes.transAxes,
            fontsize=6.8,
            color=_MUTED,
            va="bottom",
        )
    bar_axes = figure.add_axes((1 - 0.78 / width, foot / height + 0.1, 0.16 / width, 0.9 - foot / height - 0.1))
    if picture is not None:
        bar = figure.colorbar(picture, cax=bar_axes, ticks=[0, 0.5, 1])
        bar.ax.set_yticklabels(["none", "half", "max"], fontsize=8, color=_INK)
        bar.set_label("attention, relative to the panel's maximum", fontsize=8, color=_INK)
        bar.outline.set_visible(False)
    figure.text(0.2 / width, 1 - 0.27 / height, title or "Attention of the queries", fontsize=13, color=_INK)
    figure.text(0.2 / width, 1 - 0.45 / height, _LEGEND, fontsize=8, color=_MUTED)
    figure.text(
        0.2 / width, (foot - 0.28) / height, "\n".join(lines), fontsize=9.5, color=_INK, va="top", linespacing=1.35
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def _kind(name: str, probability: float | None) -> str:
    if probability is not None:
        return "condition"
    side = name.split()[0].lower()
    return f"region (the patient's {side})" if side in ("left", "right") else "region"


def relative(weights: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """A map [h, w] scaled to a maximum of 1; all zeros stay zeros."""
    values = np.clip(np.asarray(weights, dtype=np.float64), 0, None)
    top = float(values.max(initial=0.0))
    return values / top if top > 0 else values


def focus(weights: NDArray[np.floating[Any]]) -> float:
    """Share of the attention that the strongest tenth of the patches holds; 0.1 is uniform, 1 fully focused."""
    values = np.sort(np.clip(np.asarray(weights, dtype=np.float64), 0, None).ravel())[::-1]
    total = values.sum()
    return float(values[: max(1, round(len(values) / 10))].sum() / total) if total > 0 else 0.0


def enlarge(values: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """A map in [0, 1] resized smoothly to (width, height)."""
    from PIL import Image

    image = Image.fromarray(values.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    return np.clip(np.asarray(image, dtype=np.float64), 0, 1)


def _at_most(film: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The film shrunk so that no side is longer than `side`; a panel shows no more than that."""
    longest = max(film.shape)
    if longest <= side:
        return film
    from PIL import Image

    size = (max(1, round(film.shape[1] * side / longest)), max(1, round(film.shape[0] * side / longest)))
    return np.asarray(Image.fromarray(film).resize(size, Image.Resampling.BILINEAR))
