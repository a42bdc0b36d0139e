"""cxrbench doctor"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with


@click.command("doctor")
@opt.data_root_option
@opt.json_option
def command(data_root: Path | None, as_json: bool) -> Any:
    """Check Python, packages, Java, weights, data and disk; exit with 3 where something needed is missing."""
    from cxrbench.cli.tables import print_table
    from cxrbench.core import jsonio
    from cxrbench.core.checkup import checkup

    findings = checkup(data_root)
    if as_json:
        click.echo(jsonio.dumps({"checks": [finding.to_json() for finding in findings]}, indent=2))
    else:
        rows = [[finding.state, finding.what, finding.seen, finding.remedy] for finding in findings]
        print_table(["", "what", "found", "remedy"], rows)
    return exit_with(3 if any(finding.state == "fail" for finding in findings) else 0)
