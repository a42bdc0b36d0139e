"""Selections against a filter written in Python; rows by number; errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qba_index_folder import write_qba

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.core.regions import REGION_GROUPS, REGIONS
from cxrbench.datasets.qba.index import build, plan
from cxrbench.datasets.qba.index.query import QbaIndex, open_index
from cxrbench.datasets.qba.index.schema import COLUMNS, COMPLEXITIES, GRADES, POLARITIES, SPLITS
from cxrbench.datasets.qba.index.selection import PRESETS, Selection
from cxrbench.datasets.qba.question_types import FAMILIES, QUESTION_TYPES


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QbaIndex]:
    folder = tmp_path_factory.mktemp("index")
    write_qba(folder / "in", 12, count=30, views={3: ("AP",), 4: ("LATERAL",), 5: ()})
    with pytest.MonkeyPatch.context() as patch:
        for module in (plan, build):
            patch.setattr(module, "STUDIES_PER_SHARD", 5)
        build.build_index(folder / "in", folder / "out", workers=1)
    with open_index(folder / "out", threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def rows(index: QbaIndex) -> list[dict[str, Any]]:
    return index.table().to_pylist()


def passes(selection: Selection, row: dict[str, Any]) -> bool:
    columns = {
        "splits": "split",
        "grades": "grade",
        "types": "type",
        "families": "family",
        "strategies": "strategy",
        "complexities": "complexity",
        "polarities": "polarity",
        "region_groups": "region_group",
        "views": "view",
        "patients": "patient_id",
        "studies": "study_id",
    }
    for field, column in columns.items():
        wanted = getattr(selection, field)
        if wanted and row[column] not in wanted:
            return False
    for field, column in {"regions": "mentioned_regions", "conditions": "conditions"}.items():
        wanted = getattr(selection, field)
        if wanted and not set(wanted) & set(row[column]):
            return False
    if selection.ids and f"{row['study_id']}/{row['question_id']}" not in selection.ids:
        return False
    return row["image_id"] is not None or not selection.frontal


def some(values: Any, most: int = 3) -> st.SearchStrategy[tuple[str, ...]]:
    chosen = st.lists(st.sampled_from(tuple(values)), max_size=most, unique=True).map(tuple)
    return st.one_of(st.just(()), st.just(()), chosen)


SELECTIONS = st.builds(
    Selection,
    splits=some(SPLITS),
    grades=some(GRADES, 5),
    types=some(QUESTION_TYPES, 9),
    families=some(FAMILIES),
    strategies=some(("abnormal", "finding", "relational")),
    complexities=some(COMPLEXITIES),
    polarities=some(POLARITIES),
    regions=some(REGIONS, 9),
    region_groups=some(REGION_GROUPS),
    conditions=some(CONDITIONS, 5),
    views=some(("PA", "AP")),
    patients=some(("p90000001", "p90000003")),
    studies=some(("s99000001", "s99000004", "s99000012")),
    frontal=st.booleans(),
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(selection=SELECTIONS)
def test_a_selection_selects_what_a_filter_in_python_does(
    index: QbaIndex, rows: list[dict[str, Any]], selection: Selection
) -> None:
    expected = [row for row in rows if passes(selection, row)]
    assert index.count(selection) == len(expected)
    assert index.table(selection, ("pair",))["pair"].to_pylist() == [row["pair"] for row in expected]
    assert index.ids(selection) == [f"{row['study_id']}/{row['question_id']}" for row in expected]


def test_ids_few_and_many_select_exactly_themselves(index: QbaIndex) -> None:
    ids = tuple(index.ids())
    for chosen in (ids[5:6], ids[10:200:3]):
        assert index.ids(Selection(ids=chosen)) == list(chosen)


def test_presets_are_grades_and_frontal_studies(index: QbaIndex, rows: list[dict[str, Any]]) -> None:
    for name, grades in PRESETS.items():
        selection = Selection.preset(name, ("train",))
        expected = [r for r in rows if r["grade"] in grades and r["view"] in ("PA", "AP") and r["split"] == "train"]
        assert index.count(selection) == len(expected) > 0
    assert [len(grades) for grades in PRESETS.values()] == [4, 3, 1]
    assert Selection.preset("precision").within(["test"]) == Selection(
        grades=("A++",), frontal=True, splits=("test",)
    )


def test_counts_add_up_by_one_or_two_columns_and_members_of_lists(
    index: QbaIndex, rows: list[dict[str, Any]]
) -> None:
    assert index.counts(["family", "split"]) == Counter((row["family"], row["split"]) for row in rows)
    positive = Selection(polarities=("pos",))
    expected = Counter((name,) for row in rows if row["polarity"] == "pos" for name in row["regions"])
    assert index.counts(["regions"], positive) == expected


def test_batches_are_bounded_and_in_the_order_of_the_index(index: QbaIndex) -> None:
    batches = list(index.batches(columns=("pair", "question"), rows=50))
    assert max(batch.num_rows for batch in batches) <= 50
    pairs = [pair for batch in batches for pair in batch["pair"].to_pylist()]
    assert pairs == sorted(set(pairs))
    assert len(pairs) == len(index) == 360
    assert index.studies()["questions"].to_pylist() == [30] * 12


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.integers(0, 359), max_size=40))
def test_rows_are_found_by_number_in_any_order_and_repeatedly(
    index: QbaIndex, rows: list[dict[str, Any]], chosen: list[int]
) -> None:
    pairs = np.array([rows[row]["pair"] for row in chosen], np.int64)
    taken = index.take(pairs, ("question_id", "pair", "boxes", "study_id"))
    assert taken.to_pylist() == [{name: rows[row][name] for name in taken.column_names} for row in chosen]


@pytest.mark.parametrize("pair", [-1, 30, (1 << 16) + 99, 12 << 16, 1 << 40])
def test_a_number_that_is_no_pair_is_named(index: QbaIndex, pair: int) -> None:
    with pytest.raises(DataError, match=f"no pair has the number {pair}"):
        index.take(np.array([0, pair]), ("pair",))


def test_unknown_values_and_columns_are_named_with_what_is_valid(index: QbaIndex) -> None:
    for field, value in {"grades": "A+++", "splits": "val", "regions": "left lobe", "types": "D02"}.items():
        with pytest.raises(UnknownNameError, match=field):
            replace(Selection(), **{field: (value,)})
    with pytest.raises(UnknownNameError, match="preset"):
        Selection.preset("B")
    for ask in (index.table, index.batches, index.take):
        with pytest.raises(UnknownNameError, match="column"):
            list(ask(np.array([0]) if ask == index.take else Selection(), ("anser",)))
    with pytest.raises(UnknownNameError, match="column"):
        index.counts(["anser"])


def test_every_field_of_a_selection_is_tested_above() -> None:
    assert {field.name for field in fields(Selection)} - {"ids"} <= {
        *("splits", "grades", "types", "families", "strategies", "complexities", "polarities", "regions"),
        *("region_groups", "conditions", "views", "patients", "studies", "frontal"),
    }


def test_the_columns_are_documented_in_the_order_in_which_they_come(index: QbaIndex) -> None:
    assert index.table().column_names == list(COLUMNS)
