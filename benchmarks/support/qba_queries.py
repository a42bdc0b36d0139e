"""Times of typical questions to an index, and of the decoders that could read its files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from cxrbench.datasets.qba.explore.summary import explore
from cxrbench.datasets.qba.folder import QbaFolder
from cxrbench.datasets.qba.index.decode import read_study
from cxrbench.datasets.qba.index.query import open_index
from cxrbench.datasets.qba.index.selection import Selection
from cxrbench.datasets.qba.index.shapes import Shapes

TEXTS = ("question", "answer", "boxes")


def queries(root: Path) -> None:
    """Print the seconds of each, once."""

    def timed(what: str, ask: Callable[[], object]) -> None:
        started = time.perf_counter()
        ask()
        print(f"  {what:58} {time.perf_counter() - started:6.2f} s")

    timed("open", lambda: open_index(root).close())
    with open_index(root) as index:
        patient = index.studies()["patient_id"][len(index.studies()) // 2].as_py()
        pairs = index.table(columns=("pair",))["pair"].to_numpy()
        draw = np.random.default_rng(0)
        near, anywhere = draw.choice(pairs[:60_000], 2000), draw.choice(pairs, 2000)
        timed("count a preset of a split", lambda: index.count(Selection.preset("finetuning", ("train",))))
        timed("count by region and polarity", lambda: index.count(Selection(regions=("spine",), polarities=("pos",))))
        timed("count a patient's questions", lambda: index.count(Selection(patients=(patient,))))
        timed("every column of every row in batches", lambda: sum(batch.num_rows for batch in index.batches()))
        timed("2,000 rows by number among 60,000 neighbouring ones", lambda: index.take(near, TEXTS))
        timed("2,000 rows by number anywhere", lambda: index.take(anywhere, TEXTS))
        timed("everything that data explore counts", lambda: explore(index))


def decoders(root: Path, studies: int = 200) -> None:
    """Print microseconds for each question, the best of three rounds over the same bytes."""
    folder = QbaFolder(root)
    files = [folder.raw("qa", *key) for key, _ in zip(folder.studies(), range(studies))]
    count = sum(len(json.loads(data)["questions"]) for data in files)
    readers: dict[str, Callable[[bytes], object]] = {
        "json": json.loads,
        "msgspec, declared fields, and what the index takes from them": _declared,
    }
    if find_spec("orjson") is not None:
        import orjson

        readers["orjson"] = orjson.loads
    size = sum(map(len, files)) / count
    for name, read in readers.items():
        best = min(_seconds(read, files) for _ in range(3))
        print(f"  {name:62} {best / count * 1e6:5.1f} us for a question of {size:,.0f} bytes")


def _declared(data: bytes) -> object:
    return list(read_study(data, "p1", "s1", None, _SHAPES).questions)


_SHAPES = Shapes()


def _seconds(read: Callable[[bytes], object], files: list[bytes]) -> float:
    started = time.perf_counter()
    for data in files:
        read(data)
    return time.perf_counter() - started
