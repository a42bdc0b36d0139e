"""Write the report of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cxrbench.core import jsonio
from cxrbench.core.errors import UsageError
from cxrbench.leaderboard.run_report.contents import RunContents
from cxrbench.leaderboard.run_report.render import report_html
from cxrbench.leaderboard.run_report.summary import ReportSummary, summarise_contents
from cxrbench.leaderboard.run_report.values import FEW

REPORT_FILE = "report.html"


def report_path(contents: RunContents, out: Path | None) -> Path:
    """Where the report goes: `report.html` in the run folder unless the user named a file or folder.

    Raises:
        UsageError: The named file is not an HTML file.
    """
    if out is None:
        return contents.run.folder.path / REPORT_FILE
    if out.is_dir():
        return out / REPORT_FILE
    if out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(
            f"the report is an HTML file, got {out.name!r}", where="--out", valid="report.html, a folder"
        )
    return out


def write_report(
    contents: RunContents, path: Path, *, scores: Sequence[str] = (), few: int = FEW, viewer: Path | None = None
) -> ReportSummary:
    """Write the page and give back what it shows.

    Args:
        scores: The scores that strata are drawn by.
        few: Examples below which a number is greyed, or suppressed where the data are restricted.
        viewer: The example viewer beside it, which ids then link to.

    Raises:
        StorageError: The disk is full or the folder cannot be written.
        UnknownNameError: The run lacks one of the scores.
    """
    summary = summarise_contents(contents, scores=scores, few=few)
    page = report_html(summary, viewer=None if viewer is None else viewer.name)
    jsonio.write_bytes(path, page.encode("utf-8", "replace"))
    return summary
