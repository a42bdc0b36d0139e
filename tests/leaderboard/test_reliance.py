"""Image reliance: a run beside the same run with wrong or empty films."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from iu_folder import small_collection

import cxrbench
from cxrbench.core.types import ModelInfo, Prediction
from cxrbench.leaderboard.reliance import controls_of, image_reliance, is_control_of
from cxrbench.leaderboard.run_report.contents import read_contents
from cxrbench.leaderboard.run_report.summary import summarise
from cxrbench.leaderboard.run_report.write import write_report


class Sees:
    """Knows its films by heart, or none at all."""

    def __init__(self, texts, sees=True):
        self.texts, self.sees = texts, sees

    def describe(self):
        return ModelInfo("sees", "1", f"sees-{self.sees}")

    def predict(self, requests):
        known = self.texts if self.sees else {}
        return [
            Prediction(item.id, text=known.get(int(item.images[0].pixels.sum(dtype=int)), "Nothing to say."))
            for item in requests
        ]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    from cxrbench.datasets.images import load_image

    folder = tmp_path_factory.mktemp("reliance")
    config = cxrbench.RunConfig(
        "x", "iu-report", small_collection(folder / "iu", test=24), metrics=("rouge", "rules"), resamples=200,
        out=folder / "runs",
    )  # fmt: skip
    from cxrbench.core.preparing import prepare

    texts = {
        int(load_image(item.request.images[0].path).sum(dtype=int)): item.reference.text
        for item in prepare(config).data.examples
    }
    found = {}
    for sees in (True, False):
        for control in (None, "shuffled", "blank"):
            outcome = cxrbench.run(replace(config, control=control), adapter=Sees(texts, sees))
            found[sees, control] = outcome.folder.path
    return found


def test_controls_are_found_beside_their_run_and_belong_to_no_other(runs):
    for sees in (True, False):
        expected = {runs[sees, "shuffled"], runs[sees, "blank"]}
        assert {path.absolute() for path in controls_of(runs[sees, None])} == {path.absolute() for path in expected}
    assert controls_of(runs[True, "blank"]) == []


def test_a_model_that_knows_its_films_loses_without_them_and_a_blind_one_does_not(runs):
    for sees in (True, False):
        found, left_out = image_reliance(runs[sees, None], controls_of(runs[sees, None]), ["rouge_l"])
        assert left_out == []
        assert {item.control for item in found} == {"films of other patients", "empty films"}
        assert all(item.loses is sees for item in found)
        if sees:
            assert all(item.ci95[0] > 0 for item in found)
        else:
            assert all(item.difference == 0 for item in found)


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"model_fingerprint": "other"}, {"data": "other"}, {"inputs": ["lateral"]}]
)
def test_a_control_of_other_weights_data_inputs_or_seed_is_none_of_this_run(runs, change):
    own = json.loads((runs[True, None] / "run.json").read_text())["identity"]
    control = json.loads((runs[True, "blank"] / "run.json").read_text())["identity"]
    assert is_control_of(control, own)
    assert not is_control_of({**control, **change}, own)


def test_a_damaged_control_is_said_and_costs_nothing_else(runs, tmp_path):
    shutil.copytree(runs[True, None].parent, tmp_path / "model")
    run, control = (tmp_path / "model" / runs[True, name].name for name in (None, "blank"))
    (control / "results.json").write_text("{")
    found, left_out = image_reliance(run, controls_of(run), ["rouge_l"])
    assert {item.control for item in found} == {"films of other patients"}
    assert left_out[0].startswith("The control with empty films")


def test_the_report_shows_it(runs, tmp_path):
    contents = read_contents(runs[True, None])
    write_report(contents, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "Image reliance" in page
    assert "films of other patients" in page
    assert not summarise(runs[True, "blank"]).reliance
    assert np.isfinite([item.difference for item in summarise(runs[True, None]).reliance]).all()


def test_a_leaderboard_shows_it_for_every_model_with_controls_and_ranks_no_control(runs, tmp_path):
    from cxrbench.leaderboard.board.build import build
    from cxrbench.leaderboard.board.cache import Cache

    cache = Cache(tmp_path / "cache")
    for _ in range(2):
        site = build(runs[True, None].parents[2], tmp_path / "site", cache=cache)
        (table,) = site.summary["tables"]
        shown = {(item["label"], item["control"], item["loses"]) for item in table["reliance"]}
        labels = {row["label"]: row["model"]["fingerprint"] for row in table["rows"]}
        assert {(labels[label], control, loses) for label, control, loses in shown} == {
            ("sees-True", "films of other patients", True),
            ("sees-True", "empty films", True),
            ("sees-False", "films of other patients", False),
            ("sees-False", "empty films", False),
        }
        assert not any(row["ranks"] for row in table["rows"] if row["kind"] == "control")
    page = next(path for path in (tmp_path / "site").glob("*.html") if path.name != "index.html").read_text()
    assert "Image reliance" in page
