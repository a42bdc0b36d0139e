import pytest

from cxrbench.core.errors import DataError, UsageError
from cxrbench.tasks.mimic_splits import refuse_shared_patients, select_mimic_split


@pytest.mark.parametrize(
    ("name", "part", "grades"),
    [
        ("test", "test", None),
        ("val", "validate", None),
        ("Validate", "validate", None),
        ("train", "train", None),
        ("test:A", "test", ("A++", "A+", "A")),
        ("test:b", "test", ("A++", "A+", "A", "B")),
        ("val:A++", "validate", ("A++",)),
        ("train:A+", "train", ("A++", "A+")),
    ],
)
def test_a_split_may_name_the_lowest_grade(name, part, grades):
    split = select_mimic_split(name, graded=True)
    assert (split.part, split.grades) == (part, grades)


@pytest.mark.parametrize("name", ["", "tset", "test:", "test:C", "test:U", "documented:test", "A", ":A"])
def test_an_unknown_split_or_grade_is_refused_with_the_valid_ones(name):
    with pytest.raises(UsageError) as caught:
        select_mimic_split(name, graded=True)
    assert "test:A++" in str(caught.value)


def test_reports_have_no_grades():
    with pytest.raises(UsageError) as caught:
        select_mimic_split("test:A", graded=False)
    assert "A++" not in str(caught.value)


def test_the_resolved_name_says_where_the_split_comes_from():
    assert select_mimic_split("val:A", graded=True).name(phantom=False) == "official:validate:A"
    assert select_mimic_split("test", graded=True).name(phantom=True) == "phantom:test"


def test_a_patient_in_two_splits_is_refused_by_name():
    pairs = [("p1", "train"), ("p2", "test"), ("p1", "train"), ("p2", "validate"), ("p3", "test")]
    with pytest.raises(DataError, match=r"1 patients are in more than one split: p2 \(test, validate\)"):
        refuse_shared_patients(pairs, "split.csv")
    refuse_shared_patients([("p1", "train"), ("p1", "train"), ("p3", "test")], "split.csv")
