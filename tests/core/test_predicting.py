import os
import random
import signal
import subprocess
import sys
import time

import pytest

from cxrbench.core.answering import answer
from cxrbench.core.executors.local import LocalExecutor
from cxrbench.core.ordering import batches, hashed_order
from cxrbench.core.predicting import predict_into
from cxrbench.core.reporter import Silent
from cxrbench.core.run_folder import RunFolder
from cxrbench.core.types import ModelInfo, Prediction, Request


class Echo:
    """Answers with the ids of its batch, so that a changed batch shows."""

    def __init__(self):
        self.batches = []

    def describe(self):
        return ModelInfo("echo", "1", "1", needs_pixels=False)

    def predict(self, requests):
        self.batches.append([request.id for request in requests])
        return [Prediction(request.id, text=" ".join(self.batches[-1])) for request in requests]


def requests(count):
    return [Request(f"r{index}", "report", (), "") for index in range(count)]


def predict(folder, adapter, items, size=4):
    folder.path.mkdir(parents=True, exist_ok=True)
    return predict_into(folder, LocalExecutor(adapter), items, batch_size=size, reporter=Silent())


def test_every_request_gets_exactly_one_prediction(tmp_path):
    found = predict(RunFolder(tmp_path), Echo(), requests(10))
    assert sorted(found) == sorted(f"r{index}" for index in range(10))
    assert all(item.status == "ok" for item in found.values())


def test_a_finished_run_is_not_predicted_again(tmp_path):
    predict(RunFolder(tmp_path), Echo(), requests(10))
    again = Echo()
    predict(RunFolder(tmp_path), again, requests(10))
    assert again.batches == []


def test_a_resumed_run_recomputes_whole_batches_and_ends_as_an_undisturbed_one(tmp_path):
    undisturbed = predict(RunFolder(tmp_path / "a"), Echo(), requests(10))
    folder = RunFolder(tmp_path / "b")
    predict(folder, Echo(), requests(10))
    lines = folder.predictions_file.read_text().splitlines(keepends=True)
    folder.predictions_file.write_text("".join(lines[:6]))
    resumed = Echo()
    found = predict(folder, resumed, requests(10))
    assert resumed.batches[0] == ["r4", "r5", "r6", "r7"]
    assert {name: item.text for name, item in found.items()} == {n: i.text for n, i in undisturbed.items()}


def test_a_larger_limit_extends_a_smaller_one(tmp_path):
    folder = RunFolder(tmp_path)
    predict(folder, Echo(), requests(6))
    more = Echo()
    predict(folder, more, requests(12))
    assert more.batches == [["r4", "r5", "r6", "r7"], ["r8", "r9", "r10", "r11"]]


def test_the_hashed_order_of_fewer_ids_is_a_prefix_of_a_larger_limit_and_depends_on_the_seed():
    ids = [str(index) for index in range(50)]
    shuffled = random.Random(3).sample(ids, 50)
    assert hashed_order(ids, 1) == hashed_order(shuffled, 1)
    assert hashed_order(ids, 1) != hashed_order(ids, 2)


def test_a_batch_size_of_zero_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        batches([1, 2], 0)


class Failing(Echo):
    def __init__(self, bad, error):
        super().__init__()
        self.bad = bad
        self.error = error

    def predict(self, items):
        if any(item.id in self.bad for item in items):
            raise self.error
        return super().predict(items)


def test_a_model_that_raises_fails_only_the_examples_at_fault():
    made = answer(Failing({"r2"}, ValueError("bad pixel")), requests(5))
    assert [item.status for item in made] == ["ok", "ok", "error", "ok", "ok"]
    assert made[2].error == "ValueError: bad pixel"


def test_failed_examples_are_tried_again_by_the_same_command(tmp_path):
    folder = RunFolder(tmp_path)
    found = predict(folder, Failing({"r2"}, RuntimeError("flaky")), requests(5))
    assert found["r2"].status == "error"
    assert predict(folder, Echo(), requests(5))["r2"].status == "ok"


class Small(Echo):
    """Runs out of memory on more than `room` requests."""

    def __init__(self, room, error):
        super().__init__()
        self.room = room
        self.error = error

    def predict(self, items):
        if len(items) > self.room:
            raise self.error
        return super().predict(items)


class OutOfMemoryError(RuntimeError):
    """Stands in for torch.OutOfMemoryError, which is recognised by name."""


@pytest.mark.parametrize("error", [MemoryError(), OutOfMemoryError("x"), RuntimeError("CUDA error: out of memory")])
def test_out_of_memory_halves_the_batch(error):
    adapter = Small(3, error)
    made = answer(adapter, requests(8))
    assert [item.status for item in made] == ["ok"] * 8
    assert [len(batch) for batch in adapter.batches] == [2, 2, 2, 2]


def test_out_of_memory_on_a_single_request_is_recorded():
    made = answer(Small(0, MemoryError("no room")), requests(2))
    assert [item.status for item in made] == ["error", "error"]
    assert "MemoryError" in made[0].error


class Returning(Echo):
    def __init__(self, change):
        super().__init__()
        self.change = change

    def predict(self, items):
        return self.change(super().predict(items))


@pytest.mark.parametrize(
    ("change", "statuses", "reason"),
    [
        (lambda made: made[:-1], ["ok", "ok", "error"], "no prediction"),
        (lambda made: [*made, made[0]], ["error", "ok", "ok"], "2 predictions"),
        (lambda made: list(reversed(made)), ["ok", "ok", "ok"], None),
        (lambda made: [*made[:2], Prediction("other", text="?")], ["ok", "ok", "error"], "1 of unknown id"),
        (lambda made: [*made[:2], "not a prediction"], ["ok", "ok", "error"], "1 of unknown id or type"),
        (lambda made: None, ["error", "error", "error"], "TypeError"),
    ],
)
def test_wrong_answers_of_an_adapter_are_contained(change, statuses, reason):
    made = answer(Returning(change), requests(3))
    assert [item.status for item in made] == statuses
    if reason:
        assert any(reason in (item.error or "") for item in made)


def test_ok_without_any_answer_is_empty():
    made = answer(Returning(lambda found: [Prediction(item.id, text="  ") for item in found]), requests(1))
    assert made[0].status == "empty"


_SLOW_RUN = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_predicting import Echo, predict, requests
from cxrbench.core.run_folder import RunFolder
class Slow(Echo):
    def predict(self, items):
        time.sleep(0.01)
        return super().predict(items)
predict(RunFolder(Path(sys.argv[1])), Slow(), requests(40))
"""


def test_a_killed_run_loses_at_most_the_batch_in_flight_and_ends_identical(tmp_path):
    here = os.path.dirname(__file__)
    undisturbed = predict(RunFolder(tmp_path / "whole"), Echo(), requests(40))
    folder = RunFolder(tmp_path / "killed")
    chance = random.Random(0)
    for _ in range(4):
        before = folder.predictions_file.stat().st_size if folder.predictions_file.exists() else 0
        process = subprocess.Popen([sys.executable, "-c", _SLOW_RUN, str(folder.path), here])
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and process.poll() is None:
            if folder.predictions_file.exists() and folder.predictions_file.stat().st_size > before:
                break
            time.sleep(0.002)
        time.sleep(chance.random() * 0.03)
        process.send_signal(signal.SIGKILL)
        process.wait()
        kept = folder.read_predictions()
        assert all(kept[name].text == undisturbed[name].text for name in kept)
    found = predict(folder, Echo(), requests(40))
    assert {name: item.text for name, item in found.items()} == {n: i.text for n, i in undisturbed.items()}
