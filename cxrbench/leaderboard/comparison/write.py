"""The page of a comparison as one HTML file."""

from __future__ import annotations

from pathlib import Path

from cxrbench.core import jsonio
from cxrbench.core.comparing import RunComparison
from cxrbench.leaderboard.comparison.summary import summarise
from cxrbench.leaderboard.page.render import render


def comparison_page(comparison: RunComparison) -> str:
    """The whole page; it holds ids and numbers, never a text or a film."""
    page = summarise(comparison)
    return render("comparison.html", title=f"{page.title} – cxrbench", data=comparison.record, page=page)


def write_comparison(comparison: RunComparison, path: Path) -> None:
    """Write the page.

    Raises:
        StorageError: The file cannot be written.
    """
    source = comparison_page(comparison)
    with jsonio.storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
