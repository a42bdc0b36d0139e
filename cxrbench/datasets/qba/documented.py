"""What the pages of MIMIC-Ext-CXR-QBA 1.0.0 and the SSG-VQA document say that can be counted."""

from __future__ import annotations

from typing import Final

from cxrbench.datasets.qba.question_types import QUESTION_TYPES

GRADES: Final = {
    "A++": 1_368_001,
    "A+": 1_115_789,
    "A": 5_347_580,
    "B": 24_812_681,
    "C": 700_747,
    "D": 547_763,
    "U": 8_280_266,
}
QUESTIONS: Final = {"train": 41_239_042, "validate": 333_022, "test": 600_763}
"""Corrected; see `ERRATUM`. The rows by type of the same page add up to these."""
PATIENTS: Final = {"train": 64_524, "validate": 500, "test": 293}
STUDIES: Final = {"train": 222_180, "validate": 1_805, "test": 3_254}
EXPORTS: Final = {"A_frontal": 7_532_281, "B_frontal": 31_230_906}
"""Questions of the exports, by the name of their folder."""
ERRATUM: Final = "the data set's page prints validate 600,763 and test 333,022, which are exchanged"
TYPES: Final = {name: kind.total for name, kind in QUESTION_TYPES.items()}
REGION_GROUPS: Final = {
    "cardiac": (0.20, 0.25),
    "pulmonary": (0.35, 0.40),
    "pleural": (0.15, 0.20),
    "mediastinal": (0.10, 0.15),
    "osseous": (0.05, 0.10),
}
"""Expected shares of the five groups (SSG-VQA document)."""
POLARITY: Final = {"pos": (0.5, 0.5), "neg": (0.5, 0.5)}
"""What sampling aims at (SSG-VQA document)."""
OVERLAPPING: Final = 0.99996
MEAN_MAX_IOU: Final = 0.371
MISSING_BOXES: Final = 0.008
"""Known noise of the boxes (SSG-VQA document)."""


def shares(counts: dict[str, int]) -> dict[str, tuple[float, float]]:
    """Counts as shares of their sum, each as a range of no width."""
    total = sum(counts.values())
    return {name: (number / total, number / total) for name, number in counts.items()}
