from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.conditions import CONDITIONS
from cxrbench.datasets.qba.gold import SCALE, conditions_of_entity, gold_conditions, severity_of
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.metrics.vqa import SEVERITIES


def sections():
    found, current = {}, None
    for line in (files("cxrbench.datasets.qba.gold") / "findings.txt").read_text().splitlines():
        if line.startswith("["):
            current = found.setdefault(line.strip("[]"), [])
        elif line.strip() and not line.startswith("#"):
            current.append(line.strip())
    return found


def test_the_table_names_every_condition_but_no_finding_and_nothing_twice_under_one():
    table = sections()
    assert set(table) == {*CONDITIONS, "none"} - {"No Finding"}
    for names in table.values():
        assert len(names) == len(set(names))
    covered = {name for section, names in table.items() if section != "none" for name in names}
    assert not covered & set(table["none"])


@pytest.mark.parametrize("condition", [name for name in CONDITIONS if name not in ("No Finding", "Pleural Other")])
def test_the_name_of_a_condition_stands_for_itself(condition):
    assert conditions_of_entity(condition) == (condition,)
    assert conditions_of_entity(condition.lower().replace(" ", "_")) == (condition,)


@pytest.mark.parametrize(
    ("entity", "expected"),
    [
        ("pleural effusion", ("Pleural Effusion",)),
        ("Small left pleural effusions", ("Pleural Effusion",)),
        ("linear/patchy atelectasis", ("Atelectasis",)),
        ("mass/nodule (not otherwise specified)", ("Lung Lesion",)),
        ("rib fracture", ("Fracture",)),
        ("enlarged cardiac silhouette", ("Cardiomegaly",)),
        ("fluid overload/heart failure", ("Edema",)),
        ("hydropneumothorax", ("Pneumothorax", "Pleural Effusion")),
        ("endotracheal tube", ("Support Devices",)),
        ("pleural thickening", ("Pleural Other",)),
        # The longer name decides: neither is what its parts would say.
        ("mediastinal mass", ("Enlarged Cardiomediastinum",)),
        ("pericardial effusion", ()),
        ("subcutaneous emphysema", ()),
        ("hiatal hernia", ()),
        ("airspace consolidation", ("Consolidation",)),
        ("masses", ("Lung Lesion",)),
        ("zebra", None),
        ("", None),
    ],
)
def test_entities_stand_for_the_conditions_of_the_chexpert_labeler(entity, expected):
    assert conditions_of_entity(entity) == expected


# What the table reads otherwise than the embedded labeler reads "There is <name>.", and why.
OTHERWISE = {
    "enlarged cardiomediastinum": "the labeler adds the heart, which this name does not single out",
    "enlarged cardiomediastinal silhouette": "likewise",
    "pleural mass": "a mass, as the CheXpert labeler has it",
    "pulmonary edema hazy opacity": "one entity of Chest ImaGenome; the longer part decides",
    "pleural parenchymal opacity": "named with the pleura",
    "old rib fracture deformity": "an old deformity",
    "soft tissue mass": "outside the lung",
}


def test_where_the_embedded_labeler_reads_a_condition_in_a_name_the_table_says_the_same():
    names = sorted({name for section in sections().values() for name in section})
    read = get_labeler("rules").label([f"There is {name}." for name in names])
    differ = set()
    for name, labels in zip(names, read):
        found = {condition for condition, label in labels.items() if label == 1 and condition != "No Finding"}
        if found and found != set(conditions_of_entity(name)):
            differ.add(name)
    assert differ == set(OTHERWISE)


def test_unknown_entities_are_named_and_parents_and_subcategories_only_speak_where_no_entity_is_known():
    assert gold_conditions(("zebra", "atelectasis")) == (("Atelectasis",), ("zebra",))
    assert gold_conditions(("zebra",), ("consolidation",)) == (("Consolidation",), ("zebra",))
    assert gold_conditions(("atelectasis",), ("lung opacity",)).names == ("Atelectasis",)
    assert gold_conditions(("zebra",), (), ("SUPPORT_DEVICES",)).names == ("Support Devices",)
    # INFECTION stands on every consolidation of the documented example: it tells nothing.
    assert gold_conditions(("zebra",), (), ("LUNG_FIELD", "INFECTION")).names == ()


@given(st.lists(st.sampled_from([name for names in sections().values() for name in names]), max_size=5))
def test_a_set_of_entities_means_the_union_of_what_each_means_in_one_order(entities):
    names, unmapped = gold_conditions(tuple(entities))
    expected = {condition for entity in entities for condition in conditions_of_entity(entity)}
    assert names == tuple(name for name in CONDITIONS if name in expected)
    assert unmapped == ()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("small",), "mild"),
        (("minimal",), "mild"),
        (("Moderate",), "moderate"),
        (("moderate-sized",), "moderate"),
        (("large",), "severe"),
        (("mild to moderate",), "moderate"),
        (("mild", "severe"), "severe"),
        (("moderate/severe",), "severe"),
        (("no",), "none"),
        (("stable",), None),
        ((), None),
    ],
)
def test_severity_words_lie_on_the_scale_and_the_most_severe_counts(words, expected):
    assert severity_of(words) == expected


def test_the_scale_is_the_one_that_the_scores_use():
    assert SCALE == SEVERITIES
