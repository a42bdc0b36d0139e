"""What a run folder holds; what cannot be read is named, and the rest is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrbench.core.comparability import OpenRun, open_runs
from cxrbench.core.errors import CxrbenchError
from cxrbench.core.types import Prediction
from cxrbench.leaderboard.run_report.statistics_table import StatisticsTable

_LISTED = 10


@dataclass(frozen=True)
class RunContents:
    """A finished run.

    Attributes:
        results: Protocol -> results.json, the first protocol first.
        predictions: By id; empty where the file is missing.
        table: None where statistics.parquet cannot serve.
        left_out: Sentences on what could not be read, for the reader of the page.
    """

    run: OpenRun
    results: Mapping[str, Mapping[str, Any]]
    predictions: Mapping[str, Prediction]
    table: StatisticsTable | None
    left_out: tuple[str, ...]

    @property
    def protocol(self) -> str:
        """The first protocol: everything but the comparison of protocols is scored under it."""
        return str(self.run.results["protocol"])

    @property
    def restricted(self) -> bool:
        """Whether texts and films must stay on this machine; a run that does not say counts as restricted unless
        its data are drawn."""
        data = self.run.record["data"]
        return bool(data.get("restricted", not data["phantom"]))


def read_contents(path: Path) -> RunContents:
    """Read a run folder.

    Raises:
        DataError: Not a run folder, or results.json is missing or not JSON.
        RunFolderError: The run is not finished, damaged, or of another schema.
    """
    (run,) = open_runs([path], None, at_least=1)
    left_out: list[str] = []
    results: dict[str, Mapping[str, Any]] = {str(run.results["protocol"]): run.results}
    for protocol in list(run.record["identity"]["protocols"])[1:]:
        try:
            (other,) = open_runs([path], protocol, at_least=1)
            results[protocol] = other.results
        except CxrbenchError as error:
            left_out.append(f"The scores under protocol {protocol}: {error.message}.")
    predictions = run.folder.read_predictions()
    if run.folder.damaged_lines:
        shown = ", ".join(map(str, run.folder.damaged_lines[:_LISTED]))
        more = ", …" if len(run.folder.damaged_lines) > _LISTED else ""
        left_out.append(f"Lines of {run.folder.predictions_file.name} that cannot be read: {shown}{more}.")
    if not predictions:
        left_out.append(f"All that needs predictions: {run.folder.predictions_file.name} is missing or empty.")
    table = None
    try:
        table = StatisticsTable(run.folder.statistics_file, run.results["n"] - run.failed)
        if predictions and table.ids and not set(table.ids) & set(predictions):
            table = None
            left_out.append("All that needs statistics of single examples: statistics.parquet is of another run.")
    except CxrbenchError as error:
        left_out.append(f"All that needs statistics of single examples: {error.message}.")
    return RunContents(run, results, predictions, table, tuple(left_out))
