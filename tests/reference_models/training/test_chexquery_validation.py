import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, roc_auc_score

from cxrbench.core.conditions import CONDITIONS
from cxrbench.reference_models.chexquery.validation import auroc, label_micro_f1, macro_auroc


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=30))
def test_auroc_is_scikit_learns_also_with_ties(pairs):
    scores, positive = (np.array(column) for column in zip(*pairs, strict=True))
    if positive.all() or not positive.any():
        assert auroc(scores.astype(float), positive) is None
    else:
        assert auroc(scores.astype(float), positive) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


def test_macro_auroc_leaves_out_columns_with_one_class():
    scores = np.array([[0.1, 0.3], [0.9, 0.2], [0.5, 0.1]])
    targets = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    assert macro_auroc(scores, targets) == 1.0
    assert macro_auroc(scores, np.zeros((3, 2))) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_label_micro_f1_is_scikit_learns_with_uncertain_as_positive(seed):
    random = np.random.default_rng(seed)
    values = [1, 0, -1, None]
    sides = [[{name: values[random.integers(4)] for name in CONDITIONS} for _ in range(6)] for _ in range(2)]
    said, so = (np.array([[row[name] in (1, -1) for name in CONDITIONS] for row in side]) for side in sides)
    assert label_micro_f1(*sides) == pytest.approx(f1_score(so, said, average="micro"), abs=1e-12)


def test_label_micro_f1_of_nothing_is_undefined():
    nothing = [dict.fromkeys(CONDITIONS)]
    assert label_micro_f1(nothing, nothing) is None
