from collections import Counter

import numpy as np
import pytest
from sampling_columns import skewed_columns

from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.datasets.sampling import cells as cells_module
from cxrbench.datasets.sampling.cells import find_cells, rows_by_cell
from cxrbench.datasets.sampling.columns import QuestionColumns

PROPERTIES = ("polarity", "group", "complexity", "type")


@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_each_question_is_in_the_cell_of_its_properties(monkeypatch, chunk):
    monkeypatch.setattr(cells_module, "_CHUNK", chunk)
    columns = skewed_columns(20)
    cells = find_cells(columns)
    for name in PROPERTIES:
        np.testing.assert_array_equal(getattr(cells, name)[cells.of_row], getattr(columns, name))
    assert (cells.consistency == 0).all()
    combinations = Counter(zip(*(getattr(columns, name).tolist() for name in PROPERTIES)))
    assert sorted(combinations.values()) == sorted(cells.counts)


@pytest.mark.parametrize("chunk", [7, 1 << 20])
def test_rows_by_cell_lists_every_row_under_its_cell_in_order(monkeypatch, chunk):
    monkeypatch.setattr(cells_module, "_CHUNK", chunk)
    cells = find_cells(skewed_columns(20))
    np.testing.assert_array_equal(rows_by_cell(cells), np.argsort(cells.of_row, kind="stable"))


def test_cells_of_one_polarity_are_neighbours():
    polarity = find_cells(skewed_columns(50)).polarity
    assert (np.diff(polarity) >= 0).all()


def test_no_question_gives_no_cell():
    empty = skewed_columns(5).take(np.zeros(0, np.int64))
    assert len(find_cells(empty)) == 0
    assert len(rows_by_cell(find_cells(empty))) == 0


def columns_with(**changes):
    code = np.array([0, 0, 0], np.int8)
    given = {"split": "train", "pair": np.arange(3), "study": np.zeros(3, np.int32)}
    given |= dict.fromkeys(("type", "polarity", "group", "complexity"), code)
    return QuestionColumns(**(given | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": np.zeros(2, np.int8)}, "type has"),
        ({"pair": np.array([1, 0, 2])}, "pair is not in ascending order"),
        ({"study": np.array([1, 0, 2], np.int32)}, "study is not in ascending order"),
        ({"group": np.array([0, 5, 0], np.int8)}, "group has codes from 0 to 5"),
        ({"polarity": np.array([0, -2, 0], np.int8)}, "polarity has codes from -2"),
        ({"type": np.array([0, 29, 0], np.int8)}, "type has codes from 0 to 29"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(DataError, match=message):
        columns_with(**changes)


def test_a_split_that_does_not_exist_is_refused():
    with pytest.raises(UnknownNameError, match="valid"):
        columns_with(split="valid")
