import codecs
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.core.errors import CxrbenchError, DataError
from cxrbench.core.interchange import read_predictions


def write(folder, name, data):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_a_json_lines_file_yields_predictions_by_id(tmp_path):
    path = write(
        tmp_path, "p.jsonl", '{"id": "a", "text": "Clear lungs."}\n\n{"id": 7, "text": "", "confidence": 0.5}\n'
    )
    found = read_predictions(path).predictions
    assert found["a"].text == "Clear lungs."
    assert found["a"].status == "ok"
    assert found["7"].status == "empty"
    assert found["7"].confidence == 0.5


def test_a_json_list_is_read_like_lines(tmp_path):
    path = write(tmp_path, "p.json", '[{"id": "a", "text": "x"}, {"id": "b", "text": "y"}]')
    assert list(read_predictions(path).predictions) == ["a", "b"]


@pytest.mark.parametrize(
    ("encoded", "encoding"),
    [
        ("id;text\n1;Größe normal, “klar”\n".encode(), "utf-8"),
        (codecs.BOM_UTF8 + 'id,text\n1,"Größe normal, “klar”"\n'.encode(), "utf-8-sig"),
        ("id\ttext\n1\tGröße normal, “klar”\n".encode("utf-16"), "utf-16"),
        ("id;text\n1;Größe normal, “klar”\n".encode("cp1252"), "cp1252"),
    ],
)
def test_a_csv_file_is_read_in_every_encoding_and_separator_that_excel_writes(tmp_path, encoded, encoding):
    content = read_predictions(write(tmp_path, "p.csv", encoded))
    assert content.predictions["1"].text == "Größe normal, “klar”"
    assert content.encoding == encoding


def test_columns_of_a_csv_file_can_be_named(tmp_path):
    path = write(tmp_path, "p.csv", "study,report\n1,clear\n")
    assert read_predictions(path, id_column="study", text_column="report").predictions["1"].text == "clear"


def test_a_missing_column_names_the_columns_that_are_there(tmp_path):
    path = write(tmp_path, "p.csv", "study,report\n1,clear\n")
    with pytest.raises(DataError) as caught:
        read_predictions(path)
    assert "no column 'id'" in str(caught.value)
    assert "study, report" in str(caught.value)
    assert "--id-column" in str(caught.value)


def test_a_csv_file_without_rows_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no rows"):
        read_predictions(write(tmp_path, "p.csv", "id,text\n"))


def test_invalid_lines_are_counted_and_listed(tmp_path):
    path = write(tmp_path, "p.jsonl", '{"id": "a", "text": "x"}\n{"id": "b", "te\nnonsense\n')
    with pytest.raises(DataError) as caught:
        read_predictions(path)
    assert "2 line(s)" in str(caught.value)
    assert "line 2" in str(caught.value)
    assert "line 3" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"text": "x"}', "non-empty id"),
        ('{"id": "", "text": "x"}', "non-empty id"),
        ('{"id": "a", "text": 5}', "text must be a string"),
        ('{"id": "a", "status": "fine"}', "unknown status 'fine'"),
        ('{"id": "a", "confidence": 1.5}', r"must lie in \[0, 1\]"),
        ('{"id": "a", "confidence": NaN}', "finite"),
        ('{"id": "a", "label_probabilities": {"Edma": 0.5}}', "unknown condition 'Edma'"),
        ('{"id": "a", "boxes": [{"x1": 0}]}', "numbers x1, y1, x2, y2"),
        ('{"id": "a", "regions": "left lung"}', "regions must be a list"),
        ("[1, 2]", "JSON object|id"),
    ],
)
def test_a_field_of_the_wrong_type_is_named_with_its_value(tmp_path, line, complaint):
    with pytest.raises(DataError, match=complaint):
        read_predictions(write(tmp_path, "p.jsonl", '{"id": "z", "text": "ok"}\n' + line + "\n"))


def test_a_repeated_id_becomes_an_error_because_nobody_knows_which_line_counts(tmp_path):
    path = write(
        tmp_path, "p.jsonl", '{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n{"id": "b", "text": "z"}\n'
    )
    content = read_predictions(path)
    assert content.repeated == ("a",)
    assert content.predictions["a"].status == "error"
    assert content.predictions["b"].status == "ok"


def test_a_line_separator_inside_a_string_does_not_end_the_record(tmp_path):
    path = write(tmp_path, "p.jsonl", json.dumps({"id": "a", "text": "one\u2028two"}, ensure_ascii=False) + "\n")
    assert read_predictions(path).predictions["a"].text == "one\u2028two"


def test_a_folder_or_a_missing_file_is_refused_with_a_hint(tmp_path):
    with pytest.raises(DataError, match="folder"):
        read_predictions(tmp_path)
    with pytest.raises(DataError, match="not found"):
        read_predictions(tmp_path / "absent.jsonl")


@given(st.binary(max_size=300), st.sampled_from(["p.jsonl", "p.csv", "p.json"]))
def test_arbitrary_bytes_raise_nothing_but_the_documented_errors(tmp_path_factory, data, name):
    path = tmp_path_factory.mktemp("fuzz") / name
    path.write_bytes(data)
    try:
        read_predictions(path)
    except CxrbenchError:
        pass
