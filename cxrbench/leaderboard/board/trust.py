"""Which code the configuration of a collected run may name.

A run folder can come from anybody, and `module:Name` in it would import and call any module that is installed. Tasks
and metrics are therefore built only where they are registered here, or where the user names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxrbench.core.errors import CxrbenchError
from cxrbench.core.registry import METRICS, TASKS
from cxrbench.tasks.base import Task

_NETWORK_OPTIONS = ("provider_network",)


class UntrustedError(Exception):
    """Why a run's configuration is not followed; a clause for a reader."""


def trusted_task(record: Mapping[str, Any], trusted: frozenset[str]) -> Task:
    """The task of a run.

    Args:
        record: As `facts.run_facts` gives it.
        trusted: `module:Name` specs that the user named.

    Raises:
        UntrustedError: The task is not registered here, is not named by the user, or cannot be made.
    """
    name = record["config"].get("task")
    if not isinstance(name, str) or name not in {*TASKS.names(), *trusted}:
        shown = record["identity"]["task"]
        raise UntrustedError(f"the task {shown!r} is not installed here (your own: --trust MODULE:NAME)")
    try:
        task: Task = TASKS.load(name)()
    except CxrbenchError as error:
        raise UntrustedError(f"the task cannot be loaded: {error.message}") from None
    return task


def trusted_record(record: Mapping[str, Any], protocol: str, trusted: frozenset[str]) -> dict[str, Any]:
    """The run's record with a configuration that builds nothing but registered or trusted metrics, offline.

    Raises:
        UntrustedError: As `trusted_task`, or the task has no such protocol.
    """
    task = trusted_task(record, trusted)
    if protocol not in task.protocols:
        raise UntrustedError(f"the task has no protocol {protocol!r} here")
    known = {*task.metrics, *METRICS.names(), *trusted}
    config = dict(record["config"])
    families, options = config.get("metrics") or (), config.get("metric_options") or {}
    if not isinstance(options, dict) or not all(isinstance(name, str) for name in families):
        raise UntrustedError("the configuration in run.json is damaged")
    config["metrics"] = [name for name in families if name in known]
    if families and not config["metrics"]:
        raise UntrustedError("its metrics are not installed here (your own: --trust MODULE:NAME)")
    config["metric_options"] = {key: value for key, value in options.items() if key not in _NETWORK_OPTIONS}
    return {**record, "config": config}
