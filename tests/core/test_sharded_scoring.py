"""Statistics do not depend on where the parts end, nor on who measures them."""

import itertools
import json
import random
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iu_folder import small_collection
from vqa_folder import rad_row, write_rad

import cxrbench
from cxrbench.core.errors import DataError
from cxrbench.core.executors import choosing
from cxrbench.core.measuring import fit_states, joined, measure_shard
from cxrbench.core.preparing import build_metrics, prepare
from cxrbench.core.rescoring import compare_runs
from cxrbench.core.scoring import score_predictions, statistics_table
from cxrbench.core.sharded_scoring import SHARD_SIZE, ProcessShards, measure_here, spans
from cxrbench.core.types import Example, Prediction, Reference, Request
from cxrbench.metrics.base import AdditiveMetric
from cxrbench.tasks.lazy import LazyExamples

COUNT = 30
SAID = (
    "## Findings\nThe heart is enlarged. Small left effusion.\n## Impression\nCardiomegaly.",
    "The lungs are clear. No pneumothorax.",
    "Right lower lobe opacity, no effusion. Unchanged.",
    "No acute disease.",
)
ANSWERS = ("yes", "No.", "the right lung", "left lower lobe", "cardiomegaly", "3")


def iu_report(root):
    return cxrbench.RunConfig("baseline:empty", "iu-report", small_collection(root, test=COUNT), resamples=100)


def vqa_rad(root):
    kinds = (("CLOSED", "Is there an effusion?", "Yes"), ("OPEN", "Where is the opacity?", "left lower lobe"))
    rows = [
        rad_row(n, f"synpic{n % 4}.jpg", kinds[n % 2][1], kinds[n % 2][2], answer_type=kinds[n % 2][0])
        for n in range(COUNT)
    ]
    return cxrbench.RunConfig("baseline:empty", "vqa-rad", write_rad(root, rows), resamples=100)


class Whole:
    """A task with predictions of every status, measured in one part."""

    def __init__(self, config, kind):
        self.prepared = prepare(config)
        self.metrics = next(iter(build_metrics(self.prepared).values()))
        self.examples = list(self.prepared.in_data_order())
        chance = random.Random(1)
        self.predictions = {}
        for example in self.examples:
            status = chance.choices(["ok", "empty", "refused", "error"], [8, 1, 1, 1])[0]
            said = {"text" if kind == "report" else "answer": chance.choice(SAID if kind == "report" else ANSWERS)}
            self.predictions[example.id] = Prediction(
                example.id,
                status=status,
                error="x" if status == "error" else None,
                **(said if status == "ok" else {}),
            )
        self.states = fit_states(self.metrics, self.examples)
        self.measurement = joined(self.metrics, self.parts([0, len(self.examples)]))

    def parts(self, cuts):
        for start, stop in itertools.pairwise(cuts):
            part = self.examples[start:stop]
            answers = [self.predictions[item.id] for item in part]
            yield measure_shard(self.metrics, self.states, part, answers)


@pytest.fixture(scope="module", params=[iu_report, vqa_rad], ids=["iu-report", "vqa-rad"])
def whole(request, tmp_path_factory):
    made = request.param(tmp_path_factory.mktemp("data") / "root")
    return Whole(made, "report" if made.task == "iu-report" else "vqa")


def assert_same(found, expected):
    assert found.rows == expected.rows
    assert found.counts == expected.counts
    assert found.sections_cut == expected.sections_cut
    assert list(found.failed) == list(expected.failed)
    for mine, other in zip(found.measured, expected.measured, strict=True):
        name = other.metric.name
        assert mine.statistics.columns == other.statistics.columns, name
        assert mine.statistics.values.tobytes() == other.statistics.values.tobytes(), name
        assert mine.include.tobytes() == other.include.tobytes(), name
        for column, rows in other.statistics.lists.items():
            assert [row.tobytes() for row in mine.statistics.lists[column]] == [row.tobytes() for row in rows], name


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(1, COUNT - 1)))
def test_any_partition_gives_the_same_statistics_byte_for_byte(whole, inner):
    cuts = [0, *sorted(cut for cut in inner if cut < len(whole.examples)), len(whole.examples)]
    assert_same(joined(whole.metrics, whole.parts(cuts)), whole.measurement)


def test_one_example_a_part_gives_the_same_statistics(whole):
    cuts = list(range(len(whole.examples) + 1))
    assert_same(joined(whole.metrics, whole.parts(cuts)), whole.measurement)


def test_every_metric_family_takes_part(whole):
    assert {metric.name for metric in whole.metrics} >= (
        {"bleu", "rouge", "meteor", "cider", "rules"} if whole.prepared.task.kind == "report" else {"status"}
    )
    assert any(not item.include.all() for item in whole.measurement.measured) or (
        whole.prepared.task.kind == "report"
    )
    assert whole.measurement.counts["error"]


@given(st.integers(0, 50), st.integers(1, 20))
def test_parts_cover_everything_once(count, size):
    found = [place for start, stop in spans(count, size) for place in range(start, stop)]
    assert found == list(range(count))
    assert len(spans(count, size)) >= 1


def results_of(whole, shards):
    examples = whole.prepared.in_data_order()
    scored = score_predictions(
        examples, whole.predictions, whole.metrics, header={}, resamples=50, seed=0, shards=shards
    )
    return json.dumps(scored.results), statistics_table({"p": scored})


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    config = replace(
        iu_report(tmp_path_factory.mktemp("quick") / "root"), metrics=("bleu", "cider", "rules", "status")
    )
    return Whole(config, "report")


def test_processes_give_the_results_of_this_process(quick):
    shards = ProcessShards(quick.prepared.config, quick.prepared.data.fingerprint, 2, size=7)
    here, there = results_of(quick, measure_here), results_of(quick, shards)
    assert here[0] == there[0]
    assert here[1].equals(there[1])


def test_a_process_that_sees_other_data_is_refused(quick):
    shards = ProcessShards(quick.prepared.config, "other", 1, size=7)
    with pytest.raises(DataError, match="other data"):
        results_of(quick, shards)


def test_a_run_with_scoring_workers_is_identical_to_one_without(tmp_path, monkeypatch):
    config = replace(iu_report(tmp_path / "root"), model="baseline:retrieval", metrics=("bleu", "cider", "status"))
    one = cxrbench.run(replace(config, out=tmp_path / "one"))
    monkeypatch.setattr(choosing, "SHARD_SIZE", 10)
    many = cxrbench.run(replace(config, out=tmp_path / "many", workers=2))
    assert compare_runs(one.folder, many.folder).identical
    assert one.folder.path.name == many.folder.path.name


class Counting(AdditiveMetric):
    """Learns how many references there are."""

    name, scores = "counting", {"count": "higher"}

    def signature(self):
        return "counting"

    def fit(self, references):
        return {"n": sum(1 for _ in references), "length": len(references), "first": references[0].text}

    def measure(self, pairs, state):
        assert state == {"n": 16_000, "length": 16_000, "first": "Lungs are clear 0."}
        return cxrbench.Statistics(("n",), np.ones((len(pairs), 1)))

    def score(self, sums):
        return {"count": sums[:, 0]}


def test_no_more_than_a_few_parts_of_a_lazy_set_are_in_memory_at_once(monkeypatch):
    class Text(str):
        """A string that can be watched."""

    alive = weakref.WeakSet()
    most = 0

    def build(places):
        nonlocal most
        made = []
        for place in places:
            text = Text(f"Lungs are clear {place}.")
            alive.add(text)
            made.append(Example(Request(str(place), "report", (), "?"), Reference(str(place), text=text), "g"))
        most = max(most, len(alive))
        return made

    monkeypatch.setattr("cxrbench.tasks.lazy._BLOCK", 2048)
    examples = LazyExamples([str(place) for place in range(16_000)], build)
    predictions = {name: Prediction(name, text="x") for name in examples.ids}

    found = score_predictions(examples, predictions, [Counting()], header={}, resamples=0, seed=0).results
    assert found["scores"]["count"]["value"] == 16_000
    assert most <= 2 * SHARD_SIZE + 1
