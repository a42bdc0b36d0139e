"""What `list` and `show` know of each kind of thing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxrbench.core.conditions import CONDITIONS, FIVE_CONDITIONS
from cxrbench.core.registry import ADAPTERS, TASKS

if TYPE_CHECKING:
    from cxrbench.core.run_folder import RunFolder

Row = dict[str, Any]
_RUN_SCORES = ("rules_micro_f1_14", "bleu_4", "exact_match")


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
        {"task": "mimic-report", "split": "train, val, test", "what": "official split, or the phantom's own"},
        {"task": "mimic-report", "split": "r2gen:train, r2gen:val, r2gen:test", "what": "R2Gen's annotation file"},
        {"task": "mimic-qba", "split": "train, val, test", "what": "all questions of the official split"},
        {"task": "mimic-qba", "split": "SPLIT:B, :A, :A+, :A++", "what": "that grade and better, such as test:A"},
        {"task": "vqa-rad", "split": "train, test", "what": "chest films of the official split"},
        {"task": "vqa-rad", "split": "all:train, all:test", "what": "every organ (context)"},
        {"task": "slake", "split": "train, val, test", "what": "English, chest X-rays of the official split"},
        {"task": "slake", "split": "all:train, all:val, all:test", "what": "English, every modality (context)"},
    ]


def _conditions() -> list[Row]:
    return [{"name": name, "in the five": "yes" if name in FIVE_CONDITIONS else ""} for name in CONDITIONS]


def _runs(folder: Path) -> list[Row]:
    from cxrbench.core.run_folder import find_runs

    rows = [_run_row(item) for item in find_runs(folder)]
    # A column of scores that no run here has is no column.
    empty = [name for name in _RUN_SCORES if not any(row[name] for row in rows)]
    return [{name: value for name, value in row.items() if name not in empty} for row in rows]


def _run_row(folder: RunFolder) -> Row:
    """A run, readable or not: one damaged folder must not hide the others."""
    from cxrbench.core import jsonio
    from cxrbench.core.errors import CxrbenchError

    try:
        run = folder.read_run()
        finished = run["status"] in ("complete", "incomplete") and folder.results_file().is_file()
        scores = jsonio.read_json(folder.results_file())["scores"] if finished else {}
        values = {name: scores.get(name, {}).get("value") for name in _RUN_SCORES}
        return {
            "run": str(folder.path),
            "status": run["status"],
            "data": "phantom" if run["data"]["phantom"] else run["data"]["name"],
            "split": run["data"]["split"],
            "n": run["data"]["n"],
            **{name: "" if value is None else f"{value:.4f}" for name, value in values.items()},
        }
    except (CxrbenchError, KeyError, TypeError, AttributeError, ValueError):
        empty = dict.fromkeys(("data", "split", "n", *_RUN_SCORES), "")
        return {"run": str(folder.path), "status": "unreadable", **empty}
