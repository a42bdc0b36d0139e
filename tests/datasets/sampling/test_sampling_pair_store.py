import numpy as np
import pyarrow as pa
import pytest

from cxrbench.core.errors import DataError
from cxrbench.datasets.qba.index.selection import Selection
from cxrbench.datasets.sampling import pair_store
from cxrbench.datasets.sampling.pair_store import PairStore, write_pairs


class Questions:
    """Stands in for an index: pairs 0, 3, 6, ... with a text each."""

    def __init__(self, count: int, fails_after: int | None = None) -> None:
        self.manifest = type("Manifest", (), {"fingerprint": "print"})()
        self.table = pa.table(
            {"pair": np.arange(count) * 3, "question": [f"Question {n}?" for n in range(count)]},
        )
        self.fails_after = fails_after

    def batches(self, selection, columns, rows):
        for number, batch in enumerate(self.table.select(columns).to_batches(max_chunksize=rows)):
            if number == self.fails_after:
                raise KeyboardInterrupt
            yield batch


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(pair_store, "_ROWS", 7)
    assert write_pairs(Questions(100), tmp_path / "pairs.arrow", Selection(), ["question"]) == 100
    with PairStore(tmp_path / "pairs.arrow") as opened:
        yield opened


def test_questions_come_in_the_order_asked_for_as_often_as_asked_for(store):
    wanted = np.random.default_rng(0).integers(0, 100, 300) * 3
    found = store.take(wanted)
    assert found["pair"].to_pylist() == wanted.tolist()
    assert found["question"].to_pylist() == [f"Question {pair // 3}?" for pair in wanted]
    assert len(store) == 100


def test_asking_for_nothing_gives_no_rows(store):
    assert store.take(np.zeros(0, np.int64)).num_rows == 0


@pytest.mark.parametrize("pair", [-3, 1, 299, 300, 10**9])
def test_a_pair_that_is_not_in_the_file_is_an_error(store, pair):
    with pytest.raises(DataError, match=f"no pair has the number {pair}"):
        store.take(np.array([3, pair, 0]))


def test_it_says_what_it_was_written_from(store):
    assert store.index_fingerprint == "print"
    assert store.selection == repr(Selection())


def test_a_broken_off_write_leaves_no_file_and_the_old_one_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(pair_store, "_ROWS", 7)
    path = tmp_path / "pairs.arrow"
    write_pairs(Questions(20), path, Selection(), ["question"])
    with pytest.raises(KeyboardInterrupt):
        write_pairs(Questions(100, fails_after=3), path, Selection(), ["question"])
    assert [file.name for file in tmp_path.iterdir()] == ["pairs.arrow"]
    with PairStore(path) as opened:
        assert len(opened) == 20


def test_what_is_no_such_file_is_refused(tmp_path):
    (tmp_path / "text").write_text("hello")
    with pa.OSFile(str(tmp_path / "other.arrow"), "wb") as sink, pa.ipc.new_file(sink, pa.schema([])):
        pass
    for name in ("absent", "text", "other.arrow"):
        with pytest.raises(DataError, match="no file of pairs"):
            PairStore(tmp_path / name)
    with pytest.raises(DataError, match="no question to write"):
        write_pairs(Questions(0), tmp_path / "empty.arrow", Selection(), ["question"])
