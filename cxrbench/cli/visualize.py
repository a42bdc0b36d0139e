"""cxrbench visualize"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with

_PATH = click.Path(path_type=Path)


@click.command("visualize")
@click.option("--images", required=True, multiple=True, type=_PATH, help="An image file or a folder; repeatable.")
@click.option("--checkpoint", help="Folder or hub id; default: the bundled checkpoint.")
@click.option("--out", type=_PATH, default=Path("attention"), show_default=True, help="Folder for the PNG files.")
@opt.device_option
@opt.config_option
def command(
    images: tuple[Path, ...], checkpoint: str | None, out: Path, device: str | None, config: Path | None
) -> Any:
    """Lay the attention of all 20 queries of CheXQuery over each film, one PNG a film.

    Attention shows where the model looked. It does not prove why it wrote what it wrote.
    """
    from cxrbench.reference_models.chexquery.generate import draw_attention

    failed = False
    for record in draw_attention(images, checkpoint, out, device=device):
        failed = failed or "error" in record
        click.echo(record.get("picture") or f"{record['image']}: error: {record['error']}")
    return exit_with(1 if failed else 0)
