import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

import cxrbench
from cxrbench.cli.main import cli
from cxrbench.core.errors import UsageError
from cxrbench.core.types import Example, ModelInfo, Prediction, Reference, Request
from cxrbench.tasks.base import TaskData
from cxrbench.tasks.report_metrics import HEADLINE, METRIC_FAMILIES, REPORT_PROTOCOLS, build_report_metrics

SCHEMA = Path(cxrbench.__file__).parent / "core" / "schemas" / "run.json"


class Restricted:
    """Two reports under an agreement; a split called "phantom" that is nobody's."""

    name, version, kind, restricted = "restricted-reports", "1", "report", True
    protocols, metrics, headline = REPORT_PROTOCOLS, METRIC_FAMILIES, HEADLINE

    def load(self, options):
        examples = [
            Example(Request(key, "report", (), "Write."), Reference(key, text="The lungs are clear."), group=key)
            for key in ("a", "b")
        ]
        drawn = options.split == "phantom"
        return TaskData(examples, {}, tuple, "ours", options.split, "1", phantom=drawn, terms="Agreement 7")

    def build_metrics(self, protocol, data, selection=None, options=None):
        return build_report_metrics(protocol, data.training, selection, options)


class Remote:
    def __init__(self):
        self.asked = 0

    def describe(self):
        return ModelInfo("remote", "1", "1", needs_pixels=False, remote=True)

    def predict(self, requests):
        self.asked += len(requests)
        return [Prediction(request.id, text="The lungs are clear.") for request in requests]


@pytest.fixture
def config(tmp_path):
    task = f"{__name__}:Restricted"
    return cxrbench.RunConfig("remote:model", task, metrics=("status",), resamples=100, out=tmp_path / "runs")


def test_a_remote_model_never_sees_restricted_data_and_the_error_names_their_terms(config):
    model = Remote()
    with pytest.raises(UsageError, match="Agreement 7") as caught:
        cxrbench.run(config, adapter=model)
    assert "--data-agreement" in str(caught.value)
    assert model.asked == 0
    assert not config.out.exists()


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_agreement_is_none(config, blank):
    with pytest.raises(UsageError):
        cxrbench.run(replace(config, data_agreement=blank), adapter=Remote())


def test_a_stated_agreement_lets_the_run_pass_and_is_recorded(config):
    outcome = cxrbench.run(replace(config, data_agreement="Azure, DUA of 2 May"), adapter=Remote())
    record = outcome.folder.read_run()
    assert record["config"]["data_agreement"] == "Azure, DUA of 2 May"
    assert record["data"]["restricted"] is True
    assert outcome.folder.read_results()["provenance"]["data"]["restricted"] is True
    jsonschema.validate(record, json.loads(SCHEMA.read_text()))


def test_a_phantom_of_a_restricted_task_is_free(config):
    outcome = cxrbench.run(replace(config, split="phantom"), adapter=Remote())
    assert outcome.folder.read_run()["data"]["restricted"] is False


def test_a_metric_may_not_send_restricted_texts_either(config):
    with pytest.raises(UsageError, match="provider_network"):
        cxrbench.run(replace(config, metric_options={"provider_network": True}))
    run = cxrbench.run(
        replace(config, model="baseline:empty", metric_options={"provider_network": True}, data_agreement="DUA")
    )
    assert run.complete


def test_an_old_configuration_without_agreement_is_read(config):
    record = config.to_json()
    del record["data_agreement"]
    assert cxrbench.RunConfig.from_json(record).data_agreement is None


def test_the_command_line_takes_the_agreement(config, tmp_path):
    command = f"run --model baseline:constant --task {config.task} --metrics status --resamples 100"
    result = CliRunner().invoke(cli, [*command.split(), "--data-agreement", "ours", "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    [folder] = cxrbench.find_runs(tmp_path / "out")
    assert folder.read_run()["config"]["data_agreement"] == "ours"
