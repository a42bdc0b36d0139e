"""cxrbench: benchmarks and evaluates chest X-ray AI.

>>> import cxrbench
>>> outcome = cxrbench.run(cxrbench.RunConfig(model="chexquery", task="iu-report"))  # doctest: +SKIP
>>> outcome.results["cxrbench"].frame()  # doctest: +SKIP

Everything listed in `__all__` is public and documented; all else may change between versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from cxrbench.adapters.base import AdapterContext
    from cxrbench.core.comparing import RunComparison, compare
    from cxrbench.core.config import RunConfig
    from cxrbench.core.errors import CxrbenchError
    from cxrbench.core.rescoring import Comparison, rerun, score, verify
    from cxrbench.core.results import Results, Score, load_results
    from cxrbench.core.run_folder import RunFolder, find_runs
    from cxrbench.core.runner import RunOutcome, run
    from cxrbench.core.types import (
        Adapter,
        Box,
        Example,
        Image,
        ModelInfo,
        Prediction,
        Reference,
        Request,
    )
    from cxrbench.metrics.base import AdditiveMetric, Metric, Pairs, Statistics
    from cxrbench.tasks.base import Task, TaskData, TaskOptions

_HOMES = {
    "Adapter": "core.types",
    "AdapterContext": "adapters.base",
    "AdditiveMetric": "metrics.base",
    "Box": "core.types",
    "Comparison": "core.rescoring",
    "CxrbenchError": "core.errors",
    "Example": "core.types",
    "Image": "core.types",
    "Metric": "metrics.base",
    "ModelInfo": "core.types",
    "Pairs": "metrics.base",
    "Prediction": "core.types",
    "Reference": "core.types",
    "Request": "core.types",
    "Results": "core.results",
    "RunComparison": "core.comparing",
    "RunConfig": "core.config",
    "RunFolder": "core.run_folder",
    "RunOutcome": "core.runner",
    "Score": "core.results",
    "Statistics": "metrics.base",
    "Task": "tasks.base",
    "TaskData": "tasks.base",
    "TaskOptions": "tasks.base",
    "compare": "core.comparing",
    "find_runs": "core.run_folder",
    "load_results": "core.results",
    "rerun": "core.rescoring",
    "run": "core.runner",
    "score": "core.rescoring",
    "verify": "core.rescoring",
}

__all__ = [
    "Adapter",
    "AdapterContext",
    "AdditiveMetric",
    "Box",
    "Comparison",
    "CxrbenchError",
    "Example",
    "Image",
    "Metric",
    "ModelInfo",
    "Pairs",
    "Prediction",
    "Reference",
    "Request",
    "Results",
    "RunComparison",
    "RunConfig",
    "RunFolder",
    "RunOutcome",
    "Score",
    "Statistics",
    "Task",
    "TaskData",
    "TaskOptions",
    "__version__",
    "compare",
    "find_runs",
    "load_results",
    "rerun",
    "run",
    "score",
    "verify",
]


def __getattr__(name: str) -> Any:
    # Imported on first use: `import cxrbench` and the command line's help stay instant.
    if name not in _HOMES:
        raise AttributeError(f"module 'cxrbench' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"cxrbench.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
