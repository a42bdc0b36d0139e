import pytest
from hypothesis import given
from hypothesis import strategies as st

import cxrbench
from cxrbench.core.types import Example, Reference, Request
from cxrbench.tasks.base import TaskData
from cxrbench.tasks.lazy import LazyExamples, example_ids, take_examples
from cxrbench.tasks.report_metrics import HEADLINE, METRIC_FAMILIES, REPORT_PROTOCOLS, build_report_metrics


def example(name):
    return Example(Request(name, "report", (), "Write."), Reference(name, text=f"The lungs are clear, {name}."), name)


class Counted:
    """Builds examples and remembers which."""

    def __init__(self, count=10_000):
        self.ids = [f"s{number}/q" for number in range(count)]
        self.built = []

    def __call__(self, places):
        self.built += places
        return [example(self.ids[place]) for place in places]


def test_ids_and_length_build_nothing_and_a_sample_builds_itself_only():
    source = Counted()
    lazy = LazyExamples(source.ids, source)
    assert len(lazy) == len(example_ids(lazy)) == 10_000
    assert source.built == []
    wanted = ["s77/q", "s3/q", "s9999/q"]
    assert [item.id for item in take_examples(lazy, wanted)] == wanted
    assert source.built == [3, 77, 9999]


@given(st.lists(st.integers(0, 9999), unique=True, max_size=30))
def test_a_lazy_and_a_plain_sequence_give_the_same(places):
    source = Counted()
    lazy, plain = LazyExamples(source.ids, source), [example(name) for name in source.ids[:10]]
    assert list(lazy[:10]) == plain
    assert lazy[-1].id == "s9999/q"
    ids = [source.ids[place] for place in places]
    assert [item.id for item in take_examples(lazy, ids)] == ids


def test_iteration_gives_every_example_once_in_order():
    source = Counted()
    assert [item.id for item in LazyExamples(source.ids, source)] == source.ids


@pytest.mark.parametrize("index", [10_000, -10_001])
def test_an_index_beyond_the_end_is_an_error(index):
    source = Counted()
    with pytest.raises(IndexError):
        LazyExamples(source.ids, source)[index]


class LazyTask:
    name, version, kind, restricted = "lazy", "1", "report", False
    protocols, metrics, headline = REPORT_PROTOCOLS, METRIC_FAMILIES, HEADLINE
    source = Counted()

    def load(self, options):
        return TaskData(LazyExamples(self.source.ids, self.source), {}, tuple, "lazy", "test", "1", phantom=True)

    def build_metrics(self, protocol, data, selection=None, options=None):
        return build_report_metrics(protocol, data.training, selection, options)


def test_a_limited_run_builds_only_the_examples_that_it_takes(tmp_path):
    LazyTask.source.built.clear()
    config = cxrbench.RunConfig(
        "baseline:constant", f"{__name__}:LazyTask", limit=20, metrics=("bleu",), resamples=100, out=tmp_path
    )
    outcome = cxrbench.run(config)
    assert len(outcome.predictions) == 20
    assert len(LazyTask.source.built) == 20
    assert outcome.results["cxrbench"].record["partial"] is True
    assert outcome.results["cxrbench"]["bleu_1"].n == 20
