"""The whole model: documented sizes, shapes, gradients and what each phase trains."""

import dataclasses

import pytest
import torch
from torch import nn

from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.reference_models.chexquery.checkpoint import count_parameters
from cxrbench.reference_models.chexquery.config import CheXQueryConfig
from cxrbench.reference_models.chexquery.layers import MultiHeadAttention, RMSNorm
from cxrbench.reference_models.chexquery.model import CheXQuery
from cxrbench.reference_models.chexquery.patterns import trainable_patterns
from cxrbench.reference_models.chexquery.presets import preset
from cxrbench.reference_models.chexquery.vision import VisionFeatures


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def base() -> CheXQuery:
    with torch.device("meta"):
        return CheXQuery(preset("base"))


def small(**changes) -> CheXQueryConfig:
    """A model of the tiny preset's architecture, but quick: 32 px, 16 wide."""
    tiny = preset("tiny")
    vision = dataclasses.replace(tiny.vision, image_size=32, stages=(4, 8), heads=2, mlp_width=16)
    decoder = dataclasses.replace(tiny.decoder, vocab_size=40, layers=2, heads=2, head_width=8, ff_width=24)
    sizes = {"width": 16, "heads": 2, "ffn_width": 24, "gate_width": 8, "aux_width": 8, "aux_dropout": 0.0}
    return dataclasses.replace(tiny, vision=vision, decoder=decoder, **{**sizes, **changes})


def batch(config: CheXQueryConfig, rows: int = 3) -> tuple[torch.Tensor, ...]:
    side = config.vision.image_size
    ids = torch.randint(3, 40, (rows, 9))
    return torch.randn(rows, 1, side, side), ids, ids.clone(), torch.randint(0, 2, (rows, 14))


def test_base_has_the_documented_number_of_parameters_part_by_part(base):
    assert count_parameters(base) == {
        "vision": 86_088_960 + 7_087_104,
        "queries": 10_752 + 4_608,
        "cross_attention": 14_175_744,
        "fusion": 590_593 + 2_371_584 + 591_360,
        "auxiliary": 295_681,
        "decoder": 113_275_008 + 24_674_304 + 24_674_304,
        "total": 273_840_002,
    }
    assert sum(p.numel() for p in base.vision.siglip.head.parameters()) == 7_087_104


def test_base_trains_the_documented_number_of_parameters_in_each_phase(base):
    assert base.set_trainable(trainable_patterns(1)) == 18_040_322
    with torch.device("meta"):
        base.add_adapters()
    assert base.set_trainable([r"vision\..*lora_.*"]) == 294_912
    assert base.set_trainable([r"decoder\..*lora_.*"]) == 2_359_296
    assert base.set_trainable(trainable_patterns(1)) == 18_040_322
    assert base.set_trainable(trainable_patterns(2)) == 20_694_530
    assert base.set_trainable(trainable_patterns(3)) == 20_103_937


def test_base_has_the_documented_shapes(base):
    encoded = base.encode(torch.empty(2, 3, 384, 384, device="meta"), need_attention=True)
    assert encoded.memory.shape == (2, 11, 768)
    assert encoded.queries.shape == (2, 20, 768)
    assert encoded.aux_logits.shape == (2, 14)
    assert encoded.gate.shape == (2, 1)
    assert [tuple(maps.shape) for maps in encoded.attentions] == [(2, 8, 20, 576)] * 2
    assert base.decoder(torch.empty(2, 7, dtype=torch.long, device="meta"), encoded.memory).shape == (2, 7, 32128)


def test_tiny_has_the_same_tokens_at_its_own_size():
    encoded = CheXQuery(preset("tiny").with_vocabulary(50)).encode(torch.randn(2, 1, 128, 128), need_attention=True)
    assert encoded.memory.shape == (2, 11, 96)
    assert encoded.attentions[-1].shape == (2, 4, 20, 256)


def test_attention_rows_sum_to_one_and_asking_for_them_changes_nothing():
    config = small()
    model = CheXQuery(config).eval()
    images = batch(config)[0]
    asked, plain = model.encode(images, need_attention=True), model.encode(images)
    assert plain.attentions is None
    for maps in asked.attentions:
        assert torch.all(maps >= 0)
        torch.testing.assert_close(maps.sum(-1), torch.ones(maps.shape[:-1]), atol=1e-5, rtol=0)
    torch.testing.assert_close(asked.memory, plain.memory, atol=1e-5, rtol=1e-4)


def test_attention_equals_pytorchs_own_layer():
    own = MultiHeadAttention(24, 4).eval()
    theirs = nn.MultiheadAttention(24, 4, batch_first=True).eval()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat((own.q_proj.weight, own.k_proj.weight, own.v_proj.weight)))
        for projection in (own.q_proj, own.k_proj, own.v_proj):
            projection.bias.normal_()
        theirs.in_proj_bias.copy_(torch.cat((own.q_proj.bias, own.k_proj.bias, own.v_proj.bias)))
        theirs.out_proj.load_state_dict(own.out_proj.state_dict())
    query, context = torch.randn(2, 5, 24), torch.randn(2, 9, 24)
    expected, weights = theirs(query, context, context, average_attn_weights=False)
    for need in (True, False):
        got, maps = own(query, context, need)
        torch.testing.assert_close(got, expected, atol=1e-6, rtol=1e-5)
        if need:
            torch.testing.assert_close(maps, weights, atol=1e-6, rtol=1e-5)


def test_the_norm_is_pytorchs_rms_norm():
    norm, x = RMSNorm(12), torch.randn(4, 12)
    with torch.no_grad():
        norm.weight.normal_()
    torch.testing.assert_close(norm(x), nn.functional.rms_norm(x, (12,), norm.weight, 1e-6))


def test_the_gate_weighs_the_normalised_tokens_of_both_branches():
    config = small()
    fusion = CheXQuery(config).fusion
    pooled, queries = torch.randn(3, 16), torch.randn(3, 20, 16)
    memory, gate = fusion(pooled, queries)
    rms = memory.pow(2).mean(-1).sqrt()
    torch.testing.assert_close(rms[:, :1], gate, atol=1e-3, rtol=1e-2)
    torch.testing.assert_close(rms[:, 1:], (1 - gate).expand(-1, 10), atol=1e-3, rtol=1e-2)


@pytest.mark.parametrize("branch", ["global", "queries"])
def test_gradients_of_the_report_reach_both_branches_of_the_gate(branch):
    config = small()
    model = CheXQuery(config)
    _, ids, labels, _ = batch(config)
    features = VisionFeatures(torch.randn(3, 64, 16, requires_grad=True), torch.randn(3, 16, requires_grad=True))
    model(features, ids, labels).generation.mean.backward()
    source = features.pooled if branch == "global" else features.patches
    assert source.grad.abs().max() > 0
    assert all(p.grad is not None and p.grad.abs().max() > 0 for p in model.fusion.gate[0].parameters())
    assert model.queries.anatomical.grad.abs().max() > 0


def test_the_decoder_reads_the_film():
    config = small()
    model = CheXQuery(config).eval()
    images, ids, *_ = batch(config)
    first, second = model(images, ids).logits, model(images.flip(0), ids).logits
    assert (first - second).abs().max() > 1e-4


def test_the_auxiliary_loss_trains_the_condition_queries_only_through_what_they_attend_to():
    config = small()
    model = CheXQuery(config)
    images, *_, targets = batch(config)
    model(images, aux_targets=targets).auxiliary.mean.backward()
    assert model.queries.condition.grad.abs().max() > 0
    assert model.queries.anatomical.grad is None or model.queries.anatomical.grad.abs().max() == 0


@pytest.mark.parametrize("phase", ["0a", "0b", "1", "2", "3"])
def test_a_step_of_a_phase_changes_the_parameters_of_that_phase_and_no_others(phase):
    config = small()
    model = CheXQuery(config)
    model.add_warmup()
    model.add_adapters()
    model.set_trainable(trainable_patterns(phase))
    model.train()
    images, ids, labels, targets = batch(config)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1.0)
    for _ in range(2):  # B of an adapter is zero at first, so A moves only in the second step
        output = model(
            None if phase == "0b" else images,
            None if phase == "0a" else ids,
            None if phase == "0a" else labels,
            None if phase == "3" else targets,
        )
        parts = (output.generation, output.auxiliary, output.global_auxiliary, output.patch_auxiliary)
        optimizer.zero_grad()
        sum(part.mean for part in parts if part is not None).backward()
        optimizer.step()
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    if phase != "0a":  # with vision frozen its batch statistics must not move either
        assert all(torch.equal(before[n], v) for n, v in model.state_dict().items() if "running_" in n)
    for name, parameter in model.named_parameters():
        moved = not torch.equal(before[name], parameter)
        assert moved == (name in trained), name
    prefixes = {name.split(".")[0] for name in trained}
    expected = {
        "0a": {"vision", "queries", "cross_attention", "auxiliary", "warmup"},
        "0b": {"decoder", "warmup"},
        "1": {"queries", "cross_attention", "fusion", "auxiliary"},
        "2": {"queries", "cross_attention", "fusion", "auxiliary", "vision", "decoder"},
        "3": {"queries", "cross_attention", "fusion", "decoder"},
    }
    assert prefixes == expected[phase]
    if phase in ("2", "3"):
        assert all("lora_" in name for name in trained if name.split(".")[0] in ("vision", "decoder"))


def test_frozen_dropout_stays_off_while_training():
    base = preset("base")
    config = dataclasses.replace(small(dropout=0.1), decoder=dataclasses.replace(small().decoder, dropout=0.5))
    assert base.decoder.dropout == 0.1
    model = CheXQuery(config)
    model.set_trainable(trainable_patterns(1))
    model.train()
    assert not any(part.training for part in model.decoder.modules())
    assert not any(part.training for part in model.vision.modules())
    assert model.cross_attention.layers[0].dropout.training
    model.set_trainable(trainable_patterns("0b"))
    model.train()
    assert model.decoder.blocks[0].dropout.training


def test_a_frozen_encoder_builds_no_graph_and_its_features_can_be_cached():
    config = small()
    model = CheXQuery(config)
    model.set_trainable(trainable_patterns(1))
    model.train()
    images, ids, labels, targets = batch(config)
    features = model.see(images)
    assert not features.patches.requires_grad
    with torch.no_grad():
        live, cached = model(images, ids, labels, targets), model(features, ids, labels, targets)
    assert torch.equal(live.generation.total, cached.generation.total)


def test_colour_copies_of_a_grey_film_change_nothing():
    config = small()
    model = CheXQuery(config).eval()
    images = batch(config)[0]
    torch.testing.assert_close(model.encode(images).memory, model.encode(images.expand(-1, 3, -1, -1)).memory)


def test_label_states_stand_in_for_the_film_and_differ_by_label():
    config = small()
    model = CheXQuery(config)
    _, ids, labels, targets = batch(config)
    with pytest.raises(UsageError, match="add_warmup"):
        model(None, ids, labels, targets)
    model.add_warmup()
    first = model(None, ids, labels, targets).generation.total
    assert model(None, ids, labels, 1 - targets).generation.total != first
    model.drop_warmup()
    assert not any(name.startswith("warmup") for name in model.state_dict())


def test_queries_start_at_unit_scale():
    queries = CheXQuery(small(width=64)).queries
    torch.testing.assert_close(queries.anatomical.std(-1, correction=0), torch.ones(6))
    assert 0.9 < float(queries.condition.detach().std()) < 1.1


def test_queries_may_attend_to_each_other_when_asked_to():
    plain, talking = CheXQuery(small()), CheXQuery(small(query_self_attention=True))
    assert sum(p.numel() for p in talking.parameters()) > sum(p.numel() for p in plain.parameters())
    assert talking.eval().encode(torch.randn(2, 1, 32, 32)).memory.shape == (2, 11, 16)


@pytest.mark.parametrize("shape", [(1, 1, 64, 64), (1, 2, 32, 32), (1, 32, 32)])
def test_films_of_another_shape_are_refused(shape):
    with pytest.raises(UsageError, match="images of shape") as error:
        CheXQuery(small()).encode(torch.randn(shape))
    assert "[batch, 1 or 3, 32, 32]" in str(error.value)


def test_an_unknown_phase_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="phase '4'"):
        trainable_patterns(4)


def test_bfloat16_autocast_trains_and_writes():
    config = small()
    model = CheXQuery(config)
    images, ids, labels, targets = batch(config)
    exact = model(images, ids, labels, targets).generation.mean
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = model(images, ids, labels, targets, label_smoothing=0.1)
        loss = output.generation.mean + output.auxiliary.mean
        reports = model.eval().generate(images, [0, 5])
    assert output.generation.total.dtype == torch.float32
    loss.backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)
    assert abs(float(output.generation.mean.detach()) - float(exact.detach())) < 0.1
    assert len(reports.tokens) == 3


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["1", "2", "3"])
def test_base_takes_one_training_step_from_random_weights(phase):
    model = CheXQuery(preset("base"))
    if phase != "1":
        model.add_adapters()
    model.set_trainable(trainable_patterns(phase))
    model.train()
    ids = torch.randint(3, 32128, (1, 12))
    targets = None if phase == "3" else torch.randint(0, 2, (1, 14))
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4)
    output = model(torch.randn(1, 3, 384, 384), ids, ids, targets, label_smoothing=0.1)
    loss = output.generation.mean + (0.3 * output.auxiliary.mean if output.auxiliary else 0.0)
    loss.backward()
    assert torch.isfinite(loss)
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in trained)
    optimizer.step()
    with torch.no_grad():
        after = model(torch.randn(1, 3, 384, 384), ids, ids, targets, label_smoothing=0.1).generation.mean
    assert torch.isfinite(after)
