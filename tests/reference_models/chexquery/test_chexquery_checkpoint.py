"""Checkpoints: what comes back, what is refused, what the fingerprint sees."""

import dataclasses
import json
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file

from cxrbench.core.errors import UnknownNameError, WeightsError
from cxrbench.reference_models.chexquery.checkpoint import (
    FILES,
    TrainingData,
    fingerprint,
    load_checkpoint,
    load_weights,
    read_meta,
    save_checkpoint,
)
from cxrbench.reference_models.chexquery.model import CheXQuery
from cxrbench.reference_models.chexquery.presets import preset
from cxrbench.reference_models.chexquery.tokenizer import ReportTokenizer

TOKENIZER = ReportTokenizer.train(["Findings: The heart is normal. | Impression: No acute disease."] * 2)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def model(width: int = 96) -> CheXQuery:
    torch.manual_seed(0)
    return CheXQuery(dataclasses.replace(preset("tiny").with_vocabulary(TOKENIZER.vocab_size), width=width))


@pytest.fixture
def folder(tmp_path):
    save_checkpoint(
        tmp_path / "c",
        model(),
        TOKENIZER,
        phase=2,
        epoch=3,
        step=66,
        history=[{"epoch": 1, "label_f1": 0.5}, {"epoch": 2, "label_f1": None}],
        data=TrainingData("phantom", "CC0-1.0", "abc"),
        notes=["For tests."],
    )
    return tmp_path / "c"


def edit(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_checkpoint_comes_back_whole(folder):
    loaded = load_checkpoint(folder)
    images = torch.randn(2, 1, 128, 128)
    with torch.no_grad():
        assert torch.equal(loaded.model.encode(images).memory, model().eval().encode(images).memory)
    assert not loaded.model.training
    assert loaded.tokenizer.to_json() == TOKENIZER.to_json()
    assert loaded.config == model().settings
    meta = loaded.meta
    assert (meta.phase, meta.epoch, meta.step, meta.preset) == ("2", 3, 66, "tiny")
    assert meta.history[1] == {"epoch": 2, "label_f1": None}
    assert meta.data == TrainingData("phantom", "CC0-1.0", "abc")
    assert meta.notes == ("For tests.",)
    assert meta.conditions[0] == "No Finding"
    assert meta.parameters["total"] == sum(p.numel() for p in model().parameters())


def test_adapters_and_warm_up_parts_travel_along(tmp_path):
    net = model()
    net.add_warmup()
    net.add_adapters(vision=False)
    assert save_checkpoint(tmp_path, net, TOKENIZER).parts == ("decoder_adapters", "warmup")
    loaded = load_checkpoint(tmp_path).model
    assert set(loaded.state_dict()) == set(net.state_dict())
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in loaded.state_dict().items())


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(WeightsError, match=rf"{name} is missing"):
        load_checkpoint(folder)


def test_a_folder_that_is_not_there_says_how_to_make_one(tmp_path):
    with pytest.raises(WeightsError) as error:
        load_checkpoint(tmp_path / "nothing")
    assert "cxrbench train chexquery" in str(error.value)


@pytest.mark.parametrize("keep", [0, 5, 1000, -10])
def test_truncated_weights_are_unreadable_not_a_crash(folder, keep):
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[:keep])
    with pytest.raises(WeightsError, match="unreadable weights"):
        load_checkpoint(folder)


def test_a_pickle_in_place_of_weights_is_never_executed(folder, tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "executed"), "w"))

    (folder / "model.safetensors").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(WeightsError, match="unreadable weights"):
        load_checkpoint(folder)
    assert not (tmp_path / "executed").exists()


def test_weights_of_another_architecture_list_the_first_differences(folder):
    state = load_file(folder / "model.safetensors")
    state["fusion.norm.weight"] = torch.ones(7)
    state["surplus"] = torch.ones(1)
    del state["queries.condition"]
    save_file(state, folder / "model.safetensors")
    with pytest.raises(WeightsError) as error:
        load_checkpoint(folder)
    message = str(error.value)
    assert "queries.condition is missing" in message
    assert "surplus is not part of the model" in message
    assert "fusion.norm.weight is [7], expected [96]" in message


def test_a_wholly_different_model_lists_five_differences_and_counts_the_others(folder):
    with pytest.raises(WeightsError, match=r"and \d+ more"):
        load_weights(model(width=64), folder / "model.safetensors")


def test_another_format_version_is_refused_by_number(folder):
    edit(folder / "meta.json", format_version=99)
    with pytest.raises(WeightsError, match="format 99"):
        load_checkpoint(folder)


def test_other_preprocessing_is_refused(folder):
    edit(folder / "meta.json", preprocessing="rgb")
    with pytest.raises(WeightsError, match="rgb"):
        read_meta(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"'])
def test_damaged_json_is_named(folder, text):
    (folder / "meta.json").write_text(text)
    with pytest.raises(WeightsError, match=r"meta\.json"):
        load_checkpoint(folder)


def test_an_unknown_setting_is_refused(folder):
    edit(folder / "config.json", widht=5)
    with pytest.raises(UnknownNameError, match="widht"):
        load_checkpoint(folder)


def test_queries_in_another_order_are_refused(folder):
    edit(folder / "meta.json", conditions=list(reversed(model().settings.conditions)))
    with pytest.raises(WeightsError, match="different queries"):
        load_checkpoint(folder)


def test_a_tokenizer_of_another_training_is_refused(folder):
    ReportTokenizer.train([f"word{i} other{i}" for i in range(60)] * 2).save(folder / "tokenizer.json")
    with pytest.raises(WeightsError, match="the decoder"):
        load_checkpoint(folder)


def test_the_fingerprint_sees_weights_configuration_and_tokenizer_and_nothing_else(folder):
    first = fingerprint(folder)
    edit(folder / "meta.json", notes=["Another note."])
    assert fingerprint(folder) == first
    seen = {first}
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        with (folder / name).open("ab") as file:
            file.write(b" ")
        seen.add(fingerprint(folder))
    assert len(seen) == 4


def test_saving_twice_gives_the_same_bytes(folder, tmp_path):
    save_checkpoint(tmp_path / "again", model(), TOKENIZER)
    assert fingerprint(tmp_path / "again") == fingerprint(folder)
