"""Training curves from the history, as a PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

CURVES = "curves.png"


def draw_curves(records: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw losses per epoch above, validation scores below; phases are separated by lines.

    Args:
        records: Of `history.jsonl`; only those of event "epoch" are drawn.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    epochs = [record for record in records if record["event"] == "epoch"]
    figure = Figure(figsize=(9, 7), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, sharex=True)
    loss_names = sorted({name for record in epochs for name in record["losses"]})
    for name in loss_names:
        _line(above, name, [record["losses"].get(name) for record in epochs])
    score_names = sorted({name for record in epochs for name in record.get("validation") or {}})
    for name in score_names:
        _line(below, name, [(record.get("validation") or {}).get(name) for record in epochs], marker="o")
    for axes in (above, below):
        for index, record in enumerate(epochs):
            if index and record["phase"] != epochs[index - 1]["phase"]:
                axes.axvline(index + 0.5, color="0.8", linewidth=1)
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    for index, record in enumerate(epochs):
        if index == 0 or record["phase"] != epochs[index - 1]["phase"]:
            above.text(
                index + 0.6, 1.01, f"phase {record['phase']}", transform=above.get_xaxis_transform(), fontsize=8
            )
    below.set_xlim(0.5, len(epochs) + 0.5)
    above.set_ylabel("training loss")
    if any(value for record in epochs for value in record["losses"].values() if value and value > 0):
        above.set_yscale("log")
    below.set_ylabel("validation score")
    below.set_xlabel("epoch")
    figure.savefig(path, dpi=110)


def _line(axes: Any, name: str, values: Sequence[float | None], **style: Any) -> None:
    drawn = [(epoch, value) for epoch, value in enumerate(values, 1) if value is not None]
    if drawn:
        axes.plot(*zip(*drawn, strict=True), label=name, linewidth=1.3, markersize=3, **style)
