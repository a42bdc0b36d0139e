"""How well the predicted boxes cover the gold boxes: mean IoU and pointing accuracy."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.diagnostic.calibration import Calibration
from cxrbench.metrics.spatial.geometry import union_ious
from cxrbench.metrics.spatial.source import RegionBoxes, box_pairs, has_area
from cxrbench.metrics.text.means import mean_scores

POINTING_IOU = 0.5


class BoxOverlap(AdditiveMetric):
    """`mean_iou` and `pointing_accuracy` of the SSG-VQA evaluation framework.

    The IoU of an example is that of the union of its predicted boxes with the union of its gold boxes, areas exact.
    pointing_accuracy is the share of examples with an IoU strictly above 0.5 (elsewhere "pointing game" asks only
    whether one point falls into the box). Eligible are references with a gold box that has an area. No predicted box,
    an empty or a refused answer score 0. Corners in the wrong order are put in order; a predicted box without area
    covers nothing; boxes that reach beyond the image are not clipped, so the part outside counts against them.

    Args:
        regions: For models that give regions instead of boxes: the boxes of these regions; named in the signature.
    """

    name = "box_overlap"

    def __init__(self, regions: RegionBoxes | None = None) -> None:
        self.regions = regions

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"mean_iou": "higher", "pointing_accuracy": "higher"}

    def signature(self) -> str:
        return f"box_overlap|{boxes_part(self.regions)}|iou:unions|area:continuous|pointing:iou>0.5|aggregation:mean"

    def usable(self, reference: Reference) -> bool:
        return has_area(reference)

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        iou = box_ious(pairs, self.regions)
        return Statistics(("n", *self.scores), np.column_stack([np.ones(len(iou)), iou, iou > POINTING_IOU]))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return mean_scores(self.scores, sums)

    def why_undefined(self, score: str) -> str:
        return "no example with a gold box"


def box_ious(pairs: Pairs, regions: RegionBoxes | None = None) -> FloatArray:
    """IoU of the unions of predicted and of gold boxes, float64 [pairs]; computed once per pairs."""
    return pairs.view(
        f"box_iou/{regions.name if regions else ''}", lambda pairs: union_ious(*box_pairs(pairs, regions))
    )


def localisation_calibration(regions: RegionBoxes | None = None) -> Calibration:
    """`localisation_ece` and `localisation_brier`: is the confidence right about IoU > 0.5?"""

    def outcome(pairs: Pairs) -> FloatArray:
        return (box_ious(pairs, regions) > POINTING_IOU).astype(np.float64)

    return Calibration(
        outcome, prefix="localisation_", outcome_name=f"iou>0.5,{boxes_part(regions)}", eligible=has_area
    )


def boxes_part(regions: RegionBoxes | None) -> str:
    """The part of a signature that says which boxes count as predicted."""
    return f"boxes:predicted,else-regions-of-{regions.name}" if regions else "boxes:predicted"
