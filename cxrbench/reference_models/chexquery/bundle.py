"""Copies the best checkpoint of a training to where the package looks for its bundled one (`make checkpoints`)."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from cxrbench.core.errors import CxrbenchError, WeightsError
from cxrbench.reference_models.chexquery.checkpoint import FILES, load_checkpoint
from cxrbench.reference_models.chexquery.predictor import BUNDLED, find_checkpoint


def bundle(training: Path, target: Path = BUNDLED) -> Path:
    """Copy weights, configuration, tokenizer and metadata; optimizer state stays behind.

    Raises:
        WeightsError: The training has no loadable checkpoint, or it saw other data than the phantom.
    """
    source = find_checkpoint(training)
    data = load_checkpoint(source).meta.data
    if data is None or "phantom" not in data.name:
        raise WeightsError(
            f"only a phantom-trained checkpoint may be bundled, this one was trained on {data and data.name}",
            where=str(source),
            hint="train without --data-root",
        )
    target.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(source / name, target / name)
    return target


if __name__ == "__main__":
    try:
        print(bundle(Path(sys.argv[1])))
    except CxrbenchError as error:
        sys.exit(f"error: {error}")
