import numpy as np
import pytest

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError, UnknownNameError, UsageError
from cxrbench.datasets.sampling.chexpert_targets import POLICIES, chexpert_targets
from cxrbench.datasets.sampling.class_weights import class_weights

STUDY = {"Edema": 1, "Fracture": 0, "Pneumonia": -1, "Cardiomegaly": None}


def of(policy: str, name: str, labels=STUDY, **options):
    found = chexpert_targets([labels], policy, **options)
    column = found.conditions.index(name)
    return float(found.targets[0, column]), float(found.mask[0, column])


@pytest.mark.parametrize("policy", POLICIES)
def test_definite_and_blank_labels_do_not_depend_on_the_policy(policy):
    labels = {name: value for name, value in STUDY.items() if value != -1}
    assert of(policy, "Edema", labels) == (1, 1)
    assert of(policy, "Fracture", labels) == (0, 1)
    assert of(policy, "Cardiomegaly", labels) == (0, 0.5)
    assert of(policy, "Lung Lesion", labels) == (0, 0.5)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("u-ignore", (0.5, 0)), ("exclude", (0.5, 0)), ("soft", (0.5, 1)), ("u-ones", (1, 1)), ("u-zeros", (0, 1))],
)
def test_an_uncertain_label_is_treated_by_the_policy(policy, expected):
    assert of(policy, "Pneumonia") == expected


def test_u_ignore_is_the_default_and_leaves_the_other_labels_of_the_study():
    found = chexpert_targets([STUDY])
    assert found.mask[0, CONDITIONS.index("Edema")] == 1
    assert found.mask[0, CONDITIONS.index("Pneumonia")] == 0


def test_exclude_leaves_out_the_whole_study_and_no_other():
    found = chexpert_targets([STUDY, {"Edema": 1}], "exclude")
    assert (found.mask[0] == 0).all()
    assert found.mask[1, CONDITIONS.index("Edema")] == 1


def test_a_study_that_is_not_in_the_table_counts_for_nothing():
    found = chexpert_targets([None])
    assert (found.targets == 0).all()
    assert (found.mask == 0).all()


def test_columns_follow_the_names_that_are_asked_for():
    found = chexpert_targets([STUDY], conditions=("Fracture", "Edema"))
    assert found.targets.tolist() == [[0, 1]]
    assert found.targets.dtype == found.mask.dtype == np.float32


def test_the_blank_mask_can_be_set():
    assert of("u-ignore", "Cardiomegaly", blank_mask=0.0) == (0, 0)


def test_what_cannot_be_understood_is_refused():
    with pytest.raises(UnknownNameError, match="u-one"):
        chexpert_targets([STUDY], "u-one")
    with pytest.raises(UsageError, match="blank mask"):
        chexpert_targets([STUDY], blank_mask=1.5)
    with pytest.raises(DataError, match="'Edema' is 2"):
        chexpert_targets([{}, {"Edema": 2}])


def test_class_weights_are_the_square_root_of_the_inverse_share_up_to_the_cap():
    weights = class_weights({"Edema": 100, "Fracture": 4, "Lung Lesion": 3, "Pneumonia": 0}, 100)
    assert weights == {"Edema": 1.0, "Fracture": 5.0, "Lung Lesion": 5.0, "Pneumonia": 5.0}
    assert class_weights({"Edema": 25}, 100) == {"Edema": 2.0}
    assert class_weights({"Edema": 1}, 100, cap=20) == {"Edema": 10.0}


@pytest.mark.parametrize("count", [-1, 101])
def test_impossible_counts_are_refused(count):
    with pytest.raises(DataError, match="Edema"):
        class_weights({"Edema": count}, 100)
