import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.errors import DataError, RunFolderError
from cxrbench.core.jsonio import StorageError
from cxrbench.core.predictions import canonical_lines, from_record, to_record
from cxrbench.core.run_folder import RunFolder, folder_name, run_id
from cxrbench.core.types import Box, Prediction


def append(folder, *predictions):
    folder.path.mkdir(parents=True, exist_ok=True)
    with folder.appender() as appender:
        appender.append(predictions)


def test_predictions_come_back_as_they_were_written(tmp_path):
    folder = RunFolder(tmp_path / "run")
    given_back = Prediction(
        "a",
        text="Größe normal ✓",
        boxes=(Box(1, 2, 3, 4, label="nodule", score=0.5),),
        regions=("heart",),
        label_probabilities={"Edema": 0.25},
        attention={"Edema": [[0.0, 1.0]]},
        latency_s=0.1,
    )
    append(folder, given_back)
    assert folder.read_predictions() == {"a": given_back}


def test_the_last_prediction_of_an_id_counts(tmp_path):
    folder = RunFolder(tmp_path)
    append(folder, Prediction("a", status="error", error="boom"))
    append(folder, Prediction("a", text="better"))
    assert folder.read_predictions()["a"].text == "better"


@pytest.mark.parametrize("torn", ['{"id": "b", "te', '{"id": "b", "text": "whole but without its newline"}'])
def test_a_torn_last_line_is_cut_off_before_more_is_appended(tmp_path, torn):
    folder = RunFolder(tmp_path)
    append(folder, Prediction("a", text="x"))
    with folder.predictions_file.open("a") as file:
        file.write(torn)
    append(folder, Prediction("c", text="z"))
    assert list(folder.read_predictions()) == ["a", "c"]
    assert folder.damaged_lines == []


def test_a_file_torn_within_its_first_line_becomes_empty(tmp_path):
    folder = RunFolder(tmp_path)
    folder.predictions_file.write_text('{"id"' + " " * 200_000)
    append(folder, Prediction("a", text="x"))
    assert list(folder.read_predictions()) == ["a"]


def test_a_damaged_line_in_the_middle_is_noted_and_skipped(tmp_path):
    folder = RunFolder(tmp_path)
    folder.predictions_file.write_text('{"id": "a", "text": "x"}\nrubbish\n{"id": "b", "text": "y"}\n')
    assert list(folder.read_predictions()) == ["a", "b"]
    assert folder.damaged_lines == [2]


def test_a_second_writer_is_refused(tmp_path):
    code = (
        "import sys; from pathlib import Path; from cxrbench.core.run_folder import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).lock():\n    print('locked', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline().strip() == "locked"
        with pytest.raises(RunFolderError, match="another process"), RunFolder(tmp_path).lock():
            pass
    finally:
        process.communicate("")
    with RunFolder(tmp_path).lock():
        pass


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_an_error_that_says_how_to_go_on(tmp_path):
    (tmp_path / "predictions.jsonl").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="repeat the same command"):
        append(RunFolder(tmp_path), Prediction("a", text="x"))


def test_a_path_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError), RunFolder(tmp_path / "file" / "run").lock():
        pass


def test_a_folder_without_run_json_is_refused_and_runs_inside_are_named(tmp_path):
    inside = tmp_path / "iu-report" / "m" / "abc"
    inside.mkdir(parents=True)
    (inside / "run.json").write_text("{}")
    with pytest.raises(DataError, match="abc"):
        RunFolder.open(tmp_path)


def test_a_run_of_another_schema_is_refused(tmp_path):
    (tmp_path / "run.json").write_text('{"schema": "cxrbench.run/99"}')
    with pytest.raises(RunFolderError, match="cxrbench.run/99"):
        RunFolder.open(tmp_path).read_run()


def test_a_changed_identity_gives_another_run_and_key_order_does_not():
    first = {"task": "iu-report", "model": "m", "protocols": ["cxrbench"]}
    assert run_id(first) == run_id(dict(reversed(first.items())))
    assert run_id(first) != run_id({**first, "protocols": ["r2gen"]})


@given(st.text())
def test_any_model_name_becomes_one_safe_folder_name(name):
    safe = folder_name(name)
    assert safe
    assert not set(safe) & set('/\\:*?"<>| \n')
    assert safe not in (".", "..")


predictions = st.builds(
    Prediction,
    id=st.text(min_size=1),
    status=st.sampled_from(["ok", "empty", "refused"]),
    text=st.none() | st.text(),
    confidence=st.none() | st.floats(0, 1),
    regions=st.none() | st.lists(st.text(), max_size=3).map(tuple),
)


@given(predictions)
def test_a_prediction_survives_json_whatever_its_text(prediction):
    line = json.dumps(to_record(prediction))
    assert from_record(json.loads(line)) == prediction


@given(st.lists(predictions, max_size=5, unique_by=lambda item: item.id))
def test_identity_ignores_order_timing_and_usage(items):
    from dataclasses import replace

    timed = [replace(item, latency_s=1.0, usage={"tokens": 3}) for item in reversed(items)]
    assert canonical_lines(items) == canonical_lines(timed)
