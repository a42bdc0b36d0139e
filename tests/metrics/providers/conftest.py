"""Stand-ins for radgraph and radeval, with the return formats of radgraph 0.1.18 and RadEval 2.2.1."""

import os
import socket
import sys
import types
import warnings

import pytest

ENTITIES = {"effusion": "OBS-DP", "pneumothorax": "OBS-DP", "lungs": "ANAT-DP", "left": "ANAT-DP", "clear": "OBS-DP"}


def annotation(text):
    """`left effusion` gets a located_at relation, every other known word an entity alone."""
    words = text.split()
    known = [(place, word) for place, word in enumerate(words) if word in ENTITIES]
    number = {word: str(index) for index, (_, word) in enumerate(known, start=1)}
    entities = {}
    for place, word in known:
        related = word == "effusion" and "left" in number
        entities[number[word]] = {
            "tokens": word,
            "label": ENTITIES[word],
            "start_ix": place,
            "end_ix": place,
            "relations": [["located_at", number["left"]]] if related else [],
        }
    return {"text": text, "entities": entities, "data_source": None, "data_split": "inference"}


def compute_reward(hypothesis, reference, level):
    assert level == "all"
    if not hypothesis["entities"] or not reference["entities"]:
        return (0.0, 0.0, 0.0)
    return tuple(f1(parts(hypothesis, depth), parts(reference, depth)) for depth in range(3))


def parts(graph, depth):
    found = set()
    for entity in graph["entities"].values():
        alone = (entity["tokens"], entity["label"])
        if depth == 0 or not entity["relations"]:
            found.add(alone)
        elif depth == 1:
            found.add((*alone, True))
        else:
            found |= {(*alone, kind, graph["entities"][to]["tokens"]) for kind, to in entity["relations"]}
    return found


def f1(hypothesis, reference):
    return 2 * len(hypothesis & reference) / (len(hypothesis) + len(reference))


@pytest.fixture
def radgraph(monkeypatch):
    """The stand-in; `seen` lists the texts that it annotated, `broken` those that it drops."""
    from cxrbench.metrics.providers import radgraph as provider

    package, rewards = types.ModuleType("radgraph"), types.ModuleType("radgraph.rewards")
    package.seen, package.broken, package.models = [], set(), []

    class RadGraph:
        def __init__(self, model_type=None):
            print("Using device: cpu")
            package.models.append(model_type)

        def __call__(self, texts):
            package.seen += texts
            return {str(i): annotation(text) for i, text in enumerate(texts) if text not in package.broken}

    package.RadGraph, package.rewards = RadGraph, rewards
    rewards.compute_reward = compute_reward
    monkeypatch.setitem(sys.modules, "radgraph", package)
    monkeypatch.setitem(sys.modules, "radgraph.rewards", rewards)
    provider._annotator.cache_clear()
    yield package
    provider._annotator.cache_clear()


@pytest.fixture
def radeval(monkeypatch):
    """The stand-in; set `answers[metric]` to a function of (refs, hyps) that gives RadEval's dictionary."""
    package = types.ModuleType("radeval")
    metrics, registry = types.ModuleType("radeval.metrics"), types.ModuleType("radeval.metrics._registry")
    package.answers, package.calls, package.on_load = {}, [], lambda metric: None
    registry.METRIC_REGISTRY = {}

    class RadEval:
        def __init__(self, metrics=None, per_sample=False, show_progress=True):
            # What the constructor of the real package does to its process.
            os.environ["TOKENIZERS_PARALLELISM"] = "false"
            warnings.filterwarnings("ignore")
            assert per_sample is True
            assert show_progress is False
            (self.metric,) = metrics
            package.on_load(self.metric)

        def __call__(self, refs, hyps):
            assert isinstance(refs, list)
            assert isinstance(hyps, list)
            package.calls.append(list(zip(refs, hyps)))
            return package.answers[self.metric](refs, hyps)

    def offer(metric, answer):
        package.answers[metric] = answer
        registry.METRIC_REGISTRY[metric] = (f"radeval.metrics.{metric}", "Metric")
        monkeypatch.setitem(sys.modules, f"radeval.metrics.{metric}", types.ModuleType(f"radeval.metrics.{metric}"))

    package.RadEval, package.offer, package.registry = RadEval, offer, registry.METRIC_REGISTRY
    for name, module in (("", package), (".metrics", metrics), (".metrics._registry", registry)):
        monkeypatch.setitem(sys.modules, f"radeval{name}", module)
    return package


@pytest.fixture
def resolve():
    """Looks a host up, as every download does first."""
    return lambda *args: socket.getaddrinfo("localhost", 80)
