"""Which code a run folder may name.

A run folder can come from anybody. What stands in its run.json (`module:Name` as task or metric, `exec:COMMAND` as
model) would be imported, called or started by whatever measures or repeats the run. Registered names are followed;
anything else only where the user names it in `CXRBENCH_TRUST`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any

from cxrbench.core.config import RunConfig
from cxrbench.core.errors import UsageError
from cxrbench.core.registry import ADAPTERS, METRICS, TASKS

ENVIRONMENT = "CXRBENCH_TRUST"


def recorded_config(record: Mapping[str, Any], *, model: bool = False, trusted: Collection[str] = ()) -> RunConfig:
    """The configuration in a run.json, if what it names may be loaded.

    Args:
        model: Whether the model will be loaded as well.
        trusted: What the user trusts besides that variable.

    Raises:
        UsageError: It names code that is neither registered nor trusted; or it does not fit this version.
    """
    config = RunConfig.from_json(record["config"])
    servers: list[str] = []
    named = [] if config.task in TASKS.names() else [config.task]
    named += [name for name in config.metrics if ":" in name and name not in METRICS.names()]
    kind = config.model.partition(":")[0]
    if model and (kind == "exec" or kind not in ADAPTERS.names()):
        named.append(config.model)
    if model and kind == "hf" and config.options.get("trust_remote_code"):
        named.append(config.model)
    if model and kind == "openai":
        # The address and the name of the key's variable come from the file: films and a secret would go there.
        servers.append(f"{config.model}@{config.options.get('base_url', '')}")
    known = {*trusted, *(name.strip() for name in os.environ.get(ENVIRONMENT, "").split(","))}
    foreign = [name for name in named if ":" in name and name not in known]
    strange = [name for name in servers if name not in known]
    if foreign or strange:
        what = "code that would be run" if foreign else "a server that would be asked"
        foreign += strange
        raise UsageError(
            f"this run names {what}: {', '.join(foreign)}",
            where="run.json",
            valid="registered tasks, metrics and models",
            hint=f"if you know and trust it: {ENVIRONMENT}={','.join(foreign)!r} before the command",
        )
    return config
