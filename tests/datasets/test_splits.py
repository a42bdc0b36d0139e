from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.errors import UnknownNameError
from cxrbench.datasets.splits import documented_split, parse_split, r2gen_split, split_hash


def test_the_r2gen_split_has_its_published_sizes_and_no_study_twice() -> None:
    split = r2gen_split()
    counts = {name: list(split.values()).count(name) for name in ("train", "val", "test")}
    assert counts == {"train": 2069, "val": 296, "test": 590}
    assert len(split) == 2955


@given(st.sets(st.integers(0, 10_000).map(str), max_size=200), st.integers(0, 5))
def test_the_documented_split_ignores_order_and_repetition(uids: set[str], seed: int) -> None:
    shuffled = [*uids, *uids]
    random.Random(1).shuffle(shuffled)
    split = documented_split(shuffled, seed)
    assert split == documented_split(sorted(uids), seed)
    assert set(split) == uids
    counts = [list(split.values()).count(name) for name in ("train", "val", "test")]
    assert counts[0] == round(0.7 * len(uids))
    assert abs(counts[1] - 0.15 * len(uids)) <= 1


def test_the_documented_split_is_frozen() -> None:
    uids = [str(uid) for uid in range(20)]
    assert sorted(uid for uid, name in documented_split(uids).items() if name == "test") == ["10", "18", "19"]
    assert documented_split(uids, 1) != documented_split(uids, 2)


def test_the_hash_follows_the_assignment_and_not_its_order() -> None:
    split = {"1": "train", "2": "test"}
    assert split_hash(split) == split_hash({"2": "test", "1": "train"})
    assert split_hash(split) != split_hash({"1": "test", "2": "train"})


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("test", (None, "test")),
        ("Validate", (None, "val")),
        ("validation", (None, "val")),
        ("documented:test", ("documented", "test")),
        ("r2gen:val", ("r2gen", "val")),
    ],
)
def test_split_names_are_understood(name: str, meaning: tuple[str | None, str]) -> None:
    assert parse_split(name) == meaning


@pytest.mark.parametrize("name", ["tst", "", "documented:", "r2gn:test", ":test"])
def test_an_unknown_split_is_refused_with_the_valid_names(name: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        parse_split(name)
    assert caught.value.valid
