"""Adapters: where they sit, that they change nothing at first, that merging is exact."""

import dataclasses

import pytest
import torch

from cxrbench.reference_models.chexquery.config import VisionConfig
from cxrbench.reference_models.chexquery.lora import has_adapters, merged_state
from cxrbench.reference_models.chexquery.model import CheXQuery
from cxrbench.reference_models.chexquery.presets import preset


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(0)


def model(kind: str) -> CheXQuery:
    tiny = preset("tiny").with_vocabulary(30)
    if kind == "siglip":
        vision = VisionConfig(image_size=32, layers=2, heads=4, mlp_width=32, patch_size=16)
        tiny = dataclasses.replace(tiny, vision=vision)
    return CheXQuery(tiny).eval()


def adapted(net: CheXQuery, part: str) -> set[str]:
    return {n.split(".lora_A")[0] for n, _ in net.named_parameters() if ".lora_A" in n and n.startswith(part)}


def outputs(net: CheXQuery) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    side = net.settings.vision.image_size
    images = torch.randn(2, 1, side, side, generator=generator)
    with torch.no_grad():
        return net(images, torch.randint(0, 30, (2, 6), generator=generator)).logits


def test_siglip_adapters_sit_on_query_and_value_of_the_blocks_and_not_in_the_pooling_head():
    net = model("siglip")
    net.add_adapters(decoder=False)
    assert adapted(net, "vision") == {
        f"vision.siglip.encoder.layers.{i}.self_attn.{p}_proj" for i in (0, 1) for p in "qv"
    }
    assert not has_adapters(net.decoder)


def test_tiny_adapters_sit_on_the_vit_block():
    net = model("cnn")
    net.add_adapters()
    assert adapted(net, "vision") == {"vision.blocks.0.self_attn.q_proj", "vision.blocks.0.self_attn.v_proj"}
    assert len(adapted(net, "decoder")) == 2 * 2 * 4
    assert not any("lora_" in n for n, _ in net.named_parameters() if n.startswith(("fusion", "cross", "queries")))


@pytest.mark.parametrize("kind", ["cnn", "siglip"])
def test_new_adapters_change_no_output_and_merging_trained_ones_changes_none_either(kind):
    net = model(kind)
    names, plain = set(net.state_dict()), outputs(net)
    net.add_adapters()
    torch.testing.assert_close(outputs(net), plain)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if "lora_B" in name:
                parameter.normal_(std=0.1)
    trained = outputs(net)
    assert (trained - plain).abs().max() > 1e-3
    assert set(merged_state(net.state_dict())) == names
    net.merge_adapters()
    torch.testing.assert_close(outputs(net), trained, atol=1e-4, rtol=1e-4)
    assert set(net.state_dict()) == names
    net.add_adapters()
    torch.testing.assert_close(outputs(net), trained, atol=1e-4, rtol=1e-4)


def test_adding_twice_adds_once_and_keeps_what_is_trained():
    net = model("cnn")
    net.set_trainable([r"fusion\..*"])
    net.add_adapters()
    count = sum(p.numel() for p in net.parameters())
    net.add_adapters()
    assert sum(p.numel() for p in net.parameters()) == count
    assert all(p.requires_grad for p in net.fusion.parameters())
    assert not any(p.requires_grad for n, p in net.decoder.named_parameters() if "lora_" not in n)
