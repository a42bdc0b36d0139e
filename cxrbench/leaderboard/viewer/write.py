"""Write the example viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cxrbench.core import jsonio
from cxrbench.core.comparability import check_comparable
from cxrbench.core.errors import UsageError
from cxrbench.core.rescoring import reopen
from cxrbench.leaderboard.run_report.contents import RunContents
from cxrbench.leaderboard.viewer.data import MOST, viewer_data
from cxrbench.leaderboard.viewer.films import Films
from cxrbench.leaderboard.viewer.render import viewer_html


@dataclass(frozen=True)
class ViewerOptions:
    """What the viewer may hold.

    Attributes:
        films: Linked to where they lie, embedded as small copies, or left out.
        side: Longer side of an embedded film, in pixels.
        most: Examples that the page may hold; of more, the worst are kept.
        restricted_content: Whether texts and films of restricted data are wanted.
        agreement: The agreement under which the user holds restricted data, in their words.
        data_root: Where the data are now, if not where the run found them.
    """

    films: Films = "link"
    side: int = 320
    most: int = MOST
    restricted_content: bool = False
    agreement: str | None = None
    data_root: Path | None = None


@dataclass(frozen=True)
class WrittenViewer:
    """What was written: the banners of the page, and what it leaves out."""

    banners: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...]


def write_viewer(
    runs: Sequence[RunContents], path: Path, options: ViewerOptions | None = None, *, report: str | None = None
) -> WrittenViewer:
    """Write the examples of the first run, with the answers of all.

    Texts and films of restricted data are left out unless both `restricted_content` and `agreement` are given.

    Args:
        report: Relative path of the report of the run, to link to.

    Raises:
        UsageError: Only one of the two was given.
        RunFolderError: The runs are not of the same task, split and data.
        DataError: The data are gone or changed.
        StorageError: The disk is full or the folder cannot be written.
    """
    options = options or ViewerOptions()
    restricted = any(contents.restricted for contents in runs)
    with_content = may_show_content(restricted, options)
    check_comparable([contents.run for contents in runs], [], common=True)
    prepared = None
    if with_content:
        _, prepared = reopen(runs[0].run.folder.path, data_root=options.data_root)
    data = viewer_data(
        runs,
        prepared,
        folder=path.parent,
        films=options.films,
        side=options.side,
        most=options.most,
        data_root=options.data_root,
    )
    banners = _banners(runs[0], restricted, with_content, options)
    html = viewer_html(runs[0], data, banners, films=options.films if with_content else "none", report=report)
    jsonio.write_bytes(path, html.encode("utf-8", "replace"))
    return WrittenViewer(banners, data.notes)


def may_show_content(restricted: bool, options: ViewerOptions) -> bool:
    """Whether texts and films may be in the page.

    Raises:
        UsageError: Content of restricted data is wanted without an agreement.
    """
    if not restricted:
        return True
    if options.restricted_content and not (options.agreement or "").strip():
        raise UsageError(
            "texts and films of restricted data are only written where you name the agreement you hold them under",
            where="--restricted-content",
            valid="--restricted-content together with --data-agreement TEXT",
            hint="leave out --restricted-content: ids and numbers are shown without it",
        )
    return options.restricted_content


def _banners(
    contents: RunContents, restricted: bool, with_content: bool, options: ViewerOptions
) -> tuple[tuple[str, str], ...]:
    found = []
    if contents.run.record["data"]["phantom"]:
        found.append(("Phantom data", "The films are drawn. They show no real patient."))
    if restricted and with_content:
        found.append(
            (
                "Restricted data",
                "This page holds texts and films of restricted data, written at the user's request under: "
                f"{(options.agreement or '').strip()}. Do not pass it on.",
            )
        )
    elif restricted:
        found.append(
            (
                "Restricted data",
                "Texts, films and attention are left out; ids and numbers remain. On your own machine, "
                "--restricted-content together with --data-agreement puts them in.",
            )
        )
    return tuple(found)
