"""cxrbench generate"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with

_PATH = click.Path(path_type=Path)


@click.command("generate")
@click.option("--images", required=True, multiple=True, type=_PATH, help="An image file or a folder; repeatable.")
@click.option("--checkpoint", help="Folder or hub id; default: the bundled checkpoint.")
@click.option("--batch-size", type=click.IntRange(min=1), default=16, show_default=True)
@click.option("--num-beams", type=click.IntRange(min=1), help="Default: the checkpoint's.")
@click.option("--max-new-tokens", type=click.IntRange(min=1), help="Default: the checkpoint's.")
@opt.device_option
@opt.json_option
@opt.config_option
def command(images: tuple[Path, ...], checkpoint: str | None, as_json: bool, **given: Any) -> Any:
    """Write a report for each image with CheXQuery; unreadable images are listed and skipped."""
    from cxrbench.core import jsonio
    from cxrbench.reference_models.chexquery.generate import generate_reports

    decoding = {name: given[name] for name in ("num_beams", "max_new_tokens") if given[name] is not None}
    records = []
    for record in generate_reports(
        images, checkpoint, device=given["device"], batch_size=given["batch_size"], decoding=decoding
    ):
        records.append(record)
        if not as_json:
            click.echo(f"{record['image']}\n{record.get('text') or 'error: ' + record['error']}\n")
    if as_json:
        click.echo(jsonio.dumps({"reports": records}, indent=2))
    return exit_with(1 if any("error" in record for record in records) else 0)
