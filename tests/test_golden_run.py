"""A run folder that was written once and is kept: formats and scores may not change unnoticed."""

import json
from pathlib import Path

import jsonschema
import pyarrow.parquet as parquet
import pytest

import cxrbench

FIXTURES = Path(__file__).parent / "fixtures"
SCHEMAS = Path(cxrbench.__file__).parent / "core" / "schemas"


@pytest.fixture
def golden(tmp_path):
    import shutil

    return shutil.copytree(FIXTURES / "golden_run", tmp_path / "golden_run")


@pytest.mark.parametrize(
    ("file", "schema"), [("run.json", "run"), ("results.json", "results"), ("results-coco.json", "results")]
)
def test_the_golden_files_fulfil_their_schemas(golden, file, schema):
    jsonschema.validate(json.loads((golden / file).read_text()), json.loads((SCHEMAS / f"{schema}.json").read_text()))


def test_the_golden_scores_are_what_is_computed_today(golden):
    comparison = cxrbench.verify(golden, data_root=FIXTURES / "golden_data")
    assert comparison.differences == ()


def test_the_golden_statistics_have_one_row_per_example(golden):
    table = parquet.read_table(golden / "statistics.parquet")
    predictions = (golden / "predictions.jsonl").read_text().splitlines()
    assert sorted(table["id"].to_pylist()) == sorted(json.loads(line)["id"] for line in predictions)


def test_the_golden_run_carries_no_path_of_the_machine_that_made_it(golden):
    for file in golden.glob("*.json"):
        assert '"/' not in file.read_text(), file.name
