"""The baseline values with which BERTScore is rescaled."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from cxrbench.core.errors import DataError
from cxrbench.metrics.base import FloatArray


def rescaling_baseline(model: str, num_layers: int, path: Path | None) -> FloatArray:
    """Baseline of precision, recall and F1 of a layer: float64 [3]; a score s becomes (s - b) / (1 - b).

    Args:
        model: A hub id whose English baseline bert-score ships, unless `path` is given.
        path: A table in bert-score's form: a header, then layer, P, R, F per line.

    Raises:
        DataError: There is no such table, or it has no line for the layer.
    """
    if path is None:
        import bert_score

        path = Path(bert_score.__file__).parent / "rescale_baseline" / "en" / f"{model}.tsv"
    try:
        with path.open(newline="") as lines:
            table = {int(row[0]): row[1:4] for row in list(csv.reader(lines))[1:] if row}
        return np.array(table[num_layers], np.float64)
    except (OSError, ValueError, IndexError) as error:
        raise DataError(
            f"BERTScore: no rescaling baseline for {model}: {error}", where=str(path), hint="use rescale=False"
        ) from error
    except KeyError:
        raise DataError(
            f"BERTScore: the rescaling baseline has no layer {num_layers}",
            where=str(path),
            valid=f"layers {min(table, default=0)} to {max(table, default=0)}",
        ) from None
