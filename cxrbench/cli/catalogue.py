"""What `list` and `show` know of each kind of thing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cxrbench.core.conditions import CONDITIONS, FIVE_CONDITIONS
from cxrbench.core.registry import ADAPTERS, TASKS

Row = dict[str, Any]


def entries(kind: str, runs: Path) -> list[Row]:
    """One row per thing of a kind, all rows with the same columns."""
    if kind == "runs":
        return _runs(runs)
    makers: dict[str, Callable[[], list[Row]]] = {
        "tasks": _tasks,
        "models": _models,
        "metrics": _metrics,
        "protocols": _protocols,
        "splits": _splits,
        "conditions": _conditions,
    }
    return makers[kind]()


def _tasks() -> list[Row]:
    return [{"name": name, "what": TASKS.summaries.get(name, "from a plug-in")} for name in TASKS.names()]


def _models() -> list[Row]:
    rows = [{"name": name, "what": ADAPTERS.summaries.get(name, "from a plug-in")} for name in ADAPTERS.names()]
    return [*rows, {"name": "package.module:Class", "what": "your own adapter class, see docs/adapters.md"}]


def _metrics() -> list[Row]:
    from cxrbench.tasks.base import TaskData
    from cxrbench.tasks.report_metrics import build_report_metrics
    from cxrbench.tasks.vqa_metrics import VQA_FAMILIES, VqaSettings, build_vqa_metrics

    empty = TaskData((), {}, tuple, "", "", "", False)
    built = {
        "reports": build_report_metrics("cxrbench", tuple),
        "questions": build_vqa_metrics("cxrbench", empty, settings=VqaSettings(VQA_FAMILIES)),
    }
    return [
        {
            "of": kind,
            "family": metric.name,
            "score": score,
            "better": direction,
            "signature": metric.signature(),
        }
        for kind, metrics in built.items()
        for metric in metrics
        for score, direction in metric.scores.items()
    ]


def _protocols() -> list[Row]:
    from cxrbench.metrics.protocols import PROTOCOLS, get_protocol
    from cxrbench.metrics.vqa import VQA_PROTOCOLS

    return [
        {
            "name": name,
            "of": "reports, questions" if name in VQA_PROTOCOLS else "reports",
            "signature": get_protocol(name).signature_part(),
        }
        for name in PROTOCOLS
    ]


def _splits() -> list[Row]:
    return [
        {"task": "iu-report", "split": "train, val, test", "what": "R2Gen (real data), or the phantom's own"},
        {"task": "iu-report", "split": "documented:train, :val, :test", "what": "seeded 70/15/15, grouped by uid"},
        {"task": "vqa-rad", "split": "train, test", "what": "chest films of the official split"},
        {"task": "vqa-rad", "split": "all:train, all:test", "what": "every organ (context)"},
        {"task": "slake", "split": "train, val, test", "what": "English, chest X-rays of the official split"},
        {"task": "slake", "split": "all:train, all:val, all:test", "what": "English, every modality (context)"},
    ]


def _conditions() -> list[Row]:
    return [{"name": name, "in the five": "yes" if name in FIVE_CONDITIONS else ""} for name in CONDITIONS]


def _runs(folder: Path) -> list[Row]:
    from cxrbench.core.run_folder import find_runs

    return [_run_row(item.path, item.read_run(), item.results_file()) for item in find_runs(folder)]


def _run_row(path: Path, run: Row, results: Path) -> Row:
    from cxrbench.core import jsonio

    shown: Sequence[str] = ("rules_micro_f1_14", "bleu_4", "exact_match")
    scores: Row = {}
    if run["status"] in ("complete", "incomplete") and results.is_file():
        scores = jsonio.read_json(results)["scores"]
    values = {name: scores.get(name, {}).get("value") for name in shown}
    return {
        "run": str(path),
        "status": run["status"],
        "data": "phantom" if run["data"]["phantom"] else run["data"]["name"],
        "split": run["data"]["split"],
        "n": run["data"]["n"],
        **{name: "" if value is None else f"{value:.4f}" for name, value in values.items()},
    }
