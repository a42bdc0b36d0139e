"""The pages of one run, written beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cxrbench.core.errors import CxrbenchError
from cxrbench.leaderboard.run_report.contents import read_contents
from cxrbench.leaderboard.run_report.values import FEW
from cxrbench.leaderboard.run_report.write import report_path, write_report
from cxrbench.leaderboard.viewer.write import ViewerOptions, may_show_content, write_viewer


@dataclass(frozen=True)
class PageOptions:
    """What the user chose.

    Attributes:
        out: HTML file or folder of the report; None for `report.html` in the run folder.
        scores: The scores that strata are drawn by; two headline scores where empty.
        few: Examples below which a number is greyed, or suppressed where the data are restricted.
        examples: Whether to write the example viewer beside the report.
        others: Further runs of the same task and data, whose answers the viewer shows too.
    """

    out: Path | None = None
    scores: Sequence[str] = ()
    few: int = FEW
    examples: bool = False
    others: Sequence[Path] = ()
    viewer: ViewerOptions = field(default_factory=ViewerOptions)


@dataclass(frozen=True)
class WrittenPages:
    """What was written.

    Attributes:
        viewer: None where it was not asked for.
        banners: Heading and sentence of what must be read first.
        left_out: What could not be read, in sentences.
    """

    report: Path
    viewer: Path | None
    banners: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]


def write_pages(run: Path, options: PageOptions | None = None) -> WrittenPages:
    """Write the report of a run folder and, where asked for, its examples.

    The report needs nothing but the folder. Where the examples cannot be written, the report is, before the error.

    Raises:
        DataError: Not a run folder; results.json is missing or not JSON; or the viewer's data are gone or changed.
        RunFolderError: The run is not finished, damaged, or of another schema; or runs are of different data.
        UnknownNameError: The run lacks one of the scores.
        UsageError: Content of restricted data is wanted without an agreement.
        StorageError: The disk is full or the folder cannot be written.
    """
    options = options or PageOptions()
    contents = read_contents(run)
    report = report_path(contents, options.out)
    if not options.examples:
        summary = write_report(contents, report, scores=options.scores, few=options.few)
        return WrittenPages(report, None, summary.banners, summary.left_out)
    may_show_content(contents.restricted, options.viewer)
    runs = [contents, *(read_contents(path) for path in options.others)]
    viewer = report.with_name("viewer.html" if report.name == "report.html" else f"{report.stem}-viewer.html")
    try:
        written = write_viewer(runs, viewer, options.viewer, report=report.name)
    except CxrbenchError:
        write_report(contents, report, scores=options.scores, few=options.few)
        raise
    summary = write_report(contents, report, scores=options.scores, few=options.few, viewer=viewer)
    banners = dict.fromkeys([*summary.banners, *written.banners])
    return WrittenPages(report, viewer, tuple(banners), tuple(dict.fromkeys([*summary.left_out, *written.left_out])))
