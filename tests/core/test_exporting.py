"""`cxrbench export --public`: what must not leave is searched for byte by byte in what was written."""

import json
import re
import shutil

import pyarrow.parquet as parquet
import pytest

import cxrbench
from cxrbench.core.comparing import compare
from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.exporting import export_run, read_key

KEY = b"k" * 32


@pytest.fixture
def exported(retrieval, tmp_path):
    out = tmp_path / "public"
    return out, export_run(retrieval, out, KEY)


def written(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def ids_of(run):
    return [json.loads(line)["id"] for line in (run / "predictions.jsonl").read_text().splitlines()]


def test_no_text_id_path_or_command_of_the_run_is_in_the_copy(exported, retrieval, iu_root):
    out, _ = exported
    everything = b"\n".join(written(out).values())
    for line in (retrieval / "predictions.jsonl").read_text().splitlines():
        assert json.loads(line)["text"].encode() not in everything
    for secret in (str(iu_root), str(iu_root.parent), "pytest"):
        assert secret.encode() not in everything
    quoted = re.findall(rb'"([^"]*)"', b"".join(data for name, data in written(out).items() if "json" in name))
    assert not {name.encode() for name in ids_of(retrieval)} & set(quoted)
    table = parquet.read_table(out / "statistics.parquet")
    assert not set(ids_of(retrieval)) & set(table["id"].to_pylist() + table["group"].to_pylist())


def test_scores_and_intervals_stay_as_they_are(exported, retrieval):
    out, _ = exported
    assert cxrbench.load_results(out).record["scores"] == cxrbench.load_results(retrieval).record["scores"]


def test_strata_of_few_examples_are_gone_and_none_follows_by_subtraction(exported, retrieval):
    out, said = exported
    before, after = cxrbench.load_results(retrieval).record, cxrbench.load_results(out).record
    assert any(part["n"] < 10 for values in before["strata"].values() for part in values.values())
    for stratum, values in after["strata"].items():
        assert all(part["n"] >= 10 for part in values.values())
        lost = [value for value in before["strata"][stratum] if value not in values]
        whole = sum(part["n"] for part in before["strata"][stratum].values()) == before["n"]
        assert not (whole and len(lost) == 1)
    table = parquet.read_table(out / "statistics.parquet")
    for name in (name for name in table.column_names if name.startswith("stratum/")):
        shown = {value for cell in table[name].to_pylist() for value in cell}
        assert shown <= set(after["strata"].get(name.removeprefix("stratum/"), {}))
    assert said["removed"]["results: strata with few examples"] > 0


def test_two_copies_made_with_one_key_still_compare_as_their_runs_do(constant, retrieval, tmp_path):
    for run, name in ((constant, "a"), (retrieval, "b")):
        export_run(run, tmp_path / name, KEY)
    options = {"scores": ["rouge_l", "rules_micro_f1_14"], "resamples": 200, "flips": 0}
    public = compare([tmp_path / "a", tmp_path / "b"], **options).record
    plain = compare([constant, retrieval], **options).record
    assert public["statistics_from"] == "statistics.parquet"
    for score in options["scores"]:
        for field in ("value", "against", "difference", "n"):
            found, expected = (record["comparisons"][0]["scores"][score][field] for record in (public, plain))
            assert found == pytest.approx(expected)


def test_another_key_gives_other_pseudonyms(retrieval, tmp_path):
    export_run(retrieval, tmp_path / "a", KEY)
    export_run(retrieval, tmp_path / "b", b"x" * 32)
    assert not set(ids_of(tmp_path / "a")) & set(ids_of(tmp_path / "b"))


def test_what_was_removed_is_said_in_the_copy(exported):
    out, said = exported
    assert json.loads((out / "removed.json").read_text()) == said
    assert said["removed"]["predictions: text"] == 16
    assert said["removed"]["run: command line"] == 1


def test_a_model_specification_or_option_that_holds_a_path_is_gone(retrieval, tmp_path):
    run = shutil.copytree(retrieval, tmp_path / "run")
    record = json.loads((run / "run.json").read_text())
    record["config"]["metric_options"] = {"chexbert": "/secret/chexbert.pth", "uncertain": "negative"}
    record["config"]["options"] = {"base_url": "https://inner.example.com/v1"}
    record["model"] |= {
        "spec": "exec:/secret/model.sh",
        "notes": ["from /secret/x"],
        "remote_host": "inner.example.com",
    }
    (run / "run.json").write_text(json.dumps(record))
    results = json.loads((run / "results.json").read_text())
    results["provenance"]["model"] = record["model"]
    (run / "results.json").write_text(json.dumps(results))
    out = tmp_path / "public"
    export_run(run, out, KEY)
    everything = b"".join(written(out).values())
    assert b"secret" not in everything
    assert b"inner.example.com" not in everything
    assert json.loads((out / "run.json").read_text())["config"]["metric_options"] == {"uncertain": "negative"}


def test_pages_and_other_files_of_the_run_are_not_copied(retrieval, tmp_path):
    run = shutil.copytree(retrieval, tmp_path / "run")
    (run / "report.html").write_text("text of a patient")
    said = export_run(run, tmp_path / "public", KEY)
    assert "report.html" in said["not_copied"]
    assert set(written(tmp_path / "public")) == {
        "run.json", "results.json", "predictions.jsonl", "statistics.parquet", "removed.json",
    }  # fmt: skip


def test_a_folder_that_holds_something_is_not_written_into(retrieval, tmp_path):
    (tmp_path / "x").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        export_run(retrieval, tmp_path, KEY)


def test_an_unfinished_run_is_not_exported(retrieval, tmp_path):
    run = shutil.copytree(retrieval, tmp_path / "run")
    record = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**record, "status": "running"}))
    with pytest.raises(DataError, match="not finished"):
        export_run(run, tmp_path / "public", KEY)


def test_a_key_is_made_once_for_its_owner_alone(tmp_path):
    first = read_key(tmp_path / "keys" / "k")
    assert read_key(tmp_path / "keys" / "k") == first
    assert len(first) == 64
    assert (tmp_path / "keys" / "k").stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_key_is_refused(tmp_path):
    (tmp_path / "k").write_text("short")
    with pytest.raises(DataError, match="5 bytes"):
        read_key(tmp_path / "k")
