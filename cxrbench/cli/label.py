"""cxrbench label"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.cli.main import exit_with
from cxrbench.core.errors import DataError


@click.command("label")
@click.option("--input", "source", required=True, type=click.Path(path_type=Path), help="CSV or JSONL with reports.")
@click.option("--id-column", default="id", show_default=True)
@click.option("--text-column", default="text", show_default=True)
@click.option("--labeler", default="rules", show_default=True, help="rules, or chexbert with your own weights.")
@click.option("--weights", type=click.Path(path_type=Path), help="chexbert only: the checkpoint.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="CSV: id and 14 columns.")
@click.option(
    "-o", "--option", "options", multiple=True, metavar="KEY=VALUE", help="Of the labeler, e.g. hedges=all."
)
@opt.config_option
def command(
    source: Path,
    id_column: str,
    text_column: str,
    labeler: str,
    weights: Path | None,
    output: Path,
    options: tuple[str, ...],
    config: Path | None,
) -> Any:
    """Label reports with the 14 CheXpert conditions: 1 positive, 0 negative, -1 uncertain, empty not mentioned."""
    from cxrbench.core.interchange import read_predictions
    from cxrbench.metrics.labelers.base import get_labeler
    from cxrbench.metrics.labelers.io import write_labels_csv

    content = read_predictions(source, id_column=id_column, text_column=text_column)
    if content.repeated:
        raise DataError(
            f"{len(content.repeated)} ids occur twice: {', '.join(content.repeated[:10])}",
            where=str(source),
            hint="give every report its own id",
        )
    settings = {**opt.parse_options(options), **({} if weights is None else {"weights": weights})}
    ids = list(content.predictions)
    labels = get_labeler(labeler, **settings).label([content.predictions[name].text or "" for name in ids])
    write_labels_csv(output, ids, labels)
    click.echo(f"{len(ids)} reports labelled by {labeler}: {output}", err=True)
    return exit_with(0)
