"""Image reliance: what a model loses when it is shown films of others, or none (`cxrbench run --control`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrbench.core.comparing import compare
from cxrbench.core.errors import CxrbenchError
from cxrbench.core.run_folder import RunFolder, find_runs

_SHOWN_AS = {"shuffled": "films of other patients", "blank": "empty films"}


@dataclass(frozen=True, slots=True)
class Reliance:
    """One score of a run beside its control, on the same examples.

    Attributes:
        control: What the model was shown instead: "films of other patients", "empty films".
        difference: Run minus control, with its paired bootstrap interval.
        p_corrected: Two-sided paired randomisation, corrected over the scores of this control.
    """

    control: str
    score: str
    direction: str
    value: float | None
    without: float | None
    difference: float | None
    ci95: tuple[float, float] | None
    p_corrected: float | None
    n: int

    @property
    def loses(self) -> bool:
        """Whether the run is shown to be better than its control."""
        if self.difference is None or self.p_corrected is None or self.p_corrected >= 0.05:
            return False
        return (self.difference > 0) == (self.direction == "higher")


def controls_of(run: Path) -> list[Path]:
    """The finished control runs that lie beside a run: the same identity but for the control."""
    folder = RunFolder.open(run)
    own = folder.read_run()["identity"]
    if own.get("control") is not None:
        return []
    found = []
    for other in find_runs(folder.path.absolute().parent):
        try:
            record = other.read_run()
        except CxrbenchError:
            continue
        if record.get("status") in ("complete", "incomplete") and is_control_of(record["identity"], own):
            found.append(other.path)
    return found


def is_control_of(control: Mapping[str, Any], run: Mapping[str, Any]) -> bool:
    """Whether two identities differ in nothing but that the first names a control."""
    kept = {name: value for name, value in control.items() if name != "control"}
    return control.get("control") in _SHOWN_AS and kept == {name: run[name] for name in run if name != "control"}


def image_reliance(
    run: Path, controls: Iterable[Path], scores: Sequence[str], *, protocol: str | None = None
) -> tuple[list[Reliance], list[str]]:
    """Compare a run with each of its controls.

    Args:
        scores: Those that the run has are compared.

    Returns:
        One entry per control and score, and a sentence for every control that cannot be compared.
    """
    found: list[Reliance] = []
    left_out: list[str] = []
    for path in controls:
        control = _SHOWN_AS[str(RunFolder.open(path).read_run()["identity"]["control"])]
        try:
            record = compare([path, run], scores=scores, protocol=protocol, flips=0).record
        except CxrbenchError as error:
            left_out.append(f"The control with {control}: {error.message}.")
            continue
        for score, item in record["comparisons"][0]["scores"].items():
            found.append(
                Reliance(
                    control=control,
                    score=score,
                    direction=item["direction"],
                    value=item["value"],
                    without=item["against"],
                    difference=item["difference"],
                    ci95=None if item["ci95"] is None else (item["ci95"][0], item["ci95"][1]),
                    p_corrected=item["p_corrected"],
                    n=item["n"],
                )
            )
    return found, left_out
