import pytest

from cxrbench.core.errors import UsageError
from cxrbench.tasks.mimic_splits import select_question_split, select_report_split


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
    split = select_question_split(name)
    assert (split.part, split.grades) == (part, grades)


@pytest.mark.parametrize("name", ["", "tset", "test:", "test:C", "test:U", "documented:test", "A", ":A"])
def test_an_unknown_split_or_grade_is_refused_with_the_valid_ones(name):
    with pytest.raises(UsageError) as caught:
        select_question_split(name)
    assert "test:A++" in str(caught.value)


@pytest.mark.parametrize(("name", "part", "per_image"), [("val", "validate", False), ("r2gen:test", "test", True)])
def test_reports_are_split_by_study_or_by_the_annotation_of_r2gen(name, part, per_image):
    split = select_report_split(name)
    assert (split.part, split.per_image) == (part, per_image)


@pytest.mark.parametrize("name", ["test:A", "r2gen", "r2gen:", "official:test", ""])
def test_an_unknown_split_of_reports_is_refused(name):
    with pytest.raises(UsageError) as caught:
        select_report_split(name)
    assert "r2gen:test" in str(caught.value)
    assert "A++" not in str(caught.value)


def test_the_resolved_name_says_where_the_split_comes_from():
    assert select_question_split("val:A").name(phantom=False) == "official:validate:A"
    assert select_question_split("test").name(phantom=True) == "phantom:test"
    assert select_report_split("r2gen:val").name(phantom=False) == "r2gen:validate"
