"""Pretrained parts from local folders: tiny random SigLIP, T5 and BERT stand in for the real ones."""

import dataclasses
import logging

import pytest
import torch
from transformers import (
    BertConfig,
    BertModel,
    SiglipVisionConfig,
    SiglipVisionModel,
    T5Config,
    T5ForConditionalGeneration,
)

from cxrbench.core.errors import UsageError, WeightsError
from cxrbench.reference_models.chexquery import biobert
from cxrbench.reference_models.chexquery.checkpoint import load_checkpoint, save_checkpoint
from cxrbench.reference_models.chexquery.config import QUERY_CONDITIONS, DecoderConfig, VisionConfig
from cxrbench.reference_models.chexquery.model import CheXQuery
from cxrbench.reference_models.chexquery.presets import preset
from cxrbench.reference_models.chexquery.pretrained import load_pretrained
from cxrbench.reference_models.chexquery.tokenizer import ReportTokenizer

WIDTH, VOCABULARY = 32, 110


@pytest.fixture(autouse=True)
def quiet():
    torch.set_num_threads(1)
    logging.getLogger("transformers").setLevel(logging.ERROR)


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A folder with siglip/, t5/ and bert/, as `from_pretrained` reads them."""
    root = tmp_path_factory.mktemp("hub")
    torch.manual_seed(0)
    SiglipVisionModel(
        SiglipVisionConfig(
            hidden_size=WIDTH, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, image_size=32
        )
    ).save_pretrained(root / "siglip")
    t5 = T5ForConditionalGeneration(
        T5Config(
            vocab_size=VOCABULARY,
            d_model=WIDTH,
            d_kv=8,
            d_ff=40,
            num_layers=2,
            num_heads=4,
            feed_forward_proj="gated-gelu",
            tie_word_embeddings=False,
        )
    )
    t5.lm_head.weight = torch.nn.Parameter(torch.randn(VOCABULARY, WIDTH))
    t5.encoder.final_layer_norm.weight.data.uniform_(0.1, 0.3)
    t5.save_pretrained(root / "t5")
    (root / "bert").mkdir()
    words = sorted({word for name in QUERY_CONDITIONS for word in name.lower().split()})
    (root / "bert" / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]))
    (root / "bert" / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "BertTokenizer", "do_lower_case": true}'
    )
    BertModel(
        BertConfig(
            vocab_size=5 + len(words),
            hidden_size=WIDTH,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=32,
        )
    ).save_pretrained(root / "bert")
    return root


def model(hub, **ids) -> CheXQuery:
    sources = {"vision": str(hub / "siglip"), "decoder": str(hub / "t5"), "query": str(hub / "bert"), **ids}
    config = dataclasses.replace(
        preset("tiny"),
        width=WIDTH,
        vision=VisionConfig(image_size=32, layers=2, heads=4, mlp_width=48, hub_id=sources["vision"]),
        decoder=DecoderConfig(VOCABULARY, layers=2, heads=4, head_width=8, ff_width=40, hub_id=sources["decoder"]),
        query_hub_id=sources["query"],
    )
    torch.manual_seed(1)
    return CheXQuery(config)


def test_all_three_parts_are_loaded_by_name(hub):
    net = model(hub)
    loaded = load_pretrained(net)
    assert loaded.parts == ("vision", "decoder", "queries")
    assert loaded.notes == ()
    siglip = SiglipVisionModel.from_pretrained(hub / "siglip")
    assert all(torch.equal(v, net.vision.siglip.state_dict()[n]) for n, v in siglip.state_dict().items())
    t5 = T5ForConditionalGeneration.from_pretrained(hub / "t5")
    assert torch.equal(net.decoder.lm_head.weight, t5.lm_head.weight)
    assert not torch.equal(net.decoder.lm_head.weight, net.decoder.embedding.weight)
    assert torch.equal(net.fusion.norm.weight, t5.encoder.final_layer_norm.weight)


def test_query_rows_are_centred_cls_vectors_of_unit_variance(hub):
    net = model(hub)
    loaded = load_pretrained(net)
    bert, tokenizer = biobert.load_language_model(str(hub / "bert"))
    with torch.no_grad():
        cls = torch.stack(
            [
                bert(**tokenizer(name.lower(), return_tensors="pt")).last_hidden_state[0, 0]
                for name in QUERY_CONDITIONS
            ]
        )
    centred = cls - cls.mean(0)
    expected = (centred - centred.mean(1, keepdim=True)) / centred.std(1, keepdim=True, correction=0)
    torch.testing.assert_close(net.queries.condition.detach(), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(net.queries.condition.detach().std(1, correction=0), torch.ones(14))
    assert loaded.query_cosines["after"] < loaded.query_cosines["before"]


def test_descriptions_may_stand_in_for_names():
    assert biobert.query_texts(["Edema"], "name") == ["edema"]
    assert biobert.query_texts(["Edema"], "description") != ["edema"]


def test_mean_cosine_of_known_rows():
    assert biobert.mean_cosine(torch.eye(3)) == pytest.approx(0.0)
    assert biobert.mean_cosine(torch.ones(3, 2)) == pytest.approx(1.0)


def test_a_missing_language_model_leaves_random_rows_and_a_note(hub):
    net = model(hub, query=str(hub / "absent"))
    before = net.queries.condition.detach().clone()
    loaded = load_pretrained(net)
    assert torch.equal(net.queries.condition.detach(), before)
    assert "queries" not in loaded.parts
    assert "random rows" in loaded.notes[0]


@pytest.mark.parametrize("part", ["vision", "decoder"])
def test_a_missing_backbone_is_an_error_unless_it_is_optional(hub, part, monkeypatch):
    net = model(hub, **{part: str(hub / "absent")})
    with pytest.raises(WeightsError, match="not on this machine") as error:
        load_pretrained(net)
    assert "hf download" in str(error.value)
    loaded = load_pretrained(net, required=False)
    assert part not in loaded.parts
    assert "random weights" in loaded.notes[0]


def test_a_backbone_of_another_size_is_refused(hub):
    net = model(hub)
    small = dataclasses.replace(net.settings, vision=dataclasses.replace(net.settings.vision, layers=3))
    with pytest.raises(WeightsError, match="other sizes"):
        load_pretrained(CheXQuery(small))


def test_pickled_weights_are_not_considered(hub, tmp_path):
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(WeightsError, match="no safetensors"):
        load_pretrained(model(hub, decoder=str(tmp_path)))


def test_a_checkpoint_may_leave_the_frozen_backbone_to_the_hub(hub, tmp_path):
    net = model(hub)
    load_pretrained(net)
    net.add_adapters()
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if "lora_B" in name or name.startswith("queries"):
                parameter.normal_()
    tokenizer = ReportTokenizer.train(["No edema."] * 2, vocab_size=VOCABULARY)
    slim, whole = tmp_path / "slim", tmp_path / "whole"
    meta = save_checkpoint(slim, net, tokenizer, with_backbone=False)
    save_checkpoint(whole, net, tokenizer)
    assert meta.backbone["decoder"] == str(hub / "t5")
    assert (slim / "model.safetensors").stat().st_size < (whole / "model.safetensors").stat().st_size / 1.5
    state = load_checkpoint(slim).model.state_dict()
    assert set(state) == set(net.state_dict())
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())


def test_another_backbone_under_the_same_name_is_noticed(hub, tmp_path):
    net = model(hub)  # random weights, not those of the folder
    tokenizer = ReportTokenizer.train(["No edema."] * 2, vocab_size=VOCABULARY)
    save_checkpoint(tmp_path, net, tokenizer, with_backbone=False)
    with pytest.raises(WeightsError, match="not what was trained on"):
        load_checkpoint(tmp_path)


def test_a_model_without_a_backbone_cannot_leave_it_out(tmp_path):
    tokenizer = ReportTokenizer.train(["No edema."] * 2)
    net = CheXQuery(preset("tiny").with_vocabulary(tokenizer.vocab_size))
    with pytest.raises(UsageError, match="no pretrained backbone"):
        save_checkpoint(tmp_path, net, tokenizer, with_backbone=False)
