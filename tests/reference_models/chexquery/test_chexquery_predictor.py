"""From films to reports: determinism, overrides, attention, sources of checkpoints."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError, UnknownNameError, UsageError, WeightsError
from cxrbench.reference_models.chexquery import predictor as module
from cxrbench.reference_models.chexquery.checkpoint import TrainingData, save_checkpoint
from cxrbench.reference_models.chexquery.config import DecodingConfig
from cxrbench.reference_models.chexquery.model import CheXQuery
from cxrbench.reference_models.chexquery.predictor import PHANTOM_NOTE, Predictor
from cxrbench.reference_models.chexquery.preprocess import normalise, prepare, resize
from cxrbench.reference_models.chexquery.presets import preset
from cxrbench.reference_models.chexquery.tokenizer import ReportTokenizer

TOKENIZER = ReportTokenizer.train(["Findings: The heart is normal. | Impression: No acute disease."] * 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    torch.set_num_threads(1)
    torch.manual_seed(3)
    config = preset("tiny").with_vocabulary(TOKENIZER.vocab_size)
    decoding = DecodingConfig(num_beams=2, no_repeat_ngram_size=0, min_new_tokens=2, max_new_tokens=12)
    model = CheXQuery(dataclasses.replace(config, decoding=decoding))
    model.add_adapters()
    model.add_warmup()
    path = tmp_path_factory.mktemp("trained") / "mine"
    save_checkpoint(path, model, TOKENIZER, phase=2, epoch=4, data=TrainingData("phantom", "CC0-1.0"))
    return path


@pytest.fixture(scope="module")
def predictor(folder):
    return Predictor.load(folder, "cpu")


def films(n: int = 3):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (140 + 20 * i, 160), dtype=np.uint8) for i in range(n)]


def test_a_report_carries_text_probabilities_by_name_and_the_gate(predictor):
    report = predictor.predict(films(1))[0]
    assert report.text.startswith("Findings: ")
    assert set(report.label_probabilities) == set(CONDITIONS)
    assert all(0 < p < 1 for p in report.label_probabilities.values())
    assert 0 < report.gate < 1
    assert 2 <= report.tokens <= 12
    assert report.attention is None


def test_the_same_films_give_the_same_reports_alone_or_in_company(predictor, folder):
    first = predictor.predict(films())
    assert first == predictor.predict(films())
    assert first == Predictor.load(folder, "cpu").predict(films())
    alone = [predictor.predict([film])[0] for film in films()]
    assert [r.text for r in alone] == [r.text for r in first]


def test_attention_maps_are_named_square_and_sum_to_one(predictor):
    report = predictor.predict(films(1), return_attention=True)[0]
    assert tuple(report.attention) == predictor.config.query_names
    for grid in report.attention.values():
        assert grid.shape == (16, 16)
        assert float(grid.sum()) == pytest.approx(1.0, abs=1e-5)
    assert report.text == predictor.predict(films(1))[0].text


def test_decoding_settings_can_be_overridden_for_one_call(predictor):
    assert predictor.predict(films(1), max_new_tokens=3)[0].tokens <= 3
    assert predictor.decoding(length_penalty=2).length_penalty == 2.0
    with pytest.raises(UnknownNameError, match="num_beam"):
        predictor.predict(films(1), num_beam=3)
    with pytest.raises(UsageError, match="num_beams must be of type int"):
        predictor.predict(films(1), num_beams=1.5)
    with pytest.raises(UsageError, match="impossible decoding"):
        predictor.predict(films(1), num_beams=0)


def test_no_films_give_no_reports(predictor):
    assert predictor.predict([]) == []


def test_adapters_and_warm_up_parts_are_gone_after_loading(predictor):
    assert not any("lora" in name or "warmup" in name for name in predictor.model.state_dict())


def test_a_phantom_checkpoint_says_that_it_means_nothing_on_real_films(predictor):
    assert PHANTOM_NOTE in predictor.notes
    assert predictor.trained_on == ("phantom",)
    assert (predictor.name, predictor.version, predictor.licence) == (
        "chexquery-mine",
        "tiny/phase2/epoch4",
        "CC0-1.0",
    )


def test_a_training_folder_stands_for_its_best_checkpoint(folder):
    (folder.parent / "best.json").write_text(json.dumps({"checkpoint": "mine"}))
    assert Predictor.load(folder.parent, "cpu").fingerprint == Predictor.load(folder, "cpu").fingerprint


def test_a_missing_bundled_checkpoint_says_how_to_make_it(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "BUNDLED", tmp_path / "tiny")
    with pytest.raises(WeightsError, match="bundled") as error:
        Predictor.load(None, "cpu")
    assert "make checkpoints" in str(error.value)


def test_neither_a_folder_nor_a_hub_id_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    for source in ("no such folder", str(tmp_path / "file"), tmp_path / "a/b"):
        with pytest.raises(WeightsError, match="no checkpoint folder"):
            Predictor.load(source, "cpu")


def test_an_unreachable_hub_repository_is_an_error_about_weights(monkeypatch):
    import huggingface_hub

    calls = []

    def offline(source, **options):
        calls.append(options.get("local_files_only", False))
        raise OSError("offline")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    with pytest.raises(WeightsError, match="nobody/nothing"):
        Predictor.load("nobody/nothing", "cpu")
    assert calls == [True, False]  # the cache first, then the network that the user named


def test_an_unknown_device_is_refused(folder):
    with pytest.raises(UsageError, match="unknown device"):
        Predictor.load(folder, "toaster")


def test_a_film_is_resized_to_a_square_and_scaled_to_minus_one_and_one():
    ramp = np.tile(np.arange(256, dtype=np.uint8), (100, 1))
    batch = prepare([ramp, np.zeros((50, 70), np.uint8), np.full((9, 9), 255, np.uint8)], 64)
    assert batch.shape == (3, 1, 64, 64)
    assert float(batch[1].max()) == -1.0
    assert float(batch[2].min()) == 1.0
    row = batch[0, 0, 32]
    assert torch.all(row.diff() > 0)
    assert abs(float(row.mean())) < 0.01


def test_resizing_averages_instead_of_skipping_pixels():
    checkers = (np.indices((512, 512)).sum(0) % 2 * 255).astype(np.uint8)
    small = resize(checkers, 32)
    assert small.min() > 120
    assert small.max() < 135


def test_a_film_of_the_right_size_is_taken_as_it_is():
    film = films(1)[0][:128, :128].copy()
    assert np.array_equal(resize(film, 128), film)
    torch.testing.assert_close(normalise(film[None])[0, 0], torch.from_numpy(film).float() / 255 * 2 - 1)


@pytest.mark.parametrize(
    "film",
    [np.zeros((4, 4)), np.zeros((4, 4, 3), np.uint8), np.zeros((0, 4), np.uint8)],
    ids=["float", "rgb", "empty"],
)
def test_anything_but_grey_bytes_is_refused(film):
    with pytest.raises(DataError, match="film"):
        prepare([film], 32)
