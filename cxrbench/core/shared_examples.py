"""The examples that all runs of a comparison scored, and what is known of the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.comparability import OpenRun, refusal
from cxrbench.core.run_statistics import RunStatistics


def shared_ids(
    runs: Sequence[OpenRun], loaded: Sequence[RunStatistics], *, common: bool
) -> tuple[tuple[str, ...], dict[str, Any] | None]:
    """The ids to compare, in the data set's order, and what is known of those left out.

    Raises:
        RunFolderError: The runs scored different examples and `common` is False, or they share none.
    """
    sets = [set(item.ids) for item in loaded]
    kept, union = set.intersection(*sets), set.union(*sets)
    if not kept:
        raise refusal(["they have no scored example in common"], runs, "compare runs over the same examples")
    if kept != union and not common:
        found = [
            f"{len(union - own)} examples that another run scored are not scored in {run.name}"
            + _sampled(sorted(union - own))
            for run, own in zip(runs, sets)
            if own != union
        ]
        raise refusal(found, runs, "compare what all runs scored with --on common, or finish the runs")
    ids = tuple(name for name in loaded[0].ids if name in kept)
    return ids, _dropped(runs, loaded, kept) if common else None


def _sampled(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:5])
    return f" ({shown}{', ...' if len(ids) > 5 else ''})"


def _dropped(runs: Sequence[OpenRun], loaded: Sequence[RunStatistics], kept: set[str]) -> dict[str, Any]:
    """Which scored examples are left out, which run lacks them, and how they differ from those that are kept."""
    union: set[str] = set().union(*(item.ids for item in loaded))
    same = all(runs[0].same_examples(run) for run in runs)
    missing = {run.name: len(union) - len(item.ids) for run, item in zip(runs, loaded)}
    strata: dict[str, dict[str, dict[str, int]]] = {}
    seen: set[str] = set()
    for item in loaded:
        fresh = [row for row, name in enumerate(item.ids) if name not in seen]
        seen.update(item.ids)
        for stratum, values in item.strata.items():
            for row in fresh:
                for value in values[row]:
                    counts = strata.setdefault(stratum, {}).setdefault(value, {"kept": 0, "dropped": 0})
                    counts["kept" if item.ids[row] in kept else "dropped"] += 1
    ids = sorted(union - kept)
    return {
        "n": len(ids),
        "missing_in": missing,
        "failed_in_all": runs[0].results["n"] - len(union) if same else None,
        "ids": ids,
        "strata": {name: dict(sorted(values.items())) for name, values in sorted(strata.items())} if ids else {},
    }


def rows_of(loaded: RunStatistics, ids: Sequence[str]) -> NDArray[np.int64]:
    """Where each id stands among the scored examples of a run. int64 [ids]."""
    place = {name: row for row, name in enumerate(loaded.ids)}
    return np.fromiter((place[name] for name in ids), np.int64, len(ids))
