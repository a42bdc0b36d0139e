import itertools
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.config import RunConfig
from cxrbench.core.errors import DataError
from cxrbench.core.ordering import batches, by_film
from cxrbench.core.prefetch import decoded_batches
from cxrbench.core.preparing import prepare
from cxrbench.core.types import Example, Image, Reference, Request
from cxrbench.tasks.base import TaskData


def example(id, film, folder="/films"):
    images = () if film is None else (Image(Path(folder) / f"{film}.jpg"),)
    return Example(Request(id, "vqa", images, "?"), Reference(id), "g")


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 99)), unique=True, max_size=40), st.integers(0, 3))
def test_films_follow_one_another_and_within_a_film_the_order_stays(pairs, seed):
    examples = [example(f"{film}-{number}", film) for film, number in pairs]
    ordered = by_film(examples, seed)
    films = [item.id.split("-")[0] for item in ordered]
    assert len(dict.fromkeys(films)) == sum(one != two for one, two in zip(films, [None, *films])), (
        "a film is in two places"
    )
    for film in set(films):
        assert [item.id for item in ordered if item.id.startswith(f"{film}-")] == [
            item.id for item in examples if item.id.startswith(f"{film}-")
        ]


def test_the_order_depends_on_the_seed_and_not_on_the_folder():
    films = [example(str(number), number) for number in range(20)]
    elsewhere = [example(str(number), number, "/other") for number in range(20)]
    ids = [item.id for item in by_film(films, 0)]
    assert ids == [item.id for item in by_film(elsewhere, 0)]
    assert ids != [item.id for item in by_film(films, 1)]


def test_examples_without_a_film_keep_their_order():
    plain = [example(str(number), None) for number in range(9)]
    assert by_film(plain, 0) == plain


def test_a_film_is_decoded_once_for_all_its_questions():
    decoded = []

    def decode(path):
        decoded.append(path.name)
        time.sleep(0.001)
        return np.zeros((2, 2), np.uint8)

    requests = [item.request for item in by_film([example(f"{n}", n % 7) for n in range(140)], 0)]
    ready = list(decoded_batches(batches(requests, 8), decode))
    assert sum(len(batch.requests) for batch in ready) == 140
    assert sorted(decoded) == [f"{n}.jpg" for n in range(7)]
    assert all(request.images[0].pixels is not None for batch in ready for request in batch.requests)


def test_a_broken_film_fails_all_its_questions_and_no_other():
    tried = []

    def decode(path):
        tried.append(path.name)
        if path.name == "1.jpg":
            raise DataError("damaged")
        return np.zeros((2, 2), np.uint8)

    requests = [item.request for item in by_film([example(f"{n}", n % 3) for n in range(30)], 0)]
    ready = list(decoded_batches(batches(requests, 4), decode))
    assert sorted(item.id for batch in ready for item in batch.unreadable) == sorted(
        str(n) for n in range(30) if n % 3 == 1
    )
    assert tried.count("1.jpg") == 1


def test_a_hash_ordered_sample_of_many_films_keeps_few_of_them_in_memory():
    alive = []

    class Tracked(np.ndarray):
        pass

    lock = threading.Lock()

    def decode(path):
        pixels = np.zeros((2, 2), np.uint8).view(Tracked)
        with lock:
            alive.append(weakref.ref(pixels))
        return pixels

    requests = [example(f"{n}", n).request for n in range(200)]
    most = 0
    for _ in decoded_batches(batches(requests, 4), decode):
        most = max(most, sum(item() is not None for item in alive))
    assert len(alive) == 200
    assert most <= 8 + 4 * 4


class Films:
    """Ten questions about each of three films."""

    name, version, kind, restricted = "films", "1", "vqa", False
    protocols = metrics = headline = ("cxrbench",)

    def load(self, options):
        made = [example(f"{number}", number % 3) for number in range(30)]
        return TaskData(made, {}, tuple, "films", "test", "1", phantom=True)


@pytest.mark.parametrize("limit", [None, 30])
def test_a_whole_run_goes_film_by_film_and_a_limited_one_by_hash(limit):
    prepared = prepare(RunConfig("baseline:empty", "films", limit=limit), Films())
    films = [item.request.images[0].path.stem for item in prepared.examples]
    found = sum(one != two for one, two in itertools.pairwise(films))
    assert found == 2 if limit is None else found > 8
