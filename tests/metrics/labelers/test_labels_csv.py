"""Label files."""

import csv

import pytest

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError
from cxrbench.metrics.labelers.base import no_labels
from cxrbench.metrics.labelers.io import read_labels_csv, write_labels_csv

LABELS = [{**no_labels(), "Edema": 1, "Pneumonia": -1, "Fracture": 0}, no_labels()]


def test_the_file_has_an_id_and_fourteen_columns_of_codes(tmp_path):
    path = tmp_path / "labels.csv"
    write_labels_csv(path, ["a,1", "b"], LABELS)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["id", *CONDITIONS]
    assert (rows[0]["id"], rows[0]["Edema"], rows[0]["Pneumonia"], rows[0]["Fracture"], rows[0]["No Finding"]) == (
        "a,1", "1", "-1", "0", "",
    )  # fmt: skip
    assert set(rows[1].values()) == {"b", ""}


def test_what_is_written_is_read_back_by_name(tmp_path):
    path = tmp_path / "labels.csv"
    write_labels_csv(path, ["a", "b"], LABELS, id_column="study")
    assert read_labels_csv(path, id_column="study") == {"a": LABELS[0], "b": LABELS[1]}


def test_columns_in_another_order_and_float_codes_are_understood(tmp_path):
    path = tmp_path / "labels.csv"
    names = [*reversed(CONDITIONS), "extra", "id"]
    cells = ["-1.0" if name == "Edema" else "1.0" if name == "Fracture" else "" for name in names[:-1]]
    path.write_text(",".join(names) + "\n" + ",".join([*cells, "a"]) + "\n", encoding="utf-8-sig")
    assert read_labels_csv(path) == {"a": {**no_labels(), "Edema": -1, "Fracture": 1}}


def test_a_missing_folder_is_reported_with_its_path(tmp_path):
    with pytest.raises(DataError, match="cannot be written") as caught:
        write_labels_csv(tmp_path / "no" / "labels.csv", ["a"], LABELS[:1])
    assert "labels.csv" in str(caught.value)


def test_ids_and_labels_must_be_of_one_length(tmp_path):
    with pytest.raises(ValueError, match="2 ids but 1"):
        write_labels_csv(tmp_path / "x.csv", ["a", "b"], LABELS[:1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("Edema", "Oedema"), "lacks the columns Edema"),
        (lambda text: text.replace("b,", "a,"), "repeats the id"),
        (lambda text: text.replace("-1", "-2"), "is '-2'"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(tmp_path, change, message):
    path = tmp_path / "labels.csv"
    write_labels_csv(path, ["a", "b"], LABELS)
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=message) as caught:
        read_labels_csv(path)
    assert "labels.csv" in str(caught.value)


def test_a_missing_file_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_labels_csv(tmp_path / "none.csv")
