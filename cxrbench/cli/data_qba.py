"""The index of MIMIC-Ext-CXR-QBA on the command line: building it, and the page of its balance."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxrbench.cli.progress import StderrReporter
from cxrbench.core.reporter import Progress
from cxrbench.datasets.roots import DataRoot, resolve_root

if TYPE_CHECKING:
    from cxrbench.datasets.mimic_cxr.collection import MimicCxr


def prepare_qba(data_root: Path | None, out: Path, workers: int | None) -> None:
    """Build the index, or go on with it."""
    _build(_resolved(data_root), out, workers)


def explore_qba(data_root: Path | None, index: Path | None, out: Path, preset: str, splits: tuple[str, ...]) -> None:
    """Write the page. Without an index at hand, one is built first, in the user's cache."""
    from cxrbench.datasets.qba.explore.summary import explore
    from cxrbench.datasets.qba.folder import open_qba
    from cxrbench.datasets.qba.index.query import open_index
    from cxrbench.leaderboard.explore import write_exploration

    root = _resolved(data_root)
    reporter = StderrReporter()
    folder = index or _found(root, data_root) or _cached(root)
    with open_index(folder) as opened:
        found = explore(opened, preset=preset, splits=splits, folder=open_qba(root.path), note=reporter.note)
    write_exploration(found, out)
    click.echo(out)


def _resolved(data_root: Path | None) -> DataRoot:
    return resolve_root(data_root, "mimic-qba", progress=Progress(StderrReporter(), "drawing"))


def _found(root: DataRoot, data_root: Path | None) -> Path | None:
    from cxrbench.tasks.qba_index import find_index

    named = [] if data_root is None else [data_root.expanduser()]
    return find_index(path for path in dict.fromkeys((*named, *root.parts.values())) if path.is_dir())


def _cached(root: DataRoot) -> Path:
    from cxrbench.datasets.phantom.cache import default_cache_dir
    from cxrbench.datasets.qba.folder import open_qba
    from cxrbench.datasets.qba.index.build import data_key

    folder = default_cache_dir() / f"qba-index-{data_key(open_qba(root.path), _films(root))[:16]}"
    click.echo(f"no index at hand: building one in {folder}", err=True)
    _build(root, folder, None)
    return folder


def _build(root: DataRoot, out: Path, workers: int | None) -> None:
    from cxrbench.datasets.qba.index.build import build_index

    progress = Progress(StderrReporter(), "indexing studies:")
    built = build_index(root.path, out, jpg=_films(root), workers=workers, progress=progress)
    manifest = built.manifest
    size = sum(shard.bytes for shard in manifest.shards) / 1e9
    click.echo(f"{out}: {manifest.questions:,} questions of {manifest.studies:,} studies, {size:.2f} GB")
    for kind, count in manifest.problems.items():
        click.echo(f"{count:,} {kind}", err=True)


def _films(root: DataRoot) -> MimicCxr | None:
    from cxrbench.datasets.mimic_cxr.collection import read_mimic_cxr

    return read_mimic_cxr(root.parts["jpg"]) if "jpg" in root.parts else None
