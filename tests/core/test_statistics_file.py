import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cxrbench.core.scoring as scoring
from cxrbench.core.measuring import ScoredExample
from cxrbench.core.scoring import Scored, statistics_table, write_statistics
from cxrbench.metrics.base import Statistics
from cxrbench.statistics.bootstrap import Measured


class Named:
    def __init__(self, name):
        self.name = name


def scored(include, seed=0):
    """Two metrics over the included rows: one with two columns, one with a ragged list."""
    draw = np.random.default_rng(seed)
    include = np.array(include, bool)
    count = int(include.sum())
    rows = [
        ScoredExample(f"e{n}", f"g{n % 3}", {"view": ("PA",)} if n % 2 else {"view": ("AP", "PA"), "rare": ("x",)})
        for n in range(len(include))
    ]
    plain = Statistics(("n", "value"), draw.random((count, 2)))
    lists = {"score": [draw.random(n % 4) for n in range(count)]}
    ragged = Statistics((), np.zeros((count, 0)), lists)
    everyone = Statistics(("right",), draw.random((len(include), 1)))
    measured = [
        Measured(Named("plain"), plain, include),
        Measured(Named("ragged"), ragged, include),
        Measured(Named("all"), everyone),
    ]
    return {"raw": Scored(rows, measured, {})}


def by_hand(found):
    """The same table, value by value."""
    item = found["raw"]
    columns = {"id": [row.id for row in item.examples], "group": [row.group for row in item.examples]}
    for name in ("rare", "view"):
        columns[f"stratum/{name}"] = [list(row.strata.get(name, ())) for row in item.examples]
    for measured in item.measured:
        include = measured.include if measured.include is not None else np.ones(len(item.examples), bool)
        sources = {name: measured.statistics.values[:, n] for n, name in enumerate(measured.statistics.columns)}
        for name, source in {**sources, **measured.statistics.lists}.items():
            rows = iter(source)
            columns[f"raw/{measured.metric.name}/{name}"] = [
                np.asarray(next(rows)).tolist() if used else None for used in include
            ]
    return columns


@given(st.lists(st.booleans(), min_size=1, max_size=30).filter(any), st.integers(0, 9))
def test_the_table_holds_every_statistic_at_its_example_and_null_elsewhere(include, seed):
    found = scored([*include, True], seed)
    assert statistics_table(found).to_pydict() == by_hand(found)


@given(st.lists(st.booleans(), min_size=3, max_size=30), st.data())
def test_any_part_of_the_rows_is_that_part_of_the_whole(include, data):
    found = scored(include)
    start = data.draw(st.integers(0, len(include)))
    stop = data.draw(st.integers(start, len(include)))
    whole = statistics_table(found)
    assert statistics_table(found, start, stop).to_pydict() == whole.slice(start, stop - start).to_pydict()
    assert statistics_table(found, start, stop).schema == whole.schema


@pytest.mark.parametrize("rows", [1, 4, 7, 1000])
def test_a_file_written_in_parts_equals_one_written_whole(tmp_path, monkeypatch, rows):
    monkeypatch.setattr(scoring, "_ROWS", rows)
    found = scored([True, False, True, True, False, True, False], 3)
    write_statistics(tmp_path / "parts.parquet", found)
    assert parquet.read_table(tmp_path / "parts.parquet").to_pydict() == statistics_table(found).to_pydict()


def test_a_run_of_which_every_example_failed_writes_an_empty_table(tmp_path):
    found = {"raw": Scored([], [Measured(Named("all"), Statistics(("n",), np.zeros((0, 1))))], {})}
    write_statistics(tmp_path / "empty.parquet", found)
    table = parquet.read_table(tmp_path / "empty.parquet")
    assert table.num_rows == 0
    assert table.schema.field("raw/all/n").type == pa.float64()
