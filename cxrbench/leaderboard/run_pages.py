"""The pages of one run, written beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cxrbench.leaderboard.run_report.contents import read_contents
from cxrbench.leaderboard.run_report.values import FEW
from cxrbench.leaderboard.run_report.write import report_path, write_report


@dataclass(frozen=True)
class WrittenPages:
    """What was written.

    Attributes:
        banners: Heading and sentence of what must be read first.
        left_out: What could not be read, in sentences.
    """

    report: Path
    banners: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]


def write_pages(run: Path, *, out: Path | None = None, scores: Sequence[str] = (), few: int = FEW) -> WrittenPages:
    """Write the report of a run folder.

    Args:
        out: HTML file or folder; None for `report.html` in the run folder.
        scores: The scores that strata are drawn by; two headline scores where empty.
        few: Examples below which a number is greyed, or suppressed where the data are restricted.

    Raises:
        DataError: Not a run folder, or results.json is missing or not JSON.
        RunFolderError: The run is not finished, damaged, or of another schema.
        UnknownNameError: The run lacks one of the scores.
        StorageError: The disk is full or the folder cannot be written.
    """
    contents = read_contents(run)
    report = report_path(contents, out)
    summary = write_report(contents, report, scores=scores, few=few)
    return WrittenPages(report, summary.banners, summary.left_out)
