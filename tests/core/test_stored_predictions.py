"""Answers read from the file when asked for are those that reading the whole file gives."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.predictions import to_record
from cxrbench.core.run_folder import RunFolder
from cxrbench.core.stored_predictions import StoredPredictions, take_predictions
from cxrbench.core.types import Prediction

IDS = [f"r{number}" for number in range(6)]
answers = st.builds(
    Prediction,
    id=st.sampled_from(IDS),
    status=st.sampled_from(["ok", "empty", "refused"]),
    text=st.none() | st.text(max_size=20),
)
lines = st.lists(
    answers.map(lambda item: json.dumps(to_record(item)).encode()) | st.sampled_from([b"rubbish", b"", b"[1]"]),
    max_size=12,
)


@given(lines, st.sampled_from([b"", b'{"id": "r1", "te']))
def test_the_last_line_of_an_id_counts_and_damaged_ones_are_numbered(written, torn):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "predictions.jsonl"
        path.write_bytes(b"".join(line + b"\n" for line in written) + torn)
        whole = RunFolder(Path(folder))
        expected = whole.read_predictions()
        found = StoredPredictions(path, IDS)
        assert dict(found) == expected
        assert found.damaged_lines == whole.damaged_lines
        assert len(found) == len(expected)
        assert {name: found.status(name) for name in IDS} == {
            name: expected[name].status if name in expected else None for name in IDS
        }
        wanted = list(reversed(IDS))
        assert take_predictions(found, wanted) == take_predictions(expected, wanted)


def test_a_whole_line_without_its_end_is_predicted_again_because_it_will_be_cut_off(tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text('{"id": "r0", "text": "x"}\n{"id": "r1", "text": "y"}')
    found = StoredPredictions(path, IDS)
    assert list(found) == ["r0"]
    assert found.damaged_lines == [2]
    with RunFolder(tmp_path).appender() as appender:
        (start,) = appender.append([Prediction("r2", text="z")])
    found.record(Prediction("r2", text="z"), start)
    assert found["r2"].text == "z"


def test_lines_of_others_are_passed_over_and_a_missing_file_is_empty(tmp_path):
    path = tmp_path / "predictions.jsonl"
    assert dict(StoredPredictions(path, IDS)) == {}
    path.write_text('{"id": "other", "text": "x"}\n')
    found = StoredPredictions(path, IDS)
    assert len(found) == 0
    assert "other" not in found
    with pytest.raises(KeyError):
        found["r0"]
