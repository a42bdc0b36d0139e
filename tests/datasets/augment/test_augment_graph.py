import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sided_studies import SIZE, studies

from cxrbench.core.types import Box
from cxrbench.datasets.augment.graph.dropout import drop_graph, drop_observations
from cxrbench.datasets.augment.graph.edges import RELATED, soften_relations, soften_weights
from cxrbench.datasets.augment.graph.places import jitter, move_in_graph
from cxrbench.datasets.qba.records import Localisation, Observation, Region, Relation, SceneGraph

SEEDS = st.integers(0, 10**6)


def large_graph(count: int = 400) -> SceneGraph:
    observations = {f"O{n}": Observation(f"O{n}", "x", "x") for n in range(count)}
    ids = list(observations)
    return SceneGraph(
        "p", "s", observations, {"left lung": Region("left lung")}, tuple(ids[: count // 2]),
        located_at=tuple(Relation("left lung", id, "direct") for id in ids),
        observation_relations=tuple(
            Relation(parent, child, "associated_with") for parent, child in zip(ids, ids[count // 2 :])
        ),
        region_relations=(Relation("lungs", "left lung", "sub_region"),),
    )  # fmt: skip


def test_a_tenth_of_the_observations_is_left_out_by_default():
    kept = [len(drop_observations(large_graph(), np.random.default_rng(seed)).observations) for seed in range(50)]
    # Binomial with n = 20,000: five standard deviations are .011.
    assert 1 - sum(kept) / (50 * 400) == pytest.approx(0.10, abs=0.011)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.floats(0, 1))
def test_no_relation_is_left_without_its_observation_and_children_of_a_lost_parent_become_top_level(seed, rate):
    graph = large_graph(40)
    result = drop_observations(graph, np.random.default_rng(seed), rate)
    there = set(result.observations)
    assert {item.target for item in result.located_at} == there
    assert all({item.source, item.target} <= there for item in result.observation_relations)
    assert set(result.top_level) <= there
    assert there == set(result.top_level) | {item.target for item in result.observation_relations}
    assert result.regions == graph.regions
    assert result.region_relations == graph.region_relations
    assert all(graph.observations[id] == item for id, item in result.observations.items())


def test_fifteen_in_a_hundred_graphs_are_emptied_by_default_and_the_others_untouched():
    graph = large_graph(3)
    random = np.random.default_rng(0)
    drawn = [drop_graph(graph, random) for _ in range(5000)]
    empty = SceneGraph("p", "s", {})
    assert all(item in (graph, empty) for item in drawn)
    # Five standard deviations of the share are .025.
    assert drawn.count(empty) / 5000 == pytest.approx(0.15, abs=0.025)


def test_one_relation_in_twenty_loses_its_kind_by_default_and_none_its_ends():
    graph = large_graph(4000)
    result = soften_relations(graph, np.random.default_rng(0))
    softened = 0
    for before, after in zip(graph.located_at, result.located_at, strict=True):
        assert (before.source, before.target) == (after.source, after.target)
        assert after.kind in (before.kind, RELATED)
        softened += after.kind == RELATED
    assert softened / 4000 == pytest.approx(0.05, abs=0.018)


def test_softened_weights_shrink_and_absent_edges_stay_absent():
    weights = np.where(np.random.default_rng(1).random((200, 200)) < 0.3, 1.0, 0.0).astype(np.float32)
    result = soften_weights(weights, np.random.default_rng(0))
    assert result.dtype == np.float32
    assert (result[weights == 0] == 0).all()
    changed = result[weights > 0] < 1
    assert (result[weights > 0] >= 0).all()
    assert changed.mean() == pytest.approx(0.05, abs=0.01)


@settings(max_examples=40, deadline=None)
@given(studies(), SEEDS)
def test_shaking_moves_boxes_and_nothing_else(sample, seed):
    move = jitter(SIZE, np.random.default_rng(seed))
    moved = move_in_graph(sample.graph, move)

    def back(boxes):
        return (Box(0, 0, 1, 1),) * len(boxes)

    assert move_in_graph(moved, back) == move_in_graph(sample.graph, back)


def test_a_place_that_loses_its_last_box_says_what_is_missing():
    place = Localisation("i", (Box(0, 0, 1, 1), Box(2, 2, 3, 3)), ("lungs",), ("heart",))
    graph = SceneGraph("p", "s", {"O": Observation("O", "x", "x", localisations={"i": place})})
    one = move_in_graph(graph, lambda boxes: (None, *boxes[1:])).observations["O"].localisations["i"]
    none = move_in_graph(graph, lambda boxes: (None,) * len(boxes)).observations["O"].localisations["i"]
    assert (one.boxes, one.missing) == ((Box(2, 2, 3, 3),), ("heart",))
    assert (none.boxes, none.missing) == ((), ("heart", "lungs"))
