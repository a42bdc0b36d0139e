"""Killed at any moment, the same command ends in the run that an undisturbed one gives."""

import random
import shutil
import signal
import time

import pytest

import cxrbench
from cxrbench.core.rescoring import compare_runs

RAY = ("--executor", "ray", "--workers", 2)
IN_A_ROW = 5


def only_run(path):
    (folder,) = cxrbench.find_runs(path)
    return folder


def killed_at(moments, command, tmp_path, *more):
    """Kill a run at random moments, several times in a row, and finish it; tell how it went."""
    # Starting Ray takes seconds; the prediction phase must last as long to be met.
    seconds = 0.1 if more else 0.01
    whole = command("whole", *more, seconds=seconds)
    started = time.monotonic()
    code, _, err = whole.finish()
    lasts = time.monotonic() - started
    assert code == 0, err
    undisturbed = only_run(tmp_path / "whole")
    expected = undisturbed.read_predictions()
    chance = random.Random(moments)
    kills = runs = 0
    kept = []
    while kills < moments:
        runs += 1
        again = command("killed", *more, seconds=seconds)
        for turn in range(min(IN_A_ROW, moments - kills)):
            started = time.monotonic()
            if not again.kill_after(chance.uniform(0, lasts)):
                # From its beginning to its end: the machine has become faster. Later turns find little left to do.
                lasts = min(lasts, time.monotonic() - started) if turn == 0 else lasts
                break
            kills += 1
            found = cxrbench.find_runs(tmp_path / "killed")
            left = found[0].read_predictions() if found else {}
            assert all(left[name].text == expected[name].text for name in left)
            kept.append(len(left))
        code, _, err = again.finish()
        assert code == 0, err
        assert again.left(patience=90) == [], "processes are left behind"
        comparison = compare_runs(undisturbed, only_run(tmp_path / "killed"))
        assert comparison.identical, comparison.differences
        shutil.rmtree(tmp_path / "killed")
    some = sum(0 < count < len(expected) for count in kept)
    print(f"{kills} kills within {lasts:.1f} s, {some} of them while predicting, {runs} runs finished, all identical")
    return kept


def test_killed_locally_at_a_few_moments(command, tmp_path):
    assert len(killed_at(4, command, tmp_path)) == 4


@pytest.mark.timeout(280)
def test_killed_with_ray_at_a_few_moments(command, tmp_path):
    pytest.importorskip("ray")
    assert len(killed_at(2, command, tmp_path, *RAY)) == 2


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("more", [(), RAY], ids=["local", "ray"])
def test_killed_at_fifty_moments(command, tmp_path, more):
    if more:
        pytest.importorskip("ray")
    kept = killed_at(50, command, tmp_path, *more)
    assert any(0 < count < 60 for count in kept), "no kill fell into the prediction phase"


@pytest.mark.timeout(280)
@pytest.mark.parametrize("more", [(), RAY], ids=["local", "ray"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_interrupted_it_keeps_what_was_answered_and_leaves_no_process(command, tmp_path, more, sent):
    if more:
        pytest.importorskip("ray")
    asked = command("runs", *more, seconds=0.2)
    process = asked.start()
    answered = []
    deadline = time.monotonic() + 100
    while not answered and time.monotonic() < deadline and process.poll() is None:
        answered = list(tmp_path.glob("runs/*/*/*/predictions.jsonl"))
        answered = [path for path in answered if path.stat().st_size]
        time.sleep(0.05)
    process.send_signal(sent)
    _, err = process.communicate(timeout=60)
    if sent == signal.SIGINT:
        assert process.returncode == 130, err
        assert only_run(tmp_path / "runs").read_run()["status"] == "interrupted"
    else:
        assert process.returncode != 0
    assert asked.left() == []
    folder = only_run(tmp_path / "runs")
    assert 0 < len(folder.read_predictions()) < 60


def test_a_second_process_on_the_same_run_is_refused_and_the_first_goes_on(command, tmp_path):
    first = command("runs", seconds=0.05).start()
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("runs/*/*/*/predictions.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.05)
    code, out, err = command("runs", seconds=0.05).finish()
    assert (code, out) == (2, "")
    assert "another process is writing this run" in err
    _, err = first.communicate(timeout=100)
    assert first.returncode == 0, err
    assert command("alone").finish()[0] == 0
    assert compare_runs(only_run(tmp_path / "alone"), only_run(tmp_path / "runs")).identical
