from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from qba_writer import write_table

from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.datasets.qba.tables import TABLES, MetadataTables

ROWS: list[dict[str, Any]] = [
    {
        "patient_id": "p90000001",
        "study_id": "s99000001",
        "question_id": "B04_is_normal_001",
        "question.question_type": "B04_is_normal",
        "question.quality.rating": "A+",
        "question.num_answers": 2,
    },
    {
        "patient_id": "p90000001",
        "study_id": "s99000001",
        "question_id": "D02_has_finding_001",
        "question.question_type": "D02_has_finding",
        "question.quality.rating": "",
        "question.num_answers": 1,
    },
]
INDEX = list(TABLES["question"])


def as_csv(folder: Path) -> None:
    write_table(folder, "question_metadata", ROWS)


def as_plain_csv(folder: Path) -> None:
    pd.DataFrame(ROWS).to_csv(folder / "question_metadata.csv", index=False)


def as_indexed_parquet(folder: Path) -> None:
    frame = pd.DataFrame(ROWS).replace("", None).set_index(INDEX)
    frame.to_parquet(folder / "question_metadata.parquet")


def as_nameless_index(folder: Path) -> None:
    frame = pd.DataFrame(ROWS).replace("", None).set_index(INDEX)
    frame.index.names = [None, None, None]
    frame.to_parquet(folder / "question_metadata.parquet")


def as_numbered_csv(folder: Path) -> None:
    pd.DataFrame(ROWS).to_csv(folder / "question_metadata.csv.gz")


def as_bare_names(folder: Path) -> None:
    bare = [{key.removeprefix("question."): value for key, value in row.items()} for row in ROWS]
    write_table(folder, "question_metadata", bare)


def as_categories(folder: Path) -> None:
    frame = pd.DataFrame(ROWS).replace("", None)
    for column in ("question_id", "question.question_type", "question.quality.rating"):
        frame[column] = frame[column].astype("category")
    frame.to_parquet(folder / "question_metadata.parquet", index=False)


FORMS = [
    as_csv,
    as_plain_csv,
    as_indexed_parquet,
    as_nameless_index,
    as_numbered_csv,
    as_bare_names,
    as_categories,
]


@pytest.mark.parametrize("write", FORMS)
def test_every_form_of_a_table_gives_the_same_columns(tmp_path: Path, write: Any) -> None:
    write(tmp_path)
    tables = MetadataTables(tmp_path)
    table = tables.table("question")
    assert table is not None
    assert table.schema.names == [*INDEX, "question_type", "quality.rating", "num_answers"]
    assert table.column("quality.rating").to_pylist() == ["A+", None]
    assert table.column("num_answers").to_pylist() == [2, 1]
    assert table.column("question_id").type == pa.string()
    assert tables.names() == ("question",)
    some = tables.table("question_metadata", ["question.quality.rating", "absent"])
    assert some is not None
    assert some.schema.names == [*INDEX, "quality.rating"]


def test_a_prefixed_column_counts_before_a_bare_one(tmp_path: Path) -> None:
    write_table(
        tmp_path, "image_metadata", [dict.fromkeys(TABLES["image"], "p1") | {"size": "old", "img.size": "new"}]
    )
    table = MetadataTables(tmp_path).table("image")
    assert table is not None
    assert table.column("size").to_pylist() == ["new"]


def test_ids_without_prefix_gain_it(tmp_path: Path) -> None:
    frame = pd.DataFrame({"patient_id": [90000001], "study_id": [99000001], "study.num_images": [2]})
    frame.to_parquet(tmp_path / "study_metadata.parquet", index=False)
    table = MetadataTables(tmp_path).table("study")
    assert table is not None
    assert table.to_pylist() == [{"patient_id": "p90000001", "study_id": "s99000001", "num_images": 2}]


def test_a_table_streams_in_pieces_of_the_asked_size(tmp_path: Path) -> None:
    rows = [{"patient_id": f"p{number}", "patient.split": "train"} for number in range(1, 1001)]
    write_table(tmp_path, "patient_metadata", rows)
    sizes = [batch.num_rows for batch in MetadataTables(tmp_path).batches("patient", rows=300)]
    assert sum(sizes) == 1000
    assert max(sizes) == 300


def test_columns_whose_first_rows_mislead_stay_text(tmp_path: Path) -> None:
    rows = [
        {
            "patient_id": "p1",
            "study_id": f"s{number}",
            "study.procedure": "",
            "study.note": "",
            "study.quality.rating": 5,
        }
        for number in range(1, 200_000)
    ]
    rows.append(
        {
            "patient_id": "p1",
            "study_id": "s1",
            "study.procedure": "CHEST",
            "study.note": "late",
            "study.quality.rating": "A",
        }
    )
    write_table(tmp_path, "study_metadata", rows)
    table = MetadataTables(tmp_path).table("study")
    assert table is not None
    assert table.slice(199_999).to_pylist() == [
        {"patient_id": "p1", "study_id": "s1", "procedure": "CHEST", "note": "late", "quality.rating": "A"}
    ]


@pytest.mark.parametrize("word", ["val", "validate", " Validation "])
def test_split_words_become_those_of_mimic_cxr(tmp_path: Path, word: str) -> None:
    rows = [
        {"patient_id": f"p{number}", "patient.split": split}
        for number, split in enumerate(("train", word, "test"), 1)
    ]
    write_table(tmp_path, "patient_metadata", rows)
    assert MetadataTables(tmp_path).splits() == {"p1": "train", "p2": "validate", "p3": "test"}


def test_a_patient_in_two_splits_is_refused_by_name(tmp_path: Path) -> None:
    write_table(tmp_path, "patient_metadata", [{"patient_id": "p1", "patient.split": "train"}])
    rows = [{"patient_id": "p1", "study_id": "s1", "study.split": "train"}]
    write_table(tmp_path, "study_metadata", rows)
    assert MetadataTables(tmp_path).splits() == {"p1": "train"}
    write_table(tmp_path, "study_metadata", [*rows, {"patient_id": "p1", "study_id": "s2", "study.split": "test"}])
    with pytest.raises(DataError, match="1 patient in two splits: p1"):
        MetadataTables(tmp_path).splits()


def test_an_unknown_split_word_stays_as_it_is(tmp_path: Path) -> None:
    write_table(tmp_path, "patient_metadata", [{"patient_id": "p1", "patient.split": "holdout"}])
    assert MetadataTables(tmp_path).splits() == {"p1": "holdout"}


def test_two_versions_of_a_table_are_compared_row_by_row(tmp_path: Path) -> None:
    as_csv(tmp_path)
    as_indexed_parquet(tmp_path)
    tables = MetadataTables(tmp_path)
    assert tables.differing_forms("question") is None
    write_table(tmp_path, "question_metadata", ROWS[:1])
    assert tables.differing_forms("question") == (
        "question_metadata has two versions that name different rows (question_metadata.parquet 2 rows, "
        "question_metadata.csv.gz 1 rows); question_metadata.parquet counts"
    )
    assert tables.rows("question") == 2


def test_subsets_of_an_export_are_tables_of_their_own(tmp_path: Path) -> None:
    as_csv(tmp_path)
    for name in ("App_q1M", "empty"):
        (tmp_path / name).mkdir()
    write_table(tmp_path / "App_q1M", "question_metadata", ROWS[:1])
    subsets = MetadataTables(tmp_path).subsets()
    assert list(subsets) == ["App_q1M"]
    table = subsets["App_q1M"].table("question")
    assert table is not None
    assert table.num_rows == 1


def test_a_missing_index_column_is_named(tmp_path: Path) -> None:
    write_table(tmp_path, "study_metadata", [{"patient_id": "p1", "study.num_images": 2}])
    with pytest.raises(DataError, match=r"column 'study_id' missing; the table has patient_id, study\.num_images"):
        MetadataTables(tmp_path).table("study")


def test_damaged_tables_are_errors_that_name_the_file(tmp_path: Path) -> None:
    as_csv(tmp_path)
    path = tmp_path / "question_metadata.csv.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="cannot read metadata table") as caught:
        MetadataTables(tmp_path).table("question")
    assert caught.value.where == str(path)
    pq.write_table(pa.table({"a": [1]}), tmp_path / "patient_metadata.parquet")
    path = tmp_path / "patient_metadata.parquet"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError, match="not a complete Parquet file"):
        MetadataTables(tmp_path).splits()


def test_an_unknown_table_and_an_absent_one_are_told_apart(tmp_path: Path) -> None:
    tables = MetadataTables(tmp_path)
    assert tables.table("answer") is None
    with pytest.raises(DataError, match="answer_metadata is missing"):
        next(tables.batches("answer"))
    with pytest.raises(UnknownNameError, match="did you mean 'question'"):
        tables.table("questoin")
