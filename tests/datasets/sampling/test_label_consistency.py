import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.conditions import CONDITIONS, NO_FINDING, SUPPORT_DEVICES
from cxrbench.core.errors import UnknownNameError
from cxrbench.datasets.sampling.label_consistency import (
    NAMES,
    condition_bits,
    consistency_score,
    label_bits,
    label_consistency,
    score_by_study,
)

LABELS = st.dictionaries(st.sampled_from(CONDITIONS), st.sampled_from([1, 0, -1, None]))
NAMED = st.sets(st.sampled_from(CONDITIONS), max_size=4)


def compare(claimed, denied, labels) -> str:
    present, absent = label_bits([labels])
    one, two = (np.array([condition_bits(names)], np.uint16) for names in (claimed, denied))
    return NAMES[label_consistency(one, two, present, absent)[0]]


@pytest.mark.parametrize(
    ("claimed", "denied", "labels", "expected"),
    [
        ({"Edema"}, set(), {"Edema": 1}, "agree"),
        ({"Edema"}, set(), {"Edema": 0}, "contradict"),
        (set(), {"Edema"}, {"Edema": 0}, "agree"),
        (set(), {"Edema"}, {"Edema": 1}, "contradict"),
        ({"Edema"}, set(), {"Edema": -1}, "unknown"),
        ({"Edema"}, set(), {"Edema": None}, "unknown"),
        ({"Edema"}, set(), {}, "unknown"),
        ({"Edema"}, set(), None, "unknown"),
        (set(), set(), {"Edema": 1}, "unknown"),
        ({"Edema", "Fracture"}, set(), {"Edema": 1, "Fracture": 0}, "contradict"),
        ({"Edema", "Fracture"}, set(), {"Edema": 1}, "agree"),
        ({"Edema"}, set(), {NO_FINDING: 1}, "contradict"),
        (set(), {"Edema"}, {NO_FINDING: 1}, "agree"),
        (set(), {NO_FINDING}, {NO_FINDING: 1}, "contradict"),
        ({"Edema"}, set(), {NO_FINDING: 1, "Edema": -1}, "unknown"),
        ({SUPPORT_DEVICES}, set(), {NO_FINDING: 1}, "unknown"),
        ({"Edema"}, set(), {NO_FINDING: 0}, "unknown"),
    ],
)
def test_claims_are_held_against_definite_labels(claimed, denied, labels, expected):
    assert compare(claimed, denied, labels) == expected


@given(NAMED, NAMED, LABELS)
def test_it_agrees_with_the_definition_condition_by_condition(claimed, denied, labels):
    def says(name):
        value = labels.get(name)
        if value is None and labels.get(NO_FINDING) == 1 and name != SUPPORT_DEVICES:
            return 0
        return value if value in (0, 1) else None

    verdicts = [says(name) == 1 for name in claimed if says(name) is not None]
    verdicts += [says(name) == 0 for name in denied if says(name) is not None]
    expected = "contradict" if False in verdicts else "agree" if verdicts else "unknown"
    assert compare(claimed, denied, labels) == expected


@given(NAMED, NAMED, LABELS)
def test_claiming_the_opposite_turns_the_verdict_round(claimed, denied, labels):
    claimed, denied = claimed - denied, denied - claimed
    one, two = compare(claimed, denied, labels), compare(denied, claimed, labels)
    assert (one == "unknown") == (two == "unknown")
    if one == "agree":
        assert two == "contradict"


def test_the_score_is_the_share_that_agrees_of_those_that_can_be_told():
    codes = np.array([0, 1, 1, 2, 0, 1], np.int8)
    assert consistency_score(codes) == 0.75
    assert consistency_score(codes[:1]) is None
    studies = np.array([3, 3, 5, 5, 6, 7], np.int32)
    assert score_by_study(codes, studies) == {3: 1.0, 5: 0.5, 7: 1.0}


def test_an_unknown_condition_is_refused():
    with pytest.raises(UnknownNameError, match="Oedema"):
        condition_bits(["Oedema"])
