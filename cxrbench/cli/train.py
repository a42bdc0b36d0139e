"""cxrbench train"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cxrbench.cli import options as opt
from cxrbench.core.errors import UnknownNameError

_MODELS = ("chexquery",)
_PATH = click.Path(path_type=Path)


@click.command("train")
@click.argument("model")
@click.option("--preset", default="tiny", show_default=True, help="tiny or base.")
@click.option("--phase", type=click.Choice(["0", "1", "2", "3"]), help="Only this phase; default all of the preset.")
@opt.data_root_option
@click.option("--split-scheme", type=click.Choice(["r2gen", "documented"]), help="Default: the data set's own.")
@click.option("--init-from", type=_PATH, help="Start from the weights of a checkpoint.")
@click.option("--resume", is_flag=True, help="Go on with the interrupted training in --out.")
@click.option("--out", type=_PATH, required=True, help="Folder of the checkpoints.")
@click.option(
    "--epochs-scale", type=float, default=1.0, show_default=True, help="Multiplies the epochs of each phase."
)
@click.option("--limit", type=click.IntRange(min=8), help="Only N training studies.")
@opt.device_option
@click.option("--threads", "num_threads", type=click.IntRange(min=1), help="CPU threads (default: torch's choice).")
@click.option("--seed", type=int, default=42, envvar="CXRBENCH_SEED", show_default=True)
@opt.config_option
def command(model: str, config: Path | None, device: str | None, **given: Any) -> None:
    """Train a reference model; prints the path of the best checkpoint.

    --init-from takes weights only and starts anew; --resume takes everything (optimizer, random state, position)
    and ends where an uninterrupted training would have ended.
    """
    if model not in _MODELS:
        raise UnknownNameError("model to train", model, _MODELS)
    from cxrbench.reference_models.chexquery.train import train

    checkpoint = train(device=device or "auto", **given)
    click.echo(str(checkpoint))
    click.echo(f"score it: cxrbench run --model chexquery:{checkpoint} --task iu-report", err=True)
