"""From a configuration to an executor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cxrbench.adapters.base import AdapterContext, create_adapter
from cxrbench.core.errors import UsageError
from cxrbench.core.executors.base import Executor
from cxrbench.core.executors.local import LocalExecutor
from cxrbench.core.preparing import Prepared, check_agreement
from cxrbench.core.reporter import Reporter
from cxrbench.core.sharded_scoring import SHARD_SIZE, ProcessShards, Shards
from cxrbench.core.types import Adapter


def open_executor(prepared: Prepared, adapter: Adapter | None, reporter: Reporter) -> Executor:
    """The executor that `config.executor` names, with the model loaded.

    A predictions file is read in this process, whatever the executor: there is nothing to compute.

    Args:
        adapter: A ready adapter, instead of the one that `config.model` names.

    Raises:
        UsageError: A ready adapter for workers, which build their own; restricted data for workers on other machines
            without an agreement.
        CxrbenchError: The model or the workers cannot be started.
    """
    config = prepared.config
    if config.executor == "local" or config.model.startswith("file:"):
        return LocalExecutor(
            adapter or create_adapter(config.model, _context(prepared)), micro_batch=config.batch_size
        )
    if adapter is not None:
        raise UsageError(
            "a ready adapter cannot be sent to workers",
            where=f"executor={config.executor!r}",
            hint='name it as model="package.module:Class", so that each worker builds its own',
        )
    from cxrbench.core.executors.ray_executor import RayExecutor
    from cxrbench.core.executors.ray_session import RaySession

    session = RaySession(config.ray_address, config.workers or _processors())
    try:
        for host in session.other_hosts():
            check_agreement(prepared, "--executor ray", "--ray-address", host)
        return RayExecutor(config, session, prepared.task.kind, prepared.data.dataset, reporter)
    except BaseException:
        session.close()
        raise


def sharing(prepared: Prepared, executor: Executor, reporter: Reporter) -> Callable[[str], Shards] | None:
    """Protocol -> who measures its parts; None for this process, which is enough for a set of one part."""
    config, data = prepared.config, prepared.data
    if len(prepared.ids) <= SHARD_SIZE:
        return None
    if config.executor == "local":
        workers = config.workers or 1
        if workers == 1:
            return None
        return lambda protocol: ProcessShards(replace(config, protocols=(protocol,)), data.fingerprint, workers)
    from cxrbench.core.executors.ray_executor import RayExecutor
    from cxrbench.core.executors.ray_shards import RayShards

    if not isinstance(executor, RayExecutor):
        return None
    executor.release()
    return lambda protocol: RayShards(
        replace(config, protocols=(protocol,)), data.fingerprint, executor.session, executor.workers, reporter
    )


def _processors() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _context(prepared: Prepared) -> AdapterContext:
    config = prepared.config
    return AdapterContext(
        task=prepared.task.name,
        kind=prepared.task.kind,
        dataset=prepared.data.dataset,
        training=prepared.data.training,
        device=config.device,
        seed=config.seed,
        options=config.options,
    )
