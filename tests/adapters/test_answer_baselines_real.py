"""All floors end to end on the real VQA-RAD with its images, and the text-only ones on SLAKE."""

import pytest

import cxrbench
from cxrbench.core.errors import DataError

pytestmark = pytest.mark.realdata


class NeedsPixels:
    def describe(self):
        return cxrbench.ModelInfo("needs-pixels", "1", "1")

    def predict(self, requests):
        return [cxrbench.Prediction(item.id, answer=str(item.images[0].pixels.mean())) for item in requests]


def run(model, task, root, out, split="test", adapter=None, metrics=("exact_match", "status")):
    config = cxrbench.RunConfig(model, task, root, split=split, resamples=100, out=out, metrics=metrics)
    return cxrbench.run(config, adapter=adapter)


@pytest.mark.parametrize(("split", "n"), [("test", 174), ("all:test", 451)])
@pytest.mark.parametrize("name", ["empty", "constant", "majority", "random", "retrieval", "blind"])
def test_every_floor_runs_on_vqa_rad_with_images(name, split, n, real_data, tmp_path):
    outcome = run(f"baseline:{name}", "vqa-rad", real_data, tmp_path, split)
    found = outcome.results["cxrbench"]
    assert outcome.complete
    assert found.n == found["exact_match"].n == n
    assert found.record["phantom"] is False


def test_blind_beats_a_constant_answer_on_vqa_rad_and_answers_most_of_slake_without_an_image(real_data, tmp_path):
    scores = {
        task: run("baseline:blind", task, real_data, tmp_path, metrics=()).results["cxrbench"]
        for task in ("vqa-rad", "slake")
    }
    assert scores["vqa-rad"]["exact_match"].value == pytest.approx(0.454, abs=0.001)
    assert scores["slake"]["exact_match"].value == pytest.approx(0.770, abs=0.001)


@pytest.mark.parametrize(("split", "n"), [("test", 361), ("all:test", 1061)])
@pytest.mark.parametrize("name", ["constant", "majority", "random", "blind"])
def test_text_only_floors_run_on_slake_without_its_images(name, split, n, real_data, tmp_path):
    outcome = run(f"baseline:{name}", "slake", real_data, tmp_path, split)
    assert outcome.complete
    assert outcome.results["cxrbench"].n == n


def test_a_model_that_needs_pixels_gets_a_recorded_error_for_each_missing_image(real_data, tmp_path):
    if any((real_data / "slake").rglob("source.jpg")):
        pytest.skip("this copy of SLAKE has its images")
    outcome = run("needs-pixels", "slake", real_data, tmp_path, adapter=NeedsPixels())
    assert not outcome.complete
    assert {item.status for item in outcome.predictions.values()} == {"error"}
    assert all("xmlab" in item.error for item in outcome.predictions.values())
    with pytest.raises(DataError, match="no readable image"):
        run("baseline:retrieval", "slake", real_data, tmp_path)
