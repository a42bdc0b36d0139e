import csv
import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from cxrbench.core.errors import DataError, UsageError, WeightsError
from cxrbench.datasets.iu_xray import read_iu_xray
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.reference_models.chexquery import presets
from cxrbench.reference_models.chexquery import train as training
from cxrbench.reference_models.chexquery.data import BAD_FILM, NO_FILM, NO_FINDINGS, collect_samples
from cxrbench.reference_models.chexquery.learner import CheXQueryLearner
from cxrbench.reference_models.chexquery.phases import phases
from cxrbench.reference_models.chexquery.predictor import Predictor
from cxrbench.reference_models.training.history import read_history
from cxrbench.reference_models.training.order import Draw
from cxrbench.reference_models.training.state import read_pointer

torch.set_num_threads(1)

REPORTS = (
    ("Heart size normal. Lungs are clear.", "No acute disease."),
    ("The heart is enlarged. Small left pleural effusion.", "Cardiomegaly. Left effusion."),
    ("Right upper lobe opacity. XXXX unchanged.", "Pneumonia."),
    ("Possible right pneumothorax.", ""),
)


def write_collection(root: Path, studies: int = 16) -> Path:
    folder = root / "images" / "images_normalized"
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    with (
        (root / "indiana_reports.csv").open("w", newline="") as reports,
        (root / "indiana_projections.csv").open("w", newline="") as projections,
    ):
        report_table, projection_table = csv.writer(reports), csv.writer(projections)
        report_table.writerow(
            ["uid", "MeSH", "Problems", "image", "indication", "comparison", "findings", "impression"]
        )
        projection_table.writerow(["uid", "filename", "projection"])
        for uid in range(1, studies + 1):
            findings, impression = REPORTS[uid % len(REPORTS)]
            report_table.writerow([uid, "", "", "", "", "", findings, impression])
            name = f"{uid}_IM-0001-1001.dcm.png"
            projection_table.writerow([uid, name, "Frontal"])
            pixels = random.integers(0, 256, (40, 36), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name)
    return root


@pytest.fixture(scope="module")
def collection(tmp_path_factory):
    return write_collection(tmp_path_factory.mktemp("collection"))


def options(**changes):
    return {
        "preset": "tiny",
        "split_scheme": "documented",
        "epochs_scale": 0.01,
        "device": "cpu",
        "num_threads": 1,
        **changes,
    }


@pytest.fixture(autouse=True)
def small_model(monkeypatch):
    """The tiny preset made smaller still, with short reports: untrained decoders never stop."""
    config = presets.preset("tiny")
    small = replace(
        config,
        width=32,
        vision=replace(config.vision, image_size=32, stages=(8, 8), mlp_width=32),
        decoder=replace(config.decoder, head_width=8, ff_width=32),
        decoding=replace(config.decoding, max_new_tokens=24, num_beams=1),
        ffn_width=32,
    )
    monkeypatch.setattr(training, "preset_config", lambda name: small)


def last_weights(out):
    return load_file(read_pointer(out / "last.json") / "model.safetensors")


def test_all_phases_run_and_the_result_predicts(collection, tmp_path):
    best = training.train(data_root=collection, out=tmp_path / "run", **options())
    epochs = [record for record in read_history(tmp_path / "run") if record["event"] == "epoch"]
    assert [record["phase"] for record in epochs] == ["0a", "0b", "1", "2", "3"]
    assert all({"gate/mean", "gate/sd"} <= record.keys() for record in epochs if record["phase"] != "0b")
    assert "rules_micro_f1_14" in epochs[-1]["validation"]
    (report,) = Predictor.load(best, "cpu").predict([np.zeros((50, 40), dtype=np.uint8)])
    assert report.text.startswith("Findings:")
    meta = json.loads((best / "meta.json").read_text())
    assert meta["data"]["name"] == "iu-xray"
    assert "adapters" in " ".join(meta["parts"])


def test_an_interrupted_chexquery_training_resumes_to_the_same_weights(collection, tmp_path, monkeypatch):
    reference = options(epochs_scale=0.2, phase="1", init_from=self_start(collection, tmp_path))
    training.train(data_root=collection, out=tmp_path / "whole", **reference)
    original, calls = CheXQueryLearner.losses, iter(range(1, 999))

    def interrupted(self, batch, phase):
        if next(calls) == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return original(self, batch, phase)

    monkeypatch.setattr(CheXQueryLearner, "losses", interrupted)
    reference = {**reference, "phase": "2", "epochs_scale": 0.4}
    with pytest.raises(KeyboardInterrupt):
        training.train(data_root=collection, out=tmp_path / "broken", **reference)
    monkeypatch.setattr(CheXQueryLearner, "losses", original)
    training.train(data_root=collection, out=tmp_path / "broken", resume=True, **reference)
    training.train(data_root=collection, out=tmp_path / "unbroken", **reference)
    resumed, unbroken = last_weights(tmp_path / "broken"), last_weights(tmp_path / "unbroken")
    assert resumed.keys() == unbroken.keys()
    for name, value in unbroken.items():
        assert torch.equal(value, resumed[name]), name


def self_start(collection, tmp_path):
    """A checkpoint after phase 0, to start later phases from."""
    return training.train(data_root=collection, out=tmp_path / "start", **options(phase="0"))


def test_init_from_takes_weights_and_tokenizer_but_no_position(collection, tmp_path):
    start = self_start(collection, tmp_path)
    best = training.train(data_root=collection, out=tmp_path / "next", **options(phase="1", init_from=start))
    before, after = load_file(start / "model.safetensors"), load_file(best / "model.safetensors")
    assert (best / "tokenizer.json").read_bytes() == (start / "tokenizer.json").read_bytes()
    assert torch.equal(before["decoder.embedding.weight"], after["decoder.embedding.weight"])
    assert not torch.equal(before["queries.condition"], after["queries.condition"])
    assert [record["step"] for record in read_history(tmp_path / "next") if record["event"] == "epoch"] == [1]


def test_a_later_phase_needs_weights_to_start_from(collection, tmp_path):
    with pytest.raises(UsageError, match="phase 2 starts from an earlier phase"):
        training.train(data_root=collection, out=tmp_path, **options(phase=2))


def test_a_start_that_is_no_checkpoint_is_refused(collection, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(WeightsError):
        training.train(data_root=collection, out=tmp_path / "out", **options(phase=1, init_from=tmp_path / "empty"))


def test_missing_and_unreadable_films_and_empty_findings_are_listed(tmp_path):
    root = write_collection(tmp_path / "gaps", studies=8)
    folder = root / "images" / "images_normalized"
    (folder / "3_IM-0001-1001.dcm.png").unlink()
    (folder / "5_IM-0001-1001.dcm.png").write_bytes(b"no image")
    table = root / "indiana_reports.csv"
    rows = list(csv.reader(table.open()))
    rows[7][6] = "XXXX."
    with table.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    samples = collect_samples(read_iu_xray(root).studies, 32, get_labeler("rules"))
    assert samples.skipped == {NO_FINDINGS: ("7",), NO_FILM: ("3",), BAD_FILM: ("5",)}
    assert samples.ids == ("1", "2", "4", "6", "8")
    assert samples.pixels.shape == (5, 32, 32)
    assert len(samples.targets) == len(samples.labels) == 5


def test_no_usable_study_is_an_error_that_counts_the_reasons(tmp_path):
    root = write_collection(tmp_path / "gone", studies=3)
    for path in (root / "images" / "images_normalized").iterdir():
        path.unlink()
    with pytest.raises(DataError, match=r"none of 3 studies.*\n.*3: no frontal film on disk"):
        collect_samples(read_iu_xray(root).studies, 32, get_labeler("rules"))


def test_targets_are_cleaned_and_labels_are_read_off_the_whole_report(collection):
    samples = collect_samples(read_iu_xray(collection).studies, 32, get_labeler("rules"))
    by_id = dict(zip(samples.ids, samples.targets, strict=True))
    assert by_id["2"] == "Right upper lobe opacity. | Impression: Pneumonia."
    assert by_id["3"] == "Possible right pneumothorax."
    names = ("Pneumothorax", "Cardiomegaly", "No Finding")
    matrix = dict(zip(samples.ids, samples.label_matrix(names).tolist(), strict=True))
    assert matrix["1"] == [0, 1, 0]
    assert matrix["3"] == [1, 0, 0], "uncertain counts as positive"
    assert matrix["4"] == [0, 0, 1], "a denied or unmentioned finding is negative"


def test_mirrored_films_carry_mirrored_reports(collection):
    from cxrbench.reference_models.chexquery.augment import AugmentSettings

    config = training.preset_config("tiny")
    corpus = training.load_corpus(collection, config, split_scheme="documented")
    model, tokenizer, _ = training.build_model(config, corpus.training)
    learner = CheXQueryLearner(
        model,
        tokenizer,
        corpus.training,
        corpus.validation,
        get_labeler("rules"),
        augmentation=AugmentSettings(degrees=0, translate=0, scale=(1, 1), brightness=0, contrast=0, hflip=True),
        data=corpus.origin,
        max_tokens=64,
    )
    indices = list(range(len(corpus.training)))
    batch = learner.batch(indices, Draw(0, 0, 0))
    plain = torch.from_numpy(corpus.training.pixels)[:, None].float() / 127.5 - 1
    mirrored = 0
    for index in indices:
        flipped = torch.allclose(batch["images"][index], plain[index].flip(-1), atol=1e-4)
        assert flipped != torch.allclose(batch["images"][index], plain[index], atol=1e-4)
        told = tokenizer.decode([token for token in batch["labels"][index].tolist() if token >= 0])
        written = corpus.training.targets[index]
        for side, other in (("left", "right"), ("Right", "Left"), ("right", "left"), ("Left", "Right")):
            if side in written:
                assert (other if flipped else side) in told
        mirrored += flipped
    assert 0 < mirrored < len(indices)


def test_base_phases_hold_the_documented_values():
    one, two, three = phases("base")
    assert [phase.epochs for phase in (one, two, three)] == [5, 15, 5]
    assert [phase.learning_rate for phase in (one, two, three)] == [1e-4, 5e-5, 2e-5]
    assert [(phase.batch_size, phase.accumulation) for phase in (one, two, three)] == [(16, 2), (8, 4), (8, 4)]
    assert [dict(phase.loss_weights) for phase in (one, two, three)] == [
        {"gen": 1.0, "aux": 0.5},
        {"gen": 1.0, "aux": 0.3},
        {"gen": 1.0, "aux": 0.0},
    ]
    assert [phase.label_smoothing for phase in (one, two, three)] == [0.0, 0.1, 0.1]
    assert (one.warmup_steps, two.warmup_steps, three.warmup_max_fraction) == (200, 500, 0.1)


def test_phase_0_means_both_parts_and_scaled_epochs_stay_at_least_one():
    assert [phase.name for phase in phases("tiny", 0)] == ["0a", "0b"]
    assert [phase.epochs for phase in phases("tiny", epochs_scale=1e-6)] == [1] * 5


def test_limits_extend_each_other(collection):
    config = training.preset_config("tiny")
    small = training.load_corpus(collection, config, split_scheme="documented", limit=4)
    large = training.load_corpus(collection, config, split_scheme="documented", limit=8)
    assert len(small.training) == 4
    assert set(small.training.ids) < set(large.training.ids)


def test_an_unknown_split_scheme_is_refused(collection):
    with pytest.raises(UsageError, match="split scheme"):
        training.load_corpus(collection, training.preset_config("tiny"), split_scheme="phantom")
