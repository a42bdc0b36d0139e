"""`exec:`: a program may die, hang, babble or leave answers out; every request gets one prediction all the same."""

import json
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.adapters.base import AdapterContext, create_adapter
from cxrbench.adapters.program import ProgramAdapter
from cxrbench.adapters.program.messages import mapped, parse_path_map, prediction_of, request_line
from cxrbench.core.answering import answer
from cxrbench.core.errors import UsageError
from cxrbench.core.types import Image, InvalidPrediction, ModelInfo, Request

HEAD = "import json, os, sys, time, signal\nfor line in sys.stdin:\n    r = json.loads(line)\n    "
SAY = "print(json.dumps({'id': r['id'], 'text': 'seen ' + r['id']}), flush=True)"


@pytest.fixture
def program(tmp_path):
    """An adapter around a program whose loop body is given; closed at the end."""
    opened = []

    def call(body, **options):
        script = tmp_path / f"model{len(opened)}.py"
        script.write_text(HEAD + textwrap.dedent(body).strip().replace("\n", "\n    ") + "\n")
        info = ModelInfo("m", "1", "1", needs_pixels=False)
        opened.append(ProgramAdapter([sys.executable, str(script)], info, **{"timeout": 20, **options}))
        return opened[-1]

    yield call
    for adapter in opened:
        adapter.close()


def asked(count=4, **fields):
    return [Request(f"r{number}", "report", (), "Write.", **fields) for number in range(count)]


def states(predictions):
    return {item.id: item.status for item in predictions}


def test_answers_are_matched_by_id_in_whatever_order_they_come(program):
    adapter = program("""
        waiting = globals().setdefault("waiting", [])
        waiting.append(r["id"])
        if len(waiting) == 4:
            for id in reversed(waiting): print(json.dumps({"id": id, "text": id}), flush=True)
    """)
    assert [item.text for item in adapter.predict(asked())] == ["r0", "r1", "r2", "r3"]


def test_one_process_serves_many_batches(program):
    adapter = program("print(json.dumps({'id': r['id'], 'text': str(os.getpid())}), flush=True)")
    pids = {item.text for batch in range(3) for item in adapter.predict(asked(2))}
    assert len(pids) == 1


def test_a_program_that_dies_on_one_request_answers_all_the_others(program):
    adapter = program(f"if r['id'] == 'r1': sys.stderr.write('bad film\\n'); sys.exit(3)\n{SAY}")
    found = answer(adapter, asked())
    assert states(found) == {"r0": "ok", "r1": "error", "r2": "ok", "r3": "ok"}
    assert "exit code 3" in found[1].error
    assert "bad film" in found[1].error


def test_a_program_killed_by_a_signal_says_so(program):
    adapter = program("os.kill(os.getpid(), signal.SIGSEGV)")
    (found,) = adapter.predict(asked(1))
    assert "SIGSEGV" in found.error


def test_a_hanging_program_is_ended_and_the_rest_goes_on(program):
    adapter = program(f"if r['id'] == 'r1': time.sleep(60)\n{SAY}", timeout=0.7)
    started = time.monotonic()
    assert states(answer(adapter, asked())) == {"r0": "ok", "r1": "error", "r2": "ok", "r3": "ok"}
    assert time.monotonic() - started < 15


def test_garbage_between_answers_is_passed_over(program):
    adapter = program(f"print('loading weights 50 %', flush=True)\nprint('{{\"id\": 7', flush=True)\n{SAY}")
    assert set(states(adapter.predict(asked())).values()) == {"ok"}


def test_a_program_that_only_babbles_is_told_apart_by_its_first_line(program):
    adapter = program("print('hello', flush=True)", timeout=0.5)
    (found,) = adapter.predict(asked(1))
    assert found.status == "error"
    assert "hello" in found.error


def test_a_torn_last_line_is_no_answer(program):
    adapter = program('sys.stdout.write(\'{"id": "r0", "te\'); sys.stdout.flush(); os._exit(0)')
    (found,) = adapter.predict(asked(1))
    assert found.status == "error"
    assert "exit code 0" in found.error


def test_an_answer_given_twice_counts_once_and_foreign_ids_not_at_all(program):
    adapter = program(f"{SAY}\n{SAY}\nprint(json.dumps({{'id': 'other', 'text': 'x'}}), flush=True)")
    found = adapter.predict(asked())
    assert [item.text for item in found] == [f"seen r{number}" for number in range(4)]
    assert [item.text for item in adapter.predict(asked(2))] == ["seen r0", "seen r1"]


def test_a_program_that_always_dies_is_not_started_forever(program, tmp_path):
    adapter = program(f"open({str(tmp_path / 'starts')!r}, 'a').write('x'); sys.exit(1)")
    found = answer(adapter, asked(30))
    assert set(states(found).values()) == {"error"}
    assert len((tmp_path / "starts").read_text()) <= 6
    assert "times in a row" in found[-1].error


def test_a_program_that_reads_nothing_does_not_block_us(program):
    adapter = program("time.sleep(60)", timeout=0.7)
    large = asked(8, context={"indication": "x" * 200_000})
    assert set(states(adapter.predict(large[:2])).values()) == {"error"}


def test_what_a_program_started_ends_with_it(program, tmp_path):
    adapter = program(f"""
        import subprocess
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
        open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
        {SAY}
    """)
    adapter.predict(asked(1))
    adapter.close()
    pid = (tmp_path / "pid").read_text()
    deadline = time.monotonic() + 5
    while _is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_running(pid):
    listed = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True)
    return listed.stdout.strip() != "" and not listed.stdout.startswith("Z")


def test_stderr_is_kept_in_a_file(program, tmp_path):
    adapter = program(f"sys.stderr.write('note ' + r['id'] + '\\n')\n{SAY}", stderr=tmp_path / "err.txt")
    adapter.predict(asked(2))
    adapter.close()
    deadline = time.monotonic() + 5
    while (tmp_path / "err.txt").read_text() != "note r0\nnote r1\n":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_all_fields_of_the_interchange_format_are_understood(program):
    adapter = program("""
        print(json.dumps({"id": r["id"], "answer": "yes", "confidence": .5, "regions": ["heart"],
            "boxes": [[1, 2, 3, 4]], "label_probabilities": {"Edema": .25}}), flush=True)
    """)
    (found,) = adapter.predict(asked(1))
    assert (found.answer, found.confidence, found.regions) == ("yes", 0.5, ("heart",))
    assert (found.boxes[0].x2, found.label_probabilities) == (3.0, {"Edema": 0.25})


def test_a_request_line_carries_what_the_model_may_see_and_mapped_paths():
    request = Request(
        "a",
        "vqa",
        (Image(Path("/data/iu/x.png"), "PA"),),
        "Is it?",
        "is_abnormal",
        ("yes", "no"),
        {"indication": "cough"},
    )
    record = json.loads(request_line(request, parse_path_map("/data:/mnt,/data/iu:/iu")))
    assert record == {
        "id": "a",
        "kind": "vqa",
        "images": [{"path": "/iu/x.png", "view": "PA", "when": "current"}],
        "prompt": "Is it?",
        "question_type": "is_abnormal",
        "choices": ["yes", "no"],
        "context": {"indication": "cough"},
    }


def test_a_folder_whose_name_only_begins_alike_is_not_mapped():
    assert mapped("/database/x.png", [("/data", "/mnt")]) == "/database/x.png"


@pytest.mark.parametrize("text", ["/a", "a:/b", "/a:b"])
def test_a_path_map_that_cannot_be_understood_is_a_usage_error(text):
    with pytest.raises(UsageError, match="path map"):
        parse_path_map(text)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_prediction_or_an_invalid_one(line):
    try:
        assert prediction_of(line).id
    except InvalidPrediction:
        pass


def spec(command, **options):
    return create_adapter(f"exec:{command}", AdapterContext("iu-report", "report", options=options))


def test_a_changed_script_is_another_model(tmp_path):
    script = tmp_path / "m.py"
    script.write_text("1")
    first = spec(f"{sys.executable} {script}").describe()
    script.write_text("2")
    second = spec(f"{sys.executable} {script}").describe()
    assert (first.name, second.name) == ("m", "m")
    assert first.fingerprint != second.fingerprint


@pytest.mark.parametrize(
    ("command", "options", "message"),
    [
        ("", {}, "needs a command"),
        ("'unclosed", {}, "cannot be split"),
        ("no-such-program-anywhere", {}, "not found"),
        (sys.executable, {"timeout": "soon"}, "timeout 'soon'"),
        (sys.executable, {"tiemout": 3}, "has no option tiemout"),
    ],
)
def test_what_cannot_be_run_is_a_usage_error_before_anything_starts(command, options, message):
    with pytest.raises(UsageError, match=message):
        spec(command, **options)
