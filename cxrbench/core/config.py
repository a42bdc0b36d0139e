"""What a run was asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cxrbench.core.errors import UsageError

DEFAULT_BATCH_SIZE = 16
DEFAULT_RESAMPLES = 10_000
DEFAULT_RUNS = Path("runs")
EXECUTORS = ("local", "ray")


@dataclass(frozen=True)
class RunConfig:
    """The resolved configuration of a run; stored in run.json, so that `cxrbench rerun` can repeat it.

    Attributes:
        model: A model spec, for example "chexquery", "file:predictions.jsonl", "package.module:Class".
        protocols: Empty for the task's default.
        metrics: Metric families to compute; empty for all.
        limit: Number of examples, drawn by a seeded hash; None for all.
        batch_size: None chooses; it fixes the partition that a resumed run keeps.
        options: Options of the adapter, for example {"num_beams": 4}.
        metric_options: Options of the metrics, for example {"chexbert": "chexbert.pth", "uncertain": "negative"}.
        resamples: Bootstrap resamples.
        data_agreement: The agreement under which restricted data may be sent to another machine, in the user's words.
        allow_hosts: Machines that restricted data may be sent to under that agreement.
        executor: Where the model runs: "local", in this process, or "ray", in workers.
        workers: Replicas of the model (ray), processes that score (local); None chooses.
        ray_address: Of an existing cluster; None for $RAY_ADDRESS, else a local one. Not stored: it names a machine.
        batch_timeout: Seconds after which a worker that has not answered a batch is ended (ray); None never.
        control: "shuffled" or "blank" to show the model wrong or empty films; None for the right ones.
    """

    model: str
    task: str
    data_root: Path | None = None
    split: str = "test"
    limit: int | None = None
    inputs: tuple[str, ...] = ("frontal",)
    protocols: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    batch_size: int | None = None
    device: str | None = None
    out: Path = DEFAULT_RUNS
    seed: int = 0
    resamples: int = DEFAULT_RESAMPLES
    options: Mapping[str, Any] = field(default_factory=dict)
    metric_options: Mapping[str, Any] = field(default_factory=dict)
    data_agreement: str | None = None
    allow_hosts: tuple[str, ...] = ()
    control: str | None = None
    executor: str = "local"
    workers: int | None = None
    ray_address: str | None = None
    batch_timeout: float | None = None

    def __post_init__(self) -> None:
        for name, low in (("limit", 1), ("batch_size", 1), ("resamples", 100), ("workers", 1)):
            value = getattr(self, name)
            if value is not None and value < low:
                raise UsageError(f"{name} must be at least {low}, got {value}", where=f"--{name.replace('_', '-')}")
        if len(set(self.protocols)) != len(self.protocols):
            raise UsageError(f"protocol given twice: {', '.join(self.protocols)}", where="--protocol")
        if self.executor not in EXECUTORS:
            raise UsageError(f"unknown executor {self.executor!r}", where="--executor", valid=", ".join(EXECUTORS))
        if self.batch_timeout is not None and self.executor == "local":
            raise UsageError(
                "a batch that hangs cannot be ended in this process",
                where="--batch-timeout",
                hint="add --executor ray; exec: and openai: have a time limit of their own (-o timeout=SECONDS)",
            )
        if self.batch_timeout is not None and not self.batch_timeout > 0:
            raise UsageError(f"batch timeout of {self.batch_timeout} s", where="--batch-timeout", valid="above 0")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; paths as the user gave them."""
        record = asdict(self)
        record["data_root"] = None if self.data_root is None else str(self.data_root)
        record["out"] = str(self.out)
        del record["ray_address"]
        for name in ("inputs", "protocols", "metrics", "allow_hosts"):
            record[name] = list(record[name])
        record["options"] = dict(self.options)
        record["metric_options"] = dict(self.metric_options)
        return record

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> RunConfig:
        """The inverse of `to_json`.

        Raises:
            UsageError: A key that this version does not know, or one that is missing.
        """
        values = dict(record)
        for name in ("data_root", "out"):
            if values.get(name) is not None:
                values[name] = Path(values[name])
        for name in ("inputs", "protocols", "metrics", "allow_hosts"):
            if name in values:
                values[name] = tuple(values[name])
        try:
            return cls(**values)
        except TypeError as error:
            raise UsageError(f"the run's configuration does not fit this version of cxrbench: {error}") from None
