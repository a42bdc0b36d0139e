"""cxrbench predict"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with
from cxrbench.cli.progress import StderrReporter
from cxrbench.cli.run import run_config


@click.command("predict")
@opt.model_options
@click.option("--task", required=True, envvar="CXRBENCH_TASK", help="Name of a task (cxrbench list tasks).")
@opt.data_root_option
@opt.data_agreement_option
@opt.task_options
@opt.device_option
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("runs"), envvar="CXRBENCH_OUT", show_default=True
)
@opt.seed_option
@opt.json_option
@opt.config_option
def command(as_json: bool, **given: Any) -> Any:
    """Run a model over a task without scoring it; `cxrbench run` with the same options scores it later."""
    from cxrbench.core import jsonio
    from cxrbench.core.runner import run
    from cxrbench.core.types import STATUSES

    outcome = run(run_config(given), reporter=StderrReporter(), scoring=False)
    path = outcome.folder.predictions_file
    counts = {name: sum(item.status == name for item in outcome.predictions.values()) for name in STATUSES}
    if as_json:
        click.echo(jsonio.dumps({"predictions": str(path), "status_counts": counts}))
    else:
        click.echo(f"{path}\n" + ", ".join(f"{count} {name}" for name, count in counts.items()))
    return exit_with(0 if outcome.complete else 1)
