"""cxrbench rerun"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with
from cxrbench.cli.progress import StderrReporter


@click.command("rerun")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("reruns"), show_default=True)
@opt.json_option
def command(run: Path, out: Path, as_json: bool) -> Any:
    """Repeat a run from its run.json into another folder, and say whether the two are identical."""
    from cxrbench.cli.show_results import print_comparison
    from cxrbench.core.rescoring import rerun

    _, comparison = rerun(run, out=out, reporter=StderrReporter())
    print_comparison(comparison, as_json=as_json)
    return exit_with(0 if comparison.identical else 1)
