"""Whether attention lies where the gold boxes are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from cxrbench.core.types import Box, Direction, Prediction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.explain.bands import PLAUSIBILITY_BANDS, plausibility_bands, shares
from cxrbench.metrics.explain.maps import attention_maps, binary_mask, mask_box_iou
from cxrbench.metrics.spatial.source import gold_boxes, has_area

THRESHOLD = 0.5
ImageSize = Callable[[Reference], tuple[float, float] | None]
"""Width and height of the original image in pixels; None where unknown."""


class AttentionPlausibility(AdditiveMetric):
    """`attention_plausibility`: IoU of attention and gold boxes, and the share of examples in each band.

    A map is min-max normalised; the cells of at least 0.5 are laid over the image as rectangles and compared with the
    union of the gold boxes (cut to the image), areas exact (SSG-VQA evaluation framework, section 14.2). With one map
    all gold boxes count; with several, each map whose name is the label of a gold box is compared with the boxes of
    that label, and the example's value is the mean.

    Eligible are references with a gold box that has an area and a known image size. Answers without a fitting map
    are left out of the mean and of the shares; `attention_plausibility_rate` is the share of the eligible that have
    one. A map of one value points at nothing: 0.

    The value says how well attention and box agree, not that the attention caused the answer. A model that was given
    the gold boxes as input (an oracle scene graph) attends to them by construction: do not report it for such a run.

    Args:
        image_size: Of the image that the map covers and the boxes are measured in.
    """

    name = "attention_plausibility"

    def __init__(self, image_size: ImageSize) -> None:
        self.image_size = image_size

    @property
    def scores(self) -> Mapping[str, Direction]:
        names: dict[str, Direction] = {"attention_plausibility": "higher"}
        for band in reversed(PLAUSIBILITY_BANDS):
            good = band in ("aligned", "partial")
            names[f"attention_plausibility_share/{band}"] = "higher" if good else "lower"
        return {**names, "attention_plausibility_rate": "higher"}

    def signature(self) -> str:
        return "attention_plausibility|map:min-max>=0.5|cells:rectangles|boxes:unions-in-image|aggregation:mean"

    def usable(self, reference: Reference) -> bool:
        return has_area(reference) and self.image_size(reference) is not None

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """Columns: n, with a map, IoU, one per band."""
        values = np.array(
            [self._value(reference, item) for reference, item in zip(pairs.references, pairs.predictions)], np.float64
        )
        counted = ~np.isnan(values)
        values = np.where(counted, values, 0.0)
        bands = shares(plausibility_bands(values), counted, len(PLAUSIBILITY_BANDS))
        columns = ("n", "maps", "iou", *PLAUSIBILITY_BANDS)
        return Statistics(columns, np.column_stack([np.ones(len(values)), counted, values, bands]))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        n, maps = sums[:, :1], sums[:, 1:2]
        means = np.divide(sums[:, 2:], maps, out=np.full((len(sums), sums.shape[1] - 2), np.nan), where=maps > 0)
        rate = np.divide(maps, n, out=np.full(n.shape, np.nan), where=n > 0)
        found = {"attention_plausibility": means[:, 0]}
        for index, band in reversed(list(enumerate(PLAUSIBILITY_BANDS, start=1))):
            found[f"attention_plausibility_share/{band}"] = means[:, index]
        return {**found, "attention_plausibility_rate": rate[:, 0]}

    def why_undefined(self, score: str) -> str:
        if score.endswith("rate"):
            return "no example with a gold box and a known image size"
        return "no answer carries an attention map for a gold box"

    def _value(self, reference: Reference, prediction: Prediction) -> float:
        """The IoU of one example; NaN without a fitting map."""
        maps = attention_maps(prediction)
        size = self.image_size(reference)
        if not maps or size is None:
            return np.nan
        boxes = gold_boxes(reference)
        chosen: list[tuple[FloatArray, list[Box]]] = []
        if len(maps) == 1:
            chosen = [(values, list(boxes)) for values in maps.values()]
        else:
            for name, values in maps.items():
                named = [box for box in boxes if box.label == name]
                chosen += [(values, named)] if named else []
        if not chosen:
            return np.nan
        return float(np.mean([mask_box_iou(binary_mask(values, THRESHOLD), of, *size) for values, of in chosen]))
