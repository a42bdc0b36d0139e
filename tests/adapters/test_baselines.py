import pytest
from iu_folder import small_collection

from cxrbench.adapters.base import AdapterContext, create_adapter
from cxrbench.adapters.baseline.retrieval import thumbnail_vector
from cxrbench.core.errors import DataError, UnknownNameError, UsageError
from cxrbench.core.types import Adapter, Request
from cxrbench.datasets.images import load_image
from cxrbench.tasks.base import TaskOptions
from cxrbench.tasks.iu_report import IuReport


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return IuReport().load(TaskOptions(small_collection(tmp_path_factory.mktemp("iu"))))


@pytest.fixture
def context(data):
    return AdapterContext("iu-report", "report", "iu-xray", data.training)


def with_pixels(example):
    from dataclasses import replace

    film = example.request.images[0]
    return replace(example.request, images=(replace(film, pixels=load_image(film.path)),))


@pytest.mark.parametrize("name", ["empty", "constant", "majority", "random", "retrieval"])
def test_every_baseline_answers_every_request_and_says_that_it_is_a_floor(name, context, data):
    adapter = create_adapter(f"baseline:{name}", context)
    assert isinstance(adapter, Adapter)
    assert adapter.describe().is_baseline
    requests = [with_pixels(example) for example in data.examples]
    made = adapter.predict(requests)
    assert [item.id for item in made] == [request.id for request in requests]


def test_majority_says_the_most_frequent_findings_of_the_training_split(context, data):
    from collections import Counter

    most = Counter(item.reference.findings for item in data.training()).most_common(1)[0][0]
    made = create_adapter("baseline:majority", context).predict([data.examples[0].request])
    assert made[0].text.startswith(f"Findings: {most}\nImpression: ")


def test_random_depends_on_seed_and_id_but_not_on_order(context, data):
    requests = [example.request for example in data.examples]
    adapter = create_adapter("baseline:random", context)
    forward = {item.id: item.text for item in adapter.predict(requests)}
    backward = {item.id: item.text for item in adapter.predict(requests[::-1])}
    assert forward == backward
    other = create_adapter("baseline:random", AdapterContext("iu-report", "report", "iu", data.training, seed=1))
    assert {item.id: item.text for item in other.predict(requests)} != forward


def test_retrieval_returns_the_report_of_the_identical_training_film(context, data):
    adapter = create_adapter("baseline:retrieval", context)
    for example in data.training():
        made = adapter.predict([with_pixels(example)])[0]
        assert example.reference.findings in made.text


def test_a_flat_film_has_a_thumbnail_without_direction_and_no_nan():
    import numpy as np

    assert not thumbnail_vector(np.full((50, 40), 7, np.uint8)).any()


def test_baselines_that_need_training_reports_say_so_when_there_are_none():
    with pytest.raises(DataError, match="training split"):
        create_adapter("baseline:majority", AdapterContext("t", "report"))


@pytest.mark.parametrize(
    ("spec", "error", "hint"),
    [
        ("baseline:retreival", UnknownNameError, "retrieval"),
        ("baseline", UsageError, "baseline:empty"),
        ("chexqery", UnknownNameError, "chexquery"),
        ("file", UsageError, "file:predictions.jsonl"),
        ("no_such_module:Model", UsageError, "PYTHONPATH"),
        ("json:NoSuchClass", UnknownNameError, "JSONDecoder"),
        ("json:JSONDecoder", UsageError, "docs/adapters.md"),
    ],
)
def test_a_wrong_model_spec_names_what_would_be_right(spec, error, hint):
    with pytest.raises(error) as caught:
        create_adapter(spec, AdapterContext("t", "report"))
    assert hint in str(caught.value)


def test_an_option_that_the_adapter_does_not_know_is_refused():
    with pytest.raises(UsageError, match="num_beems"):
        create_adapter("baseline:empty", AdapterContext("t", "report", options={"num_beems": 4}))


def test_a_python_class_is_called_with_its_options_and_the_context_it_asks_for(tmp_path, monkeypatch):
    (tmp_path / "my_models.py").write_text(
        "from cxrbench import ModelInfo, Prediction\n"
        "class Shouting:\n"
        "    def __init__(self, word='x', context=None):\n"
        "        self.word, self.context = word, context\n"
        "    def describe(self):\n"
        "        return ModelInfo('shouting', '1', self.word, needs_pixels=False)\n"
        "    def predict(self, requests):\n"
        "        return [Prediction(r.id, text=self.word.upper()) for r in requests]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    context = AdapterContext("t", "report", options={"word": "clear"})
    adapter = create_adapter("my_models:Shouting", context)
    assert adapter.context is context
    assert adapter.predict([Request("a", "report", (), "")])[0].text == "CLEAR"
