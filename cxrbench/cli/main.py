"""The command line: finds the command, and turns every outcome into an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from cxrbench import __version__
from cxrbench.core.errors import CxrbenchError, ExitCode, UnknownNameError

COMMANDS = {
    "run": "Run a model over a task and score it.",
    "predict": "Run a model over a task without scoring it.",
    "score": "Score predictions that already exist, from any system.",
    "verify": "Recompute the scores of a run folder and compare.",
    "rerun": "Repeat a run from its run.json and compare.",
    "plan": "How many studies a comparison needs, from pilot runs.",
    "compare": "Compare runs with paired statistics.",
    "table": "Make a table for a paper: LaTeX, CSV or Markdown.",
    "report": "One run as a page: strata, conditions, curves, errors.",
    "leaderboard": "Build leaderboards from run folders, as static pages.",
    "export": "Copy a run without texts, ids and paths, to show it to others.",
    "label": "Label reports with the 14 CheXpert conditions.",
    "train": "Train a reference model.",
    "generate": "Write reports for image files.",
    "visualize": "Lay the attention of each query over a film.",
    "data": "Prepare, check and draw data sets.",
    "list": "List tasks, models, metrics, protocols, splits, runs.",
    "show": "Show one task, model, metric, protocol or run.",
    "doctor": "Check the installation, data and weights.",
}


class _LazyGroup(click.Group):
    """Imports a command's module only when that command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"cxrbench.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise UnknownNameError("command", args[0], COMMANDS, hint="cxrbench --help")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


_EPILOG = """\b
Examples:
  cxrbench run --model chexquery --task iu-report
  cxrbench run --model baseline:retrieval --task iu-report --data-root DATA
  cxrbench score --predictions mine.csv --task iu-report --protocol r2gen --protocol coco
Results go to stdout, progress to stderr. Exit codes: 0 ok, 1 examples failed or a requirement was missed,
2 usage, 3 data, weights or an extra missing, 4 internal error, 130 interrupted.
"""


@click.command(
    cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}, epilog=_EPILOG
)
@click.version_option(__version__, prog_name="cxrbench")
def cli() -> None:
    """Benchmark chest X-ray AI: run models over tasks, score them, and say how sure the scores are."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the console script; always ends the process with a documented exit code."""
    try:
        code = cli.main(args=None if arguments is None else list(arguments), standalone_mode=False)
        sys.exit(int(code) if isinstance(code, int) else ExitCode.OK)
    except CxrbenchError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _complain_usage(error)
        sys.exit(ExitCode.USAGE)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; the same command goes on where this one stopped", err=True)
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output (head, less) has gone; point stdout elsewhere so that the exit stays silent.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.OK)
    except Exception as error:
        if os.environ.get("CXRBENCH_DEBUG"):
            raise
        click.echo(f"internal error: {type(error).__name__}: {error}", err=True)
        click.echo("  try: set CXRBENCH_DEBUG=1 and repeat the command for the traceback; please report it", err=True)
        sys.exit(ExitCode.INTERNAL)


def _complain(error: CxrbenchError) -> None:
    head, *details = str(error).split("\n")
    click.echo(click.style("error: ", fg="red", bold=True) + head, err=True)
    for line in details:
        click.echo(line, err=True)


def _complain_usage(error: click.ClickException) -> None:
    click.echo(click.style("error: ", fg="red", bold=True) + error.format_message(), err=True)
    context: click.Context | None = getattr(error, "ctx", None)
    if context is not None:
        click.echo(f"  try: {context.command_path} --help", err=True)


def exit_with(code: ExitCode | int) -> Any:
    """What a command returns when it ended without an exception but not with success."""
    return int(code)
