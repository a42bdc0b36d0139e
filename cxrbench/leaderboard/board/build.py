"""`cxrbench leaderboard build`: run folders in, a folder of static pages out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cxrbench.core import jsonio
from cxrbench.core.errors import CxrbenchError, DataError, UsageError
from cxrbench.core.provenance import provenance
from cxrbench.leaderboard.board.analysis import Settings
from cxrbench.leaderboard.board.cache import Cache
from cxrbench.leaderboard.board.collect import Collected, ScoredRun, collect
from cxrbench.leaderboard.board.export import csv_text
from cxrbench.leaderboard.board.index_view import index_view
from cxrbench.leaderboard.board.summary import summarise
from cxrbench.leaderboard.board.tables import sort_into_tables
from cxrbench.leaderboard.board.view import table_view
from cxrbench.leaderboard.page.render import render

INDEX_FILE, SUMMARY_FILE = "index.html", "leaderboard.json"


@dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        newest: One row per model name and inputs: the newest run.
        rank_by: Scores to rank by besides the headline scores.
        trusted: `module:Name` specs of tasks and metrics that runs may name and that may be imported.
        links: Whether rows link to the report.html beside their run, by a relative path.
    """

    newest: bool = False
    rank_by: tuple[str, ...] = ()
    trusted: frozenset[str] = frozenset()
    links: bool = True
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True)
class Site:
    """What was built.

    Attributes:
        files: Written below `folder`, the index first.
        summary: The document of leaderboard.json.
    """

    folder: Path
    files: tuple[str, ...]
    summary: Mapping[str, Any]

    @property
    def index(self) -> Path:
        return self.folder / INDEX_FILE


def build(
    runs: str | Path,
    out: str | Path,
    options: Options | None = None,
    *,
    cache: Cache | None = None,
    note: Callable[[str], None] = lambda _: None,
) -> Site:
    """Build a site from all runs below a folder.

    Args:
        cache: Results of earlier builds; None computes everything.
        note: Told what is being done.

    Raises:
        DataError: `runs` is no folder, or holds no run at all.
        UsageError: Too few resamples, or a negative seed.
        StorageError: `out` cannot be written.
    """
    options, cache, out = options or Options(), cache or Cache(None), Path(out)
    for name in ("resamples", "trials"):
        if getattr(options.settings, name) < 100:
            raise UsageError(f"{name} must be at least 100, got {getattr(options.settings, name)}")
    if options.settings.seed < 0:
        raise UsageError(f"seed must not be negative, got {options.settings.seed}")
    collected = collect(Path(runs), cache)
    if not collected.runs and not collected.left_out:
        raise DataError(
            f"no run below {runs}",
            valid="a folder that `cxrbench run --out` wrote to",
            hint="cxrbench run --model baseline:retrieval --task iu-report",
        )
    tables, replaced = sort_into_tables(collected.runs, newest=options.newest)
    note(f"{len(collected.runs)} scored runs in {len(tables)} tables")
    summary = summarise(
        tables,
        [*collected.left_out, *replaced],
        options.settings,
        cache,
        rank_by=options.rank_by,
        trusted=options.trusted,
        note=note,
    )
    summary |= _about(collected)
    if options.links:
        _link_reports(summary, collected.runs, out)
    cache.tidy()
    return Site(out, _write(out, summary), summary)


def _about(collected: Collected) -> dict[str, Any]:
    """Who built it and from what; no time of its own, so that the same runs give the same site."""
    ended = [run.record["provenance"]["ended"] for run in collected.runs]
    software = provenance()
    return {
        "cxrbench": {"version": software["cxrbench"], "git_commit": software["git_commit"]},
        "runs": len(collected.runs),
        "newest": max(ended, default=""),
    }


def _link_reports(summary: Mapping[str, Any], runs: Sequence[ScoredRun], out: Path) -> None:
    reports = {run.path: run.folder.path / "report.html" for run in runs}
    for table in summary["tables"]:
        for row in table["rows"]:
            report = reports[row["run"]["path"]]
            if report.is_file():
                relative = Path(os.path.relpath(report.resolve(), out.resolve())).as_posix()
                row["run"]["report"] = quote(relative, errors="surrogateescape")


def _write(out: Path, summary: Mapping[str, Any]) -> tuple[str, ...]:
    left_out = summary["left_out"]
    pages = {}
    for table in summary["tables"]:
        name, page = table["id"], table_view(table, summary)
        pages[f"{name}.csv"] = csv_text(table)
        pages[f"{name}.html"] = render(
            "leaderboard_table.html",
            title=f"{page['title']}: cxrbench leaderboard",
            data=page["data"],
            styles=("board.css",),
            scripts=("board.js",),
            page=page,
            site=summary,
            left_out=left_out,
            files=(f"{name}.csv", SUMMARY_FILE),
        )
    index = render(
        "leaderboard_index.html",
        title="cxrbench leaderboards",
        styles=("board.css",),
        page=index_view(summary),
        site=summary,
        left_out=left_out,
        files=(SUMMARY_FILE,),
    )
    written = {INDEX_FILE: index, **pages}
    _remove_older(out, written)
    for name, text in written.items():
        jsonio.write_bytes(out / name, text.encode("utf-8"))
    jsonio.write_json(out / SUMMARY_FILE, {**summary, "files": sorted(written)})
    return (*written, SUMMARY_FILE)


def _remove_older(out: Path, written: Mapping[str, Any]) -> None:
    """Remove the pages that an earlier build wrote here and this one does not; nothing else in the folder."""
    try:
        before = jsonio.read_json(out / SUMMARY_FILE)
        names = [name for name in before["files"] if isinstance(name, str)]
    except (CxrbenchError, TypeError, KeyError):
        return
    for name in names:
        plain = Path(name).name == name and name.endswith((".html", ".csv"))
        if plain and name not in written and before.get("schema") == "cxrbench.leaderboard/1":
            with jsonio.storage_errors(out / name):
                (out / name).unlink(missing_ok=True)
