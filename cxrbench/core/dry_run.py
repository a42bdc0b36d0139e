"""What a run would do, without doing it: how many examples, how many of them are answered, what they may cost."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cxrbench.core.config import RunConfig
from cxrbench.core.controls import CONTROLS
from cxrbench.core.errors import CxrbenchError
from cxrbench.core.executors.choosing import open_executor
from cxrbench.core.executors.local import LocalExecutor
from cxrbench.core.preparing import build_metrics, check_agreement, note_data, prepare
from cxrbench.core.reporter import Reporter, Silent
from cxrbench.core.run_folder import RunFolder, folder_name, run_id
from cxrbench.core.runner import identity_of
from cxrbench.core.types import Example, Request
from cxrbench.datasets.images import load_image

_SAMPLE = 20


@dataclass(frozen=True)
class Estimate:
    """What a model says its requests are likely to use.

    Attributes:
        prompt_tokens: Of all requests that are still to be made.
        dollars: With the longest answers allowed; None where no price is known.
        sample: How many requests it was extrapolated from.
    """

    prompt_tokens: int
    dollars: float | None
    sample: int


@dataclass(frozen=True)
class Plan:
    """A run that was not made.

    Attributes:
        folder: Where it would be.
        n: Examples of the run; `answered` of them stand in the folder already.
        estimate: Only of models that can tell (openai:).
    """

    model: str
    fingerprint: str
    task: str
    split: str
    protocols: tuple[str, ...]
    inputs: tuple[str, ...]
    control: str | None
    folder: Path
    n: int
    answered: int
    remote_host: str | None
    estimate: Estimate | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        estimate = None if self.estimate is None else vars(self.estimate)
        return {**vars(self), "folder": str(self.folder), "estimate": estimate}


def plan_run(config: RunConfig, reporter: Reporter | None = None) -> Plan:
    """Load data, metrics and model as a run does, and stop before the first request.

    Raises:
        CxrbenchError: What would stop the run would stop it here.
    """
    reporter = reporter or Silent()
    prepared = prepare(config, reporter=reporter)
    note_data(prepared.data, reporter)
    build_metrics(prepared)
    with closing(open_executor(prepared, None, reporter)) as executor:
        info = executor.describe()
        if info.remote:
            check_agreement(prepared, f"model {config.model}", "--model", info.remote_host)
        identity = identity_of(prepared, info)
        folder = RunFolder(config.out / folder_name(prepared.task.name) / folder_name(info.name) / run_id(identity))
        done = {name for name, item in folder.read_predictions().items() if item.status != "error"}
        todo = [example for example in prepared.examples if example.id not in done]
        adapter = executor.adapter if isinstance(executor, LocalExecutor) else None
        return Plan(
            model=info.name,
            fingerprint=info.fingerprint,
            task=prepared.task.name,
            split=prepared.data.split,
            protocols=prepared.protocols,
            inputs=tuple(config.inputs),
            control=config.control if config.control in CONTROLS else None,
            folder=folder.path,
            n=len(prepared.ids),
            answered=len(prepared.ids) - len(todo),
            remote_host=info.remote_host,
            estimate=_estimate(getattr(adapter, "estimate", None), todo),
        )


def _estimate(ask: Callable[[Request], tuple[int, float | None]] | None, todo: list[Example]) -> Estimate | None:
    """Mean over the first requests times their number; the order of a run is a random one, so they are a sample."""
    if ask is None or not todo:
        return None
    found = [ask(_decoded(example.request)) for example in todo[:_SAMPLE]]
    tokens = statistics.fmean(tokens for tokens, _ in found)
    prices = [price for _, price in found if price is not None]
    dollars = statistics.fmean(prices) * len(todo) if len(prices) == len(found) else None
    return Estimate(round(tokens * len(todo)), dollars, len(found))


def _decoded(request: Request) -> Request:
    try:
        return replace(request, images=tuple(replace(item, pixels=load_image(item.path)) for item in request.images))
    except CxrbenchError:
        return request
