import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_learner import ToyLearner, toy_phase, toy_plan

from cxrbench.core.errors import UsageError, WeightsError
from cxrbench.reference_models.training.history import read_history
from cxrbench.reference_models.training.loop import train
from cxrbench.reference_models.training.phase import Plan
from cxrbench.reference_models.training.state import read_pointer
from cxrbench.reference_models.training.step import DivergedError

torch.set_num_threads(1)


def run(out, learner=None, plan=None, **options):
    learner = learner or ToyLearner()
    result = train(learner, plan or toy_plan(), out, {"model": "toy"}, device="cpu", **options)
    return learner, result


def weights(out):
    from safetensors.torch import load_file

    return load_file(read_pointer(out / "last.json") / "model.safetensors")


def assert_same(left, right):
    assert left.keys() == right.keys()
    for name in left:
        assert torch.equal(left[name], right[name]), name


def untimed(out):
    return [
        {name: value for name, value in record.items() if name not in ("samples_per_s", "seconds")}
        for record in read_history(out)
    ]


class Stop(Exception):
    pass


def stop_at(call):
    """A step hook that fails on its n-th call."""
    calls = iter(range(1, 10_000))

    def hook():
        if next(calls) == call:
            raise Stop

    return hook


def interrupt_at(call):
    calls = iter(range(1, 10_000))

    def hook():
        if next(calls) == call:
            os.kill(os.getpid(), signal.SIGINT)

    return hook


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("uninterrupted")
    learner, result = run(out)
    return out, learner, result


@pytest.mark.parametrize("call", [1, 6, 13, 24])
def test_an_interrupted_and_resumed_training_equals_an_uninterrupted_one(tmp_path, uninterrupted, call):
    reference, _, expected = uninterrupted
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, ToyLearner(on_step=interrupt_at(call)))
    assert read_pointer(tmp_path / "last.json") is not None
    _, result = run(tmp_path, resume=True)
    assert_same(weights(tmp_path), weights(reference))
    assert untimed(tmp_path) == untimed(reference)
    assert result.best == expected.best


@pytest.mark.parametrize("call", [5, 14])
def test_a_training_that_died_repeats_the_steps_since_the_last_checkpoint_and_ends_the_same(
    tmp_path, uninterrupted, call
):
    plan = toy_plan(checkpoint_every=2)
    with pytest.raises(Stop):
        run(tmp_path, ToyLearner(on_step=stop_at(call)), plan)
    run(tmp_path, plan=plan, resume=True)
    assert_same(weights(tmp_path), weights(uninterrupted[0]))
    assert untimed(tmp_path) == untimed(uninterrupted[0])


def test_a_killed_process_is_resumed_to_the_same_weights(tmp_path, uninterrupted):
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "import torch; torch.set_num_threads(1)\n"
        "from toy_learner import ToyLearner, toy_plan\n"
        "from cxrbench.reference_models.training.loop import train\n"
        "calls = iter(range(1, 99))\n"
        "hook = lambda: os.kill(os.getpid(), 9) if next(calls) == 17 else None\n"
        "train(ToyLearner(on_step=hook), toy_plan(), Path(sys.argv[2]), {'model': 'toy'}, device='cpu')\n"
    )
    here = str(Path(__file__).parent)
    ended = subprocess.run([sys.executable, "-c", script, here, str(tmp_path)], capture_output=True, check=False)
    assert ended.returncode == -9, ended.stderr.decode()
    run(tmp_path, resume=True)
    assert_same(weights(tmp_path), weights(uninterrupted[0]))


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path, uninterrupted):
    run(tmp_path / "same")
    assert_same(weights(tmp_path / "same"), weights(uninterrupted[0]))
    run(tmp_path / "other", plan=toy_plan(seed=8))
    assert not torch.equal(weights(tmp_path / "other")["head.0.weight"], weights(uninterrupted[0])["head.0.weight"])


def test_accumulation_changes_only_rounding_when_a_step_has_no_randomness(tmp_path):
    results = []
    for batch_size, accumulation in ((8, 1), (2, 4), (3, 3)):
        learner = ToyLearner(samples=18)
        for module in learner.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        # Batch statistics depend on the batch by definition: the trunk stays frozen, and so in eval mode.
        phase = toy_phase(batch_size=batch_size, accumulation=accumulation, trainable=(r"head\..*",), epochs=1)
        if batch_size == 3:
            phase = replace(phase, batch_size=4, accumulation=2)
        run(tmp_path / f"{batch_size}", learner, Plan((phase,), seed=3))
        results.append(learner.model.state_dict())
    for other in results[1:]:
        for name, value in results[0].items():
            torch.testing.assert_close(value, other[name], rtol=1e-5, atol=1e-6)


def test_frozen_modules_keep_weights_and_batch_statistics(tmp_path):
    learner = ToyLearner()
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    run(tmp_path, learner, Plan((toy_phase(trainable=(r"head\.0\..*",)),)))
    changed = {name for name, value in learner.model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"head.0.weight", "head.0.bias"}


def test_a_phase_starts_from_the_best_weights_of_the_one_before(tmp_path):
    learner = ToyLearner(scores=[0.1, 0.5, 0.4, 0.2, 0.1, 0.2, 0.3])
    plan = Plan((toy_phase("1", epochs=4), toy_phase("2", epochs=2, select="other")))
    run(tmp_path, learner, plan)
    assert learner.loaded == ["1-e002"]


def test_the_score_of_an_earlier_phase_has_to_be_beaten_when_it_is_the_same_score(tmp_path):
    learner = ToyLearner(scores=[0.9, 0.5, 0.8, 0.7])
    _, result = run(tmp_path, learner, Plan((toy_phase("1", epochs=2), toy_phase("2", epochs=2))))
    assert (result.best.phase, result.best.epoch, result.best.value) == ("1", 1, 0.9)
    assert json.loads((tmp_path / "best.json").read_text())["checkpoint"] == "checkpoints/1-e001"
    assert result.checkpoint.is_dir()


def test_a_lower_score_wins_where_lower_is_better_and_the_earlier_one_wins_a_draw(tmp_path):
    learner = ToyLearner(scores=[0.9, 0.5, 0.5, 0.7])
    _, result = run(tmp_path, learner, Plan((toy_phase(epochs=4, higher_is_better=False),)))
    assert (result.best.epoch, result.best.value) == (2, 0.5)


def test_an_undefined_score_never_beats_a_defined_one(tmp_path):
    learner = ToyLearner(scores=[None, 0.1, float("nan"), None])
    _, result = run(tmp_path, learner, Plan((toy_phase(epochs=4),)))
    assert (result.best.epoch, result.best.value) == (2, 0.1)


def test_validation_runs_every_k_epochs_and_at_the_end(tmp_path):
    learner, _ = run(tmp_path, plan=Plan((toy_phase(epochs=5, validate_every=2),)))
    assert learner.validations == 3
    epochs = [record for record in read_history(tmp_path) if record["event"] == "epoch"]
    assert [bool(record["validation"]) for record in epochs] == [False, True, False, True, True]


def test_every_sample_is_seen_once_per_epoch_in_an_order_that_changes(uninterrupted):
    _, learner, _ = uninterrupted
    orders = {}
    for phase, epoch, indices in learner.seen:
        orders.setdefault((phase, epoch), []).extend(indices)
    assert len(orders) == 5
    assert all(sorted(order) == list(range(20)) for order in orders.values())
    assert len({tuple(order) for order in orders.values()}) == 5


def test_the_history_holds_losses_rate_norm_pace_and_gate(uninterrupted):
    out, _, _ = uninterrupted
    steps = [record for record in read_history(out) if record["event"] == "step"]
    assert [record["step"] for record in steps] == [2, 4, 6, 8, 10, 12, 14]
    for record in steps:
        assert record["losses"].keys() == {"gen", "aux", "total"}
        total = record["losses"]["gen"] + 0.5 * record["losses"]["aux"]
        assert record["losses"]["total"] == pytest.approx(total, rel=1e-5)
        assert record["gate/mean"] == 0.5
        assert record["gate/sd"] == 0.0
        assert record["learning_rate"] > 0
        assert record["grad_norm"] > 0
        assert record["samples_per_s"] > 0
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_gate_at_its_end_is_reported(tmp_path, capsys):
    learner = ToyLearner()
    learner.gate = 0.001
    run(tmp_path, learner)
    assert "warning: the mean of gate is 0.0010, outside 0.01 to 0.99" in capsys.readouterr().err


def test_only_best_and_last_stay_on_disk_and_only_last_keeps_the_optimiser(uninterrupted):
    out, _, result = uninterrupted
    last = read_pointer(out / "last.json")
    assert set((out / "checkpoints").iterdir()) == {last, result.checkpoint}
    assert (last / "state" / "optimizer.pt").exists()
    if result.checkpoint != last:
        assert not (result.checkpoint / "state").exists()


def test_resume_refuses_other_settings_and_names_them(tmp_path):
    run(tmp_path)
    plan = toy_plan()
    other = Plan((plan.phases[0], replace(plan.phases[1], learning_rate=0.5)), seed=9)
    with pytest.raises(UsageError, match=r"seed: 7 -> 9\n.*phases\.2\.learning_rate: 0\.01 -> 0\.5"):
        run(tmp_path, plan=other, resume=True)


def test_a_folder_with_a_training_is_not_overwritten(tmp_path):
    run(tmp_path)
    before = weights(tmp_path)
    with pytest.raises(UsageError, match="already holds a training"):
        run(tmp_path)
    assert_same(weights(tmp_path), before)


def test_resuming_a_finished_training_does_nothing(tmp_path):
    _, first = run(tmp_path)
    learner, again = run(tmp_path, resume=True)
    assert again == first
    assert learner.seen == []


def test_resume_without_a_training_refuses_a_foreign_folder_but_starts_in_an_empty_one(tmp_path):
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="no training to resume"):
        run(tmp_path / "foreign", resume=True)
    _, result = run(tmp_path / "new", resume=True)
    assert result.checkpoint.is_dir()


def test_an_output_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        run(tmp_path / "out")


def test_a_damaged_training_state_is_reported(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, ToyLearner(on_step=interrupt_at(9)))
    optimizer = read_pointer(tmp_path / "last.json") / "state" / "optimizer.pt"
    optimizer.write_bytes(optimizer.read_bytes()[:100])
    with pytest.raises(WeightsError, match="cannot read the training state"):
        run(tmp_path, resume=True)


def test_a_diverging_training_stops_with_the_phase_named(tmp_path):
    learner = ToyLearner()
    learner.y[:] = float("inf")
    with pytest.raises(DivergedError, match="phase '1' became"):
        run(tmp_path, learner)


def test_a_pattern_that_matches_nothing_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"no parameter to train matches 'tail\.\*'"):
        run(tmp_path, plan=Plan((toy_phase(trainable=("head.*", "tail.*")),)))
