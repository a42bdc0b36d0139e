"""How focused attention is."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxrbench.core.types import Direction
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.explain.bands import ENTROPY_BANDS, entropy_bands, shares
from cxrbench.metrics.explain.maps import attention_maps, distribution, entropy

SIDE = 16


class AttentionEntropy(AdditiveMetric):
    """`attention_entropy` (nats) of maps resampled to 16 x 16, the same divided by ln 256, and the share per band.

    H = -sum a ln a over the cells of a map that sums to 1 (SSG-VQA evaluation framework, section 14.3). Entropy grows
    with the number of cells - 49 cells can never reach the band "diffuse", which begins at 4, while 576 can - so all
    maps are first brought to 256 cells, each cell's mass going to the cells it overlaps. An example with several maps
    counts with their mean. Answers without a map are left out; `attention_entropy_rate` is the share that have one.
    Lower means more focused, which is not the same as better: describing a whole film needs attention everywhere.
    """

    name = "attention_entropy"

    @property
    def scores(self) -> Mapping[str, Direction]:
        names: dict[str, Direction] = {"attention_entropy": "lower", "attention_entropy_normalised": "lower"}
        for band in ENTROPY_BANDS:
            names[f"attention_entropy_share/{band}"] = "lower" if band == "diffuse" else "higher"
        return {**names, "attention_entropy_rate": "higher"}

    def signature(self) -> str:
        return f"attention_entropy|cells:{SIDE}x{SIDE}|resampling:area|log:e|negative:shifted|aggregation:mean"

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """Columns: n, with a map, entropy, one per band."""
        values = np.full(len(pairs), np.nan)
        for row, prediction in enumerate(pairs.predictions):
            found = [entropy(distribution(item, SIDE)) for item in attention_maps(prediction).values()]
            if found:
                values[row] = np.mean(found)
        counted = ~np.isnan(values)
        values = np.where(counted, values, 0.0)
        bands = shares(entropy_bands(values), counted, len(ENTROPY_BANDS))
        columns = ("n", "maps", "entropy", *ENTROPY_BANDS)
        return Statistics(columns, np.column_stack([np.ones(len(values)), counted, values, bands]))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        n, maps = sums[:, :1], sums[:, 1:2]
        means = np.divide(sums[:, 2:], maps, out=np.full((len(sums), sums.shape[1] - 2), np.nan), where=maps > 0)
        found = {"attention_entropy": means[:, 0], "attention_entropy_normalised": means[:, 0] / np.log(SIDE * SIDE)}
        for index, band in enumerate(ENTROPY_BANDS, start=1):
            found[f"attention_entropy_share/{band}"] = means[:, index]
        rate = np.divide(maps, n, out=np.full(n.shape, np.nan), where=n > 0)
        return {**found, "attention_entropy_rate": rate[:, 0]}

    def why_undefined(self, score: str) -> str:
        return "no example" if score.endswith("rate") else "no answer carries an attention map"
