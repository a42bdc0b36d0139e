"""The metadata tables of the phantom: twice each, row for row what the JSON files say."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from documented import QBA, members, table, walk

IDS = {
    "patient": ["patient_id"],
    "study": ["patient_id", "study_id"],
    "image": ["patient_id", "study_id", "image_id"],
    "question": ["patient_id", "study_id", "question_id"],
    "question_image": ["patient_id", "study_id", "question_id", "image_id"],
    "answer": ["patient_id", "study_id", "question_id", "answer_id"],
    "answer_image": ["patient_id", "study_id", "question_id", "answer_id", "image_id"],
}


def parquet(root: Path, name: str, folder: str = "metadata") -> pd.DataFrame:
    return pd.read_parquet(root / QBA / folder / f"{name}_metadata.parquet")


@pytest.mark.parametrize("name", IDS)
def test_parquet_and_csv_hold_the_same_rows_and_parquet_a_pandas_index(mimic: Path, name: str) -> None:
    frame = parquet(mimic, name)
    assert list(frame.index.names) == IDS[name]
    assert frame.index.is_unique
    rows = table(mimic / QBA / f"metadata/{name}_metadata.csv.gz")
    flat = frame.reset_index()
    assert list(rows[0]) == list(flat.columns)
    assert len(rows) == len(flat)
    for row, other in zip(rows[::7], flat.iloc[::7].to_dict("records")):
        for column, cell in row.items():
            value = other[column]
            if column == "img.size":
                assert json.loads(cell) == list(value)
            elif isinstance(value, float):
                assert (cell == "") if pd.isna(value) else float(cell) == value
            else:
                assert cell == ("" if value is None or value is pd.NA else str(value))


def test_the_tables_count_what_the_files_hold(mimic: Path) -> None:
    files = {Path(n).name.split(".")[0]: json.loads(d) for n, d in members(mimic / QBA / "qa.zip").items()}
    asked = parquet(mimic, "question")
    answers = parquet(mimic, "answer")
    pictures = parquet(mimic, "answer_image")
    assert len(asked) == sum(len(file["questions"]) for file in files.values())
    for study, file in files.items():
        for question in file["questions"]:
            row = asked.loc[file["patient_id"], study, question["question_id"]]
            below = list(walk(question["answers"]))
            assert row["question.num_answers"] == len(below)
            assert row["question.question_type"] == question["question_id"].rsplit("_", 1)[0]
            assert row["question.contains_report_answers"] == question["contains_report_answers"]
            assert row["question.contains_template_answers"] == question["contains_template_answers"]
    study, file = next(iter(files.items()))
    for question in file["questions"][:30]:
        for answer in walk(question["answers"]):
            key = (file["patient_id"], study, question["question_id"], answer["answer_id"])
            row = answers.loc[key]
            assert row["answer.answer_type"] == answer["answer_type"]
            assert row["answer.answer_level"] == answer["answer_level"]
            for image, place in answer["localization"].items():
                shown = pictures.loc[(*key, image)]
                assert shown["answer_img.has_bboxes"] == bool(place["bboxes"])
                assert shown["answer_img.is_localization_missing"] == (not place["bboxes"])
                assert shown["answer_img.has_masks"] == bool(place["instance_mask_ids"])
                assert shown["answer_img.quality.localization_quality"] == place["localization_quality"]


def test_images_and_studies_are_linked_and_times_run_forward(mimic: Path) -> None:
    images, studies, patients = (parquet(mimic, name) for name in ("image", "study", "patient"))
    count = Counter(images.reset_index()["study_id"])
    assert all(count[study] == row["study.num_images"] for (_, study), row in studies.iterrows())
    for patient, row in patients.iterrows():
        own = studies.loc[patient]
        assert len(own) == row["patient.total_studies"]
        assert own["study.timestamp_since_first"].is_monotonic_increasing
        assert own["study.timestamp_since_first"].iloc[-1] == row["patient.total_study_timespan"]
        assert pd.isna(own["study.timespan_since_prev"].iloc[0])


@pytest.mark.parametrize(
    ("title", "grades"), [("A_frontal", {"A", "A+", "A++"}), ("B_frontal", {"B", "A", "A+", "A++"})]
)
def test_an_export_holds_exactly_the_good_questions_of_frontal_studies(
    mimic: Path, title: str, grades: set[str]
) -> None:
    folder = f"exports/{title}/metadata"
    images = parquet(mimic, "image").reset_index()
    frontal = images[images["img.view_position"].isin(["PA", "AP"])]
    whole = parquet(mimic, "question").reset_index()
    expected = whole[whole["question.quality.rating"].isin(grades) & whole["study_id"].isin(frontal["study_id"])]
    kept = parquet(mimic, "question", folder).reset_index()
    assert kept["question_id"].tolist() == expected["question_id"].tolist()
    keys = set(zip(kept["study_id"], kept["question_id"]))
    for name in ("question_image", "answer", "answer_image"):
        rows = parquet(mimic, name, folder).reset_index()
        assert set(zip(rows["study_id"], rows["question_id"])) == keys
        if "image_id" in rows:
            assert set(rows["image_id"]) <= set(frontal["image_id"])
    assert set(parquet(mimic, "patient", folder).index) == set(kept["patient_id"])
