"""Mean average precision of boxes, as COCO evaluates detection, with weights so that it can be resampled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.types import Box, Direction, Reference
from cxrbench.metrics.base import FloatArray, Metric, Pairs, State, Statistics
from cxrbench.metrics.spatial.average_precision import Detections
from cxrbench.metrics.spatial.overlap import boxes_part
from cxrbench.metrics.spatial.source import RegionBoxes, gold_boxes, predicted_boxes

THRESHOLDS = (0.5, 0.75)
MAX_DETECTIONS = 100
_SCORES = ("map_50", "map_75")


class MeanAveragePrecision(Metric):
    """`map_50`, `map_75` and their mean `map_50_75`, over classes named by the labels of the boxes.

    Per class and IoU threshold: the detections of an image are matched by falling score, each to the free gold box
    of the same class with the highest IoU of at least the threshold; average precision is the mean of the precision
    envelope at 101 recall levels; the score is the mean over the classes that have gold (COCOeval of pycocotools:
    areas "all", no crowds, at most 100 detections per class and image). `map_50_75` is the mean of the two, as the
    SSG-VQA evaluation framework defines it, not COCO's mean over ten thresholds.

    Eligible are references whose boxes are known, be it none: a detection on an image without gold is a false
    positive. A box without a label is of the class "". A box without a score counts as 1, in the order given. Gold
    boxes without area are left out; predicted ones are false positives.

    Args:
        regions: For models that give regions instead of boxes: the boxes of these regions; named in the signature.
    """

    name = "map"
    additive: ClassVar[bool] = False

    def __init__(self, regions: RegionBoxes | None = None) -> None:
        self.regions = regions

    @property
    def scores(self) -> Mapping[str, Direction]:
        return dict.fromkeys((*_SCORES, "map_50_75"), "higher")

    def signature(self) -> str:
        return (
            f"map|{boxes_part(self.regions)}|matching:coco|interpolation:101|max_detections:{MAX_DETECTIONS}"
            "|missing_score:1|classes:with-gold|aggregation:macro"
        )

    def usable(self, reference: Reference) -> bool:
        return reference.boxes is not None

    def fit(self, references: Sequence[Reference]) -> State:
        """The classes of the gold, numbered by name; detections of other classes cannot change a score."""
        return {"classes": sorted({box.label or "" for reference in references for box in gold_boxes(reference)})}

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """List columns: class, score and matched at either threshold of each detection; class of each gold box."""
        numbers = {name: float(number) for number, name in enumerate(state["classes"])}
        names = ("class", "score", "matched_50", "matched_75")
        lists: dict[str, list[FloatArray]] = {name: [] for name in (*names, "gold")}
        for reference, prediction in zip(pairs.references, pairs.predictions):
            gold = _by_class(gold_boxes(reference), numbers)
            found = _by_class(predicted_boxes(prediction, reference, self.regions), numbers)
            rows = [_matched(number, boxes, gold.get(number, [])) for number, boxes in sorted(found.items())]
            table = np.concatenate(rows) if rows else np.zeros((0, len(names)))
            for column, name in enumerate(names):
                lists[name].append(table[:, column].copy())
            lists["gold"].append(np.array([n for n, boxes in sorted(gold.items()) for _ in boxes], np.float64))
        return Statistics((), np.zeros((len(pairs), 0)), lists)

    def aggregate(self, statistics: Statistics, weights: FloatArray) -> dict[str, FloatArray]:
        rows = len(statistics.values)
        return self.grouped(statistics, np.arange(rows), rows)(weights)

    def grouped(
        self, statistics: Statistics, groups: NDArray[np.int64], count: int
    ) -> Callable[[FloatArray], dict[str, FloatArray]]:
        """`aggregate` for weights of groups: what can be sorted is sorted once, for any number of weightings.

        Args:
            statistics: Of n examples.
            groups: int64 [n], the group of each example.
            count: Number of groups; the weights have shape [b, count].
        """
        lists = statistics.lists
        owner = np.repeat(groups, [len(row) for row in lists["class"]])
        gold_owner = np.repeat(groups, [len(row) for row in lists["gold"]])
        table = {name: np.concatenate([np.zeros(0), *column]) for name, column in lists.items()}
        classes = []
        for number in np.unique(table["gold"]).tolist():
            of = np.flatnonzero(table["class"] == number)
            order = of[np.argsort(-table["score"][of], kind="stable")]
            matched = [table[name][order] > 0 for name in ("matched_50", "matched_75")]
            gold = np.bincount(gold_owner[table["gold"] == number], minlength=count).astype(np.float64)
            classes.append(Detections(owner[order], matched, gold))

        def scores(weights: FloatArray) -> dict[str, FloatArray]:
            found = np.full((len(THRESHOLDS), len(weights)), np.nan)
            if classes:
                precisions = np.stack([item.average_precision(weights) for item in classes])
                defined = ~np.isnan(precisions)
                total, n = np.where(defined, precisions, 0.0).sum(axis=0), defined.sum(axis=0)
                found = np.divide(total, n, out=found, where=n > 0)
            return {**dict(zip(_SCORES, found)), "map_50_75": found.mean(axis=0)}

        return scores

    def why_undefined(self, score: str) -> str:
        return "no example with a gold box"


def _by_class(boxes: Sequence[Box], numbers: Mapping[str, float]) -> dict[float, list[Box]]:
    found: dict[float, list[Box]] = {}
    for box in boxes:
        number = numbers.get(box.label or "")
        if number is not None:
            found.setdefault(number, []).append(box)
    return found


def _matched(number: float, boxes: Sequence[Box], gold: Sequence[Box]) -> FloatArray:
    """Rows of class, score, matched at .5, matched at .75, by falling score.

    Plain Python: an image holds few boxes of a class, and arrays that small cost more than they save.
    """
    ranked = sorted(boxes, key=_score, reverse=True)[:MAX_DETECTIONS]
    ious = [[_iou(box, other) for other in gold] for box in ranked]
    columns = [_greedy(ious, threshold) for threshold in THRESHOLDS]
    return np.column_stack([np.full(len(ranked), number), [_score(box) for box in ranked], *columns])


def _score(box: Box) -> float:
    return 1.0 if box.score is None else box.score


def _iou(one: Box, other: Box) -> float:
    width = min(one.x2, other.x2) - max(one.x1, other.x1)
    height = min(one.y2, other.y2) - max(one.y1, other.y1)
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    areas = (one.x2 - one.x1) * (one.y2 - one.y1) + (other.x2 - other.x1) * (other.y2 - other.y1)
    return common / (areas - common)


def _greedy(ious: Sequence[Sequence[float]], threshold: float) -> list[float]:
    """Whether each detection (row), in order, finds a free gold box (column); among equal IoUs the last one."""
    taken: set[int] = set()
    matched = []
    for row in ious:
        best, chosen = threshold, -1
        for column, iou in enumerate(row):
            if iou >= best and column not in taken:
                best, chosen = iou, column
        matched.append(float(chosen >= 0))
        taken.add(chosen)
    return matched
