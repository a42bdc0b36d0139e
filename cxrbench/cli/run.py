"""cxrbench run"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with
from cxrbench.cli.progress import StderrReporter


@click.command("run")
@opt.model_options
@click.option("--task", required=True, envvar="CXRBENCH_TASK", help="Name of a task (cxrbench list tasks).")
@opt.data_root_option
@opt.data_agreement_option
@opt.task_options
@opt.scoring_options
@click.option(
    "--require", "requirements", multiple=True, metavar="SCORE.lower>=X", help="Exit with 1 unless it holds."
)
@opt.device_option
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("runs"), envvar="CXRBENCH_OUT", show_default=True
)
@opt.seed_option
@opt.json_option
@opt.config_option
@click.option("--show-config", is_flag=True, help="Print every setting with its origin, and stop.")
@click.option("--dry-run", is_flag=True, help="Load data and model, say what the run would do and cost, and stop.")
@click.pass_context
def command(
    context: click.Context,
    /,
    requirements: tuple[str, ...],
    show_config: bool,
    dry_run: bool,
    as_json: bool,
    **given: Any,
) -> Any:
    """Run a model over a task and score it.

    The same command resumes a run that was interrupted, and extends one that had a smaller --limit.
    """
    if show_config:
        return _print_config(context)
    from cxrbench.cli.show_results import print_run
    from cxrbench.core.requirements import parse_requirements
    from cxrbench.core.runner import record_requirements, run

    parsed = parse_requirements(requirements)
    if dry_run:
        return _print_plan(run_config(given), as_json)
    outcome = run(run_config(given), reporter=StderrReporter())
    verdicts = record_requirements(outcome, parsed)
    print_run(outcome, verdicts, as_json=as_json)
    return exit_with(0 if outcome.complete and all(item["met"] for item in verdicts) else 1)


def run_config(given: dict[str, Any]) -> Any:
    """The `RunConfig` that parsed command-line values describe."""
    from cxrbench.core.config import RunConfig

    return RunConfig(
        model=given["model"],
        task=given["task"],
        data_root=given["data_root"],
        split=given["split"],
        limit=given["limit"],
        inputs=opt.comma_separated(given["inputs"]),
        protocols=tuple(given.get("protocols", ())),
        metrics=opt.comma_separated(given.get("metrics")),
        batch_size=opt.parse_batch_size(str(given["batch_size"])),
        device=given["device"],
        out=given["out"],
        seed=given["seed"],
        resamples=given.get("resamples", 10_000),
        options=opt.adapter_options(given),
        metric_options=opt.parse_options(given.get("metric_options", ())),
        data_agreement=given["data_agreement"],
        allow_hosts=tuple(given.get("allow_hosts", ())),
        control=given.get("control"),
        executor=given.get("executor", "local"),
        workers=given.get("workers"),
        ray_address=given.get("ray_address"),
        batch_timeout=given.get("batch_timeout"),
    )


def _print_config(context: click.Context) -> None:
    from cxrbench.cli.tables import print_table

    origins = opt.origins(context)
    rows = [[name, str(context.params[name]), origin] for name, origin in sorted(origins.items())]
    print_table(["setting", "value", "from"], rows)


def _print_plan(config: Any, as_json: bool) -> None:
    from cxrbench.core import jsonio
    from cxrbench.core.dry_run import plan_run

    plan = plan_run(config, StderrReporter())
    if as_json:
        click.echo(jsonio.dumps(plan.to_json(), indent=2))
        return
    click.echo(
        f"{plan.model} ({plan.fingerprint}) on {plan.task} {plan.split}, protocols {', '.join(plan.protocols)}"
    )
    click.echo(f"inputs: {', '.join(plan.inputs)}" + (f"; control: {plan.control}" if plan.control else ""))
    click.echo(f"run folder: {plan.folder}")
    click.echo(f"{plan.n:,} examples, {plan.answered:,} answered already, {plan.n - plan.answered:,} to do")
    if plan.remote_host:
        click.echo(f"requests would go to {plan.remote_host}")
    if plan.estimate is not None:
        cost = "" if plan.estimate.dollars is None else f", at most about ${plan.estimate.dollars:.2f}"
        tokens = f"{plan.estimate.prompt_tokens:,} prompt tokens"
        click.echo(f"about {tokens}{cost} (from {plan.estimate.sample} requests, by a rough rule)")
    click.echo("nothing was asked, nothing was written")
