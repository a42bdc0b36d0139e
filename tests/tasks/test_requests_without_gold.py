"""Whatever the gold is, the model is asked the same: over every task of the registry."""

import json
import random
from dataclasses import asdict

import pytest
from gold_twins import TWINS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxrbench.core.registry import TASKS
from cxrbench.core.types import Request
from cxrbench.tasks.base import TaskOptions

CASES = [(task, inputs) for task, twin in TWINS.items() for inputs in twin.inputs]


def wire(request: Request, root) -> bytes:
    """All that an adapter could read of a request, with paths relative to the data root."""
    record = asdict(request)
    for image in record["images"]:
        image["path"] = image["path"].relative_to(root).as_posix()
        image["pixels"] = None if image["pixels"] is None else image["pixels"].tolist()
    return json.dumps(record, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")


def loaded(task, inputs, root, seed):
    twin = TWINS[task]
    folder = twin.write(root, random.Random(seed))
    data = TASKS.load(task)().load(TaskOptions(folder, twin.split, inputs))
    requests = {item.id: wire(item.request, root) for item in data.examples}
    images = {item.id: [image.path.read_bytes() for image in item.request.images] for item in data.examples}
    return requests, images, {item.id: repr(item.reference) for item in data.examples}


def test_every_task_has_a_twin():
    """A new task needs an entry in `tests/support/gold_twins.py`."""
    assert set(TASKS.builtin) == set(TWINS)


@pytest.mark.parametrize(
    ("task", "inputs"), CASES, ids=lambda value: value if isinstance(value, str) else "+".join(value)
)
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)))
def test_examples_that_differ_only_in_the_gold_have_byte_identical_requests(task, inputs, tmp_path_factory, seeds):
    first, second = (
        loaded(task, inputs, tmp_path_factory.mktemp("twin"), f"{number}-{seed}") for number, seed in enumerate(seeds)
    )
    shared = first[0].keys() & second[0].keys()
    assert shared, "the two folders share no example: the twin cannot fail"
    for name in sorted(shared):
        assert first[0][name] == second[0][name], name
        assert first[1][name] == second[1][name], name
    assert any(first[2][name] != second[2][name] for name in shared), "the gold is the same: the twin cannot fail"


def test_the_property_would_notice_a_hint_that_follows_the_gold(tmp_path, monkeypatch):
    import cxrbench.tasks.vqa_items as module

    made = module.vqa_example

    def leaking(item, graphs, strata):
        example = made(item, graphs, strata)
        hint = " Answer yes or no." if (item.answer or "").lower() in ("yes", "no") else ""
        object.__setattr__(example.request, "prompt", example.request.prompt + hint)
        return example

    monkeypatch.setattr("cxrbench.tasks.vqa_data.vqa_example", leaking)
    seen = [loaded("vqa-rad", ("frontal",), tmp_path / str(seed), seed)[0] for seed in range(6)]
    assert any(one != seen[0] for one in seen[1:])
