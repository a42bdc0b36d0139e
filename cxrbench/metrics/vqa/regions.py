"""Sets of regions: F1 and Jaccard for findings in several places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.vqa.means import ratio


class MultiRegion(AdditiveMetric):
    """Micro F1 (`multi_region_f1`) and mean Jaccard index (`multi_region_jaccard`) of sets of region names.

    Counted are the questions with at least two gold regions. Names are compared without regard to case, hyphens,
    underscores and blanks; a name given twice counts once. A missing, empty or refused answer names no region.
    """

    name = "multi_region"

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"multi_region_f1": "higher", "multi_region_jaccard": "higher"}

    def signature(self) -> str:
        return "multi_region|regions:names,distinct|gold:2_or_more|f1:micro|jaccard:mean|version:1"

    def usable(self, reference: Reference) -> bool:
        return len(region_names(reference.regions)) >= 2

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        rows = np.zeros((len(pairs), 5))
        for row, reference, prediction in zip(rows, pairs.references, pairs.predictions):
            gold = region_names(reference.regions)
            found = region_names(prediction.regions) if prediction.status == "ok" else frozenset()
            both = len(gold & found)
            row[:] = 1, both, len(found) - both, len(gold) - both, both / len(gold | found)
        return Statistics(("n", "tp", "fp", "fn", "jaccard"), rows)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        n, tp, fp, fn, jaccard = sums.T
        return {"multi_region_f1": ratio(2 * tp, 2 * tp + fp + fn), "multi_region_jaccard": ratio(jaccard, n)}

    def why_undefined(self, score: str) -> str:
        return "no question with two or more gold regions"


def region_names(regions: Iterable[str] | None) -> frozenset[str]:
    """Distinct names in one spelling; blank ones are left out."""
    spelt = (" ".join(name.lower().replace("_", " ").replace("-", " ").split()) for name in regions or ())
    return frozenset(name for name in spelt if name)
