"""Results as Python objects: into pandas, and on show in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrbench.core.run_folder import RunFolder


@dataclass(frozen=True)
class Score:
    """One number with all that it needs to be cited.

    Attributes:
        value: None where undefined; `reason` says why.
        ci95: Percentile bootstrap interval, or None.
        n: Examples it was computed on.
        direction: "higher" or "lower" is better.
    """

    name: str
    value: float | None
    ci95: tuple[float, float] | None
    n: int
    direction: str
    signature: str
    reason: str | None = None

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name} = null ({self.reason or 'undefined'}) (n = {self.n})"
        interval = f" [95% CI: {self.ci95[0]:.4f}, {self.ci95[1]:.4f}]" if self.ci95 else ""
        return f"{self.name} = {self.value:.4f}{interval} (n = {self.n}) {self.signature}"


class Results(Mapping[str, Score]):
    """The scores of one run under one protocol, by name.

    >>> results = cxrbench.load_results("runs/iu-report/chexquery-tiny/0123456789ab")  # doctest: +SKIP
    >>> results["bleu_4"].value  # doctest: +SKIP
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.record = record

    def __getitem__(self, name: str) -> Score:
        found = self.record["scores"][name]
        ci95 = found["ci95"]
        return Score(
            name,
            found["value"],
            None if ci95 is None else (ci95[0], ci95[1]),
            found["n"],
            found["direction"],
            found["signature"],
            found.get("reason"),
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.record["scores"])

    def __len__(self) -> int:
        return len(self.record["scores"])

    @property
    def complete(self) -> bool:
        """Whether every example was answered, well or badly."""
        return bool(self.record["complete"])

    @property
    def n(self) -> int:
        """Examples of the run, failed ones included."""
        return int(self.record["n"])

    def frame(self, stratum: str | None = None) -> Any:
        """A pandas DataFrame with one row per score (and per value of the stratum, where one is named).

        Raises:
            KeyError: The run has no such stratum.
        """
        import pandas as pd

        if stratum is None:
            groups: Mapping[str, Any] = {"": {"scores": self.record["scores"]}}
        else:
            groups = self.record["strata"][stratum]
        rows = [
            {
                **({} if stratum is None else {stratum: group}),
                "score": name,
                "value": item["value"],
                "low": item["ci95"][0] if item["ci95"] else None,
                "high": item["ci95"][1] if item["ci95"] else None,
                "n": item["n"],
                "direction": self.record["scores"][name]["direction"],
                "signature": self.record["scores"][name]["signature"],
            }
            for group, content in groups.items()
            for name, item in content["scores"].items()
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        head = f"Results of {self.record['model']} on {self.record['task']} ({self.record['protocol']}), n = {self.n}"
        return "\n".join([head, *(f"  {self[name]}" for name in self)])

    def _repr_html_(self) -> str:
        cells = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{_number(score.value)}</td>"
            f"<td>{'' if score.ci95 is None else f'{score.ci95[0]:.4f} to {score.ci95[1]:.4f}'}</td>"
            f"<td>{score.n}</td></tr>"
            for name, score in self.items()
        )
        caption = html.escape(f"{self.record['model']} on {self.record['task']} ({self.record['protocol']})")
        head = "<tr><th>score</th><th>value</th><th>95% CI</th><th>n</th></tr>"
        return f"<table><caption>{caption}</caption><thead>{head}</thead><tbody>{cells}</tbody></table>"


def load_results(path: str | Path, protocol: str | None = None) -> Results:
    """The results of a run folder.

    Args:
        protocol: None for the run's first protocol.

    Raises:
        DataError: Not a run folder, or not scored.
    """
    folder = RunFolder.open(Path(path))
    first = folder.read_results()
    if protocol is None or protocol == first["protocol"]:
        return Results(first)
    return Results(folder.read_results(protocol))


def _number(value: float | None) -> str:
    return "null" if value is None else f"{value:.4f}"
