"""Columns of questions as skewed as those of the real data set: mostly negative, mostly about the lungs."""

import numpy as np

from cxrbench.datasets.qba.question_types import MARKED, QUESTION_TYPES
from cxrbench.datasets.sampling.columns import GROUPS, TYPES, QuestionColumns

WITHOUT_POLARITY = ("A_indication", "B14_describe_acquisition", *MARKED)


def skewed_columns(studies: int = 300, seed: int = 0, split: str = "train", per_study: int = 60) -> QuestionColumns:
    """15 % positive answers, 60 % of the regions in the lungs and 4 % bones, hardly any multi-hop question."""
    random = np.random.default_rng(seed)
    sizes = random.integers(per_study // 2, per_study * 3 // 2, studies)
    study = np.repeat(np.arange(studies, dtype=np.int32), sizes)
    count = len(study)
    totals = np.array([QUESTION_TYPES[name].total if name in QUESTION_TYPES else 500_000 for name in TYPES], float)
    types = random.choice(len(TYPES), count, p=totals / totals.sum()).astype(np.int8)
    polarity = (random.random(count) < 0.15).astype(np.int8)
    polarity[np.isin(types, [TYPES.index(name) for name in WITHOUT_POLARITY])] = -1
    group = random.choice(5, count, p=[0.1, 0.6, 0.18, 0.08, 0.04]).astype(np.int8)
    group[np.array([name[0] in "AB" for name in TYPES])[types]] = -1
    complexity = random.choice(4, count, p=[0.78, 0.19, 0.02, 0.01]).astype(np.int8)
    pair = study.astype(np.int64) * 65536 + np.arange(count)
    return QuestionColumns(split, pair, study, types, polarity, group, complexity)


def shares(codes: np.ndarray, size: int) -> np.ndarray:
    """Share of each code among those that are not -1."""
    counts = np.bincount(codes[codes >= 0], minlength=size)
    return counts / counts.sum()


def group_shares(columns: QuestionColumns, rows) -> np.ndarray:
    return shares(columns.group[rows], len(GROUPS))
