"""cxrbench verify"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with


@click.command("verify")
@click.argument("run", type=click.Path(path_type=Path))
@opt.data_root_option
@opt.json_option
def command(run: Path, data_root: Path | None, as_json: bool) -> Any:
    """Recompute the scores of a run folder from its predictions, and compare them with those stored."""
    from cxrbench.cli.show_results import print_comparison
    from cxrbench.core.rescoring import verify

    comparison = verify(run, data_root=data_root)
    print_comparison(comparison, as_json=as_json)
    return exit_with(0 if comparison.identical else 1)
