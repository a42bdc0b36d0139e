import json
import shutil
from dataclasses import replace
from pathlib import Path

import jsonschema
import pyarrow.parquet as parquet
import pytest
from iu_folder import small_collection

import cxrbench
from cxrbench.core.errors import DataError, UnknownNameError, UsageError
from cxrbench.core.predictions import to_record
from cxrbench.core.requirements import parse_requirements
from cxrbench.core.rescoring import compare_runs
from cxrbench.core.types import ModelInfo, Prediction

FAST = ("bleu", "rules", "status")
SCHEMAS = Path(cxrbench.__file__).parent / "core" / "schemas"


def check(schema, record):
    jsonschema.validate(record, json.loads((SCHEMAS / f"{schema}.json").read_text()))


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return small_collection(tmp_path_factory.mktemp("iu"))


@pytest.fixture
def config(root, tmp_path):
    return cxrbench.RunConfig(
        "baseline:retrieval", "iu-report", root, metrics=FAST, resamples=200, batch_size=4, out=tmp_path / "runs"
    )


def test_a_run_folder_holds_what_its_schemas_promise(config):
    folder = cxrbench.run(config).folder
    check("run", json.loads(folder.run_file.read_text()))
    check("results", json.loads((folder.path / "results.json").read_text()))
    lines = folder.predictions_file.read_text().splitlines()
    for line in lines:
        check("prediction", json.loads(line))
    table = parquet.read_table(folder.statistics_file)
    assert table.num_rows == len(lines) == 12
    assert {"id", "group", "stratum/condition"} <= set(table.column_names)
    for family in FAST:
        assert any(name.startswith(f"cxrbench/{family}/") for name in table.column_names), family


def test_results_hold_value_interval_n_direction_and_signature_of_every_score(config):
    results = cxrbench.run(config).results["cxrbench"]
    bleu = results["bleu_4"]
    assert bleu.ci95[0] <= bleu.value <= bleu.ci95[1]
    assert bleu.n == 12
    assert bleu.direction == "higher"
    assert "protocol:cxrbench" in bleu.signature
    assert results["empty_rate"].direction == "lower"


def test_the_same_command_finds_its_run_again_and_gives_the_same_bytes(config):
    first = cxrbench.run(config)
    before = (first.folder.path / "results.json").read_text()
    lines = first.folder.predictions_file.read_text()
    second = cxrbench.run(config)
    assert second.folder.path == first.folder.path
    assert second.folder.predictions_file.read_text() == lines
    without = [
        {k: v for k, v in json.loads(text).items() if k != "provenance"}
        for text in (before, json.dumps(second.results["cxrbench"].record))
    ]
    assert without[0] == without[1]


def test_a_changed_protocol_model_split_or_seed_makes_another_run(config):
    folders = {cxrbench.run(config).folder.path}
    for change in (
        {"protocols": ("raw",)},
        {"model": "baseline:constant"},
        {"split": "train"},
        {"seed": 1},
        {"inputs": ("frontal", "indication")},
    ):
        folders.add(cxrbench.run(replace(config, **change)).folder.path)
    assert len(folders) == 6


def test_changed_data_make_another_run(config, tmp_path):
    first = cxrbench.run(config).folder.path
    copy = shutil.copytree(config.data_root, tmp_path / "copy")
    reports = copy / "indiana_reports.csv"
    reports.write_text(reports.read_text().replace("clear", "CLEAR", 1))
    assert cxrbench.run(replace(config, data_root=copy)).folder.path != first


def test_a_limited_run_is_partial_and_is_extended_by_a_larger_limit(config):
    small = cxrbench.run(replace(config, limit=5))
    assert small.results["cxrbench"].record["partial"] is True
    five = set(small.predictions)
    larger = cxrbench.run(replace(config, limit=9))
    assert larger.folder.path == small.folder.path
    assert five < set(larger.predictions)
    whole = cxrbench.run(config)
    assert whole.folder.path == small.folder.path
    assert whole.results["cxrbench"].record["partial"] is False
    undisturbed = cxrbench.run(replace(config, out=config.out.parent / "other"))
    assert compare_runs(whole.folder, undisturbed.folder).identical


def test_several_protocols_score_the_same_predictions(config):
    outcome = cxrbench.run(replace(config, protocols=("raw", "lower", "rexrank")))
    assert list(outcome.results) == ["raw", "lower", "rexrank"]
    assert outcome.results["raw"]["bleu_1"].value != outcome.results["rexrank"]["bleu_1"].value
    assert cxrbench.load_results(outcome.folder.path, "lower").record["protocol"] == "lower"


def test_verify_accepts_a_run_and_finds_a_changed_score_and_a_changed_prediction(config):
    folder = cxrbench.run(config).folder
    assert cxrbench.verify(folder.path).identical
    record = json.loads((folder.path / "results.json").read_text())
    record["scores"]["bleu_1"]["value"] += 0.01
    (folder.path / "results.json").write_text(json.dumps(record))
    assert any("bleu_1" in sentence for sentence in cxrbench.verify(folder.path).differences)
    cxrbench.run(config)
    assert cxrbench.verify(folder.path).identical
    with folder.appender() as appender:
        name = next(iter(folder.read_predictions()))
        appender.append([Prediction(name, text="Pneumothorax.")])
    assert not cxrbench.verify(folder.path).identical


def test_verify_refuses_changed_data(config, tmp_path):
    copy = shutil.copytree(config.data_root, tmp_path / "copy")
    folder = cxrbench.run(replace(config, data_root=copy)).folder
    (copy / "indiana_reports.csv").write_text((copy / "indiana_reports.csv").read_text().replace("clear", "dense"))
    with pytest.raises(DataError, match="changed"):
        cxrbench.verify(folder.path)


def test_rerun_repeats_a_run_identically(config, tmp_path):
    folder = cxrbench.run(config).folder
    second, comparison = cxrbench.rerun(folder.path, out=tmp_path / "again")
    assert comparison.identical
    assert second.path != folder.path


class Broken:
    """Fails on some ids until it is repaired."""

    broken = True

    def describe(self):
        return ModelInfo("broken", "1", "1")

    def predict(self, requests):
        if self.broken and any(int(request.id) % 2 for request in requests):
            raise RuntimeError("flaky device")
        return [Prediction(request.id, text="Lungs are clear.") for request in requests]


def test_failed_examples_leave_the_run_incomplete_until_the_same_command_repairs_it(config):
    outcome = cxrbench.run(config, adapter=Broken())
    results = outcome.results["cxrbench"]
    failed = results.record["status_counts"]["error"]
    assert failed
    assert not results.complete
    assert results["bleu_1"].n == 12 - failed
    assert results.n == 12
    repaired = Broken()
    repaired.broken = False
    again = cxrbench.run(config, adapter=repaired)
    assert again.folder.path == outcome.folder.path
    assert again.complete
    assert again.results["cxrbench"]["bleu_1"].n == 12


class Interrupting(Broken):
    """Is interrupted by the user after the first batch."""

    calls = 0

    def predict(self, requests):
        self.calls += 1
        if self.calls > 1:
            raise KeyboardInterrupt
        return [Prediction(request.id, text="Lungs are clear.") for request in requests]


def test_ctrl_c_marks_the_run_interrupted_and_keeps_what_was_predicted(config):
    with pytest.raises(KeyboardInterrupt):
        cxrbench.run(config, adapter=Interrupting())
    folder = cxrbench.find_runs(config.out)[0]
    assert folder.read_run()["status"] == "interrupted"
    assert len(folder.read_predictions()) == 4


class Silent(Broken):
    def predict(self, requests):
        return [Prediction(request.id, status="refused", error="policy") for request in requests]


def test_refused_answers_are_scored_as_empty_text_and_stay_in_n(config):
    results = cxrbench.run(config, adapter=Silent()).results["cxrbench"]
    assert results.complete
    assert results["refused_rate"].value == 1
    assert results["bleu_1"].value == 0
    assert results["bleu_1"].n == 12
    assert results["rules_micro_recall_14"].value == 0
    assert results["rules_micro_precision_14"].n == 12


def test_unreadable_films_become_errors_without_stopping_the_run(config, tmp_path):
    copy = shutil.copytree(config.data_root, tmp_path / "copy")
    films = sorted((copy / "images" / "images_normalized").glob("*.png"))
    films[0].write_bytes(b"not an image")
    films[1].write_bytes(films[1].read_bytes()[:40])
    outcome = cxrbench.run(replace(config, data_root=copy))
    errors = {name: item.error for name, item in outcome.predictions.items() if item.status == "error"}
    assert len(errors) + sum(films[n].name.split("_")[0] not in outcome.predictions for n in (0, 1)) == 2
    assert all(errors.values())


@pytest.mark.parametrize(
    ("change", "error", "named"),
    [
        ({"task": "iu-reprot"}, UnknownNameError, "iu-report"),
        ({"protocols": ("r2gn",)}, UnknownNameError, "r2gen"),
        ({"metrics": ("blue",)}, UnknownNameError, "bleu"),
        ({"data_root": Path("/dev/null")}, DataError, "folder"),
    ],
)
def test_wrong_names_and_roots_are_refused_before_any_model_is_loaded(config, change, error, named):
    with pytest.raises(error) as caught:
        cxrbench.run(replace(config, model="no_such_module:Model", **change))
    assert named in str(caught.value)
    assert not config.out.exists()


@pytest.mark.parametrize("change", [{"limit": 0}, {"batch_size": 0}, {"resamples": 5}, {"protocols": ("raw", "raw")}])
def test_impossible_settings_are_refused(change, root):
    with pytest.raises(UsageError):
        cxrbench.RunConfig("baseline:empty", "iu-report", root, **change)


def test_a_metric_of_a_third_party_is_named_by_its_module(config, tmp_path, monkeypatch):
    (tmp_path / "my_metrics.py").write_text(
        "import numpy as np\n"
        "from cxrbench import AdditiveMetric, Statistics\n"
        "class Length(AdditiveMetric):\n"
        "    name, scores = 'length', {'mean_length': 'higher'}\n"
        "    def __init__(self, protocol): self.protocol = protocol\n"
        "    def signature(self): return 'length|words'\n"
        "    def measure(self, pairs, state):\n"
        "        words = [len(text.split()) for text in self.protocol.untransformed(pairs).hypotheses]\n"
        "        return Statistics(('words', 'n'), np.array([[count, 1.0] for count in words]))\n"
        "    def score(self, sums): return {'mean_length': sums[:, 0] / sums[:, 1]}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    results = cxrbench.run(replace(config, metrics=("my_metrics:Length", "bleu"))).results["cxrbench"]
    assert results["mean_length"].value > 5
    assert results["mean_length"].ci95 is not None
    assert "bleu_4" in results


def test_a_metric_that_needs_an_option_says_so_before_anything_is_predicted(config):
    with pytest.raises(UsageError, match="chexbert=WEIGHTS"):
        cxrbench.run(replace(config, metrics=("chexbert",)))
    assert not config.out.exists()


def test_a_predictions_file_scores_like_the_run_it_came_from(config, tmp_path):
    outcome = cxrbench.run(config)
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(to_record(item)) + "\n" for item in outcome.predictions.values()))
    scored = cxrbench.score(replace(config, model=f"file:{path}"))["cxrbench"]
    direct = outcome.results["cxrbench"]
    assert {name: scored[name].value for name in scored} == {name: direct[name].value for name in direct}
    assert {name: scored[name].ci95 for name in scored} == {name: direct[name].ci95 for name in direct}


def test_missing_and_unknown_ids_of_a_file_are_listed_and_leave_it_incomplete(config, tmp_path):
    outcome = cxrbench.run(config)
    kept = sorted(outcome.predictions)[:7]
    path = tmp_path / "p.csv"
    path.write_text("id,text\n" + "".join(f"{name},Clear lungs.\n" for name in kept) + "99999,Who?\n")
    notes = []

    class Listening(cxrbench.core.reporter.Silent):
        def note(self, message):
            notes.append(message)

    results = cxrbench.score(replace(config, model=f"file:{path}"), reporter=Listening())["cxrbench"]
    assert results.record["status_counts"] == {"ok": 7, "empty": 0, "refused": 0, "error": 5}
    assert not results.complete
    assert any("1 ids of the file are not in this split: 99999" in note for note in notes)
    assert any("5 examples have no prediction" in note for note in notes)


def test_a_file_without_any_known_id_is_refused(config, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,text\nnope,Clear.\n")
    with pytest.raises(DataError, match="no id of the predictions file"):
        cxrbench.score(replace(config, model=f"file:{path}"))


def test_requirements_look_at_interval_bounds_and_a_null_never_meets_one():
    scores = {"a": {"value": 0.5, "ci95": [0.4, 0.6]}, "b/No Finding": {"value": None, "ci95": None}}
    texts = ["a.lower>=0.4", "a.upper<0.6", "a>0.45", "b/No Finding >= 0", "b/No Finding.lower>=0"]
    assert [item.check(scores)["met"] for item in parse_requirements(texts)] == [True, False, True, False, False]
    with pytest.raises(UnknownNameError):
        parse_requirements(["c>1"])[0].check(scores)
    with pytest.raises(UsageError):
        parse_requirements(["a is high"])


def test_results_read_into_pandas_and_show_themselves_in_a_notebook(config):
    results = cxrbench.run(config).results["cxrbench"]
    frame = results.frame()
    assert set(frame.columns) >= {"score", "value", "low", "high", "n", "direction", "signature"}
    strata = results.frame("finding")
    assert set(strata["finding"]) == {"normal", "abnormal"}
    assert "<table>" in results._repr_html_()
