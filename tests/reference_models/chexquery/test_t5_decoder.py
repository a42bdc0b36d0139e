"""The own decoder against transformers' T5, and its cache against itself."""

import pytest
import torch
from transformers import T5Config, T5ForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput
from transformers.models.t5.modeling_t5 import T5Attention as HFT5Attention

from cxrbench.core.errors import UsageError, WeightsError
from cxrbench.reference_models.chexquery.config import DecoderConfig
from cxrbench.reference_models.chexquery.t5_decoder import T5Decoder, relative_bucket
from cxrbench.reference_models.chexquery.t5_weights import encoder_norm, load_t5_decoder

VOCABULARY, WIDTH = 61, 32


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def twins(tied: bool, seed: int = 0) -> tuple[T5ForConditionalGeneration, T5Decoder]:
    torch.manual_seed(seed)
    hf = T5ForConditionalGeneration(
        T5Config(
            vocab_size=VOCABULARY,
            d_model=WIDTH,
            d_kv=8,
            d_ff=48,
            num_layers=1,
            num_decoder_layers=3,
            num_heads=4,
            feed_forward_proj="gated-gelu",
            tie_word_embeddings=tied,
            dropout_rate=0.0,
            decoder_start_token_id=0,
        )
    ).eval()
    if not tied:  # transformers 5 ties whatever the configuration says
        hf.lm_head.weight = torch.nn.Parameter(torch.randn(VOCABULARY, WIDTH) * 0.5)
    config = DecoderConfig(VOCABULARY, layers=3, heads=4, head_width=8, ff_width=48, dropout=0.0, tied=tied)
    own = T5Decoder(WIDTH, config).eval()
    load_t5_decoder(own, {name: value.detach().clone() for name, value in hf.state_dict().items()})
    return hf, own


@pytest.mark.parametrize("tied", [True, False])
def test_logits_agree_with_transformers_to_1e_5(tied):
    hf, own = twins(tied)
    memory, ids = torch.randn(3, 11, WIDTH), torch.randint(0, VOCABULARY, (3, 40))
    with torch.no_grad():
        expected = hf(encoder_outputs=BaseModelOutput(last_hidden_state=memory), decoder_input_ids=ids).logits
        got = own(ids, memory)
    assert got.abs().max() > 0.1
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


def test_stepping_with_the_cache_gives_the_logits_of_the_whole_sequence():
    _, own = twins(False)
    memory, ids = torch.randn(2, 11, WIDTH), torch.randint(0, VOCABULARY, (2, 20))
    with torch.no_grad():
        whole = own(ids, memory)
        cache = own.new_cache(memory, 2, 20)
        steps = [own.step(ids[:, :4], cache)] + [own.step(ids[:, i : i + 1], cache) for i in range(4, 20)]
    torch.testing.assert_close(torch.stack(steps, 1), whole[:, 3:], atol=1e-5, rtol=1e-5)


def test_beams_share_the_visual_tokens_of_their_film():
    _, own = twins(False)
    memory, ids = torch.randn(2, 11, WIDTH), torch.randint(0, VOCABULARY, (6, 5))
    with torch.no_grad():
        shared = own.step(ids, own.new_cache(memory, 6, 5))
        repeated = own.step(ids, own.new_cache(memory.repeat_interleave(3, 0), 6, 5))
    torch.testing.assert_close(shared, repeated, atol=1e-5, rtol=1e-5)


def test_a_later_token_never_changes_an_earlier_logit():
    _, own = twins(False)
    memory, ids = torch.randn(1, 11, WIDTH), torch.randint(0, VOCABULARY, (1, 12))
    changed = ids.clone()
    changed[0, 8] = (ids[0, 8] + 1) % VOCABULARY
    with torch.no_grad():
        before, after = own(ids, memory), own(changed, memory)
    torch.testing.assert_close(before[:, :8], after[:, :8], atol=1e-6, rtol=0)
    assert not torch.allclose(before[:, 8:], after[:, 8:])


def test_distance_buckets_are_those_of_transformers():
    distance = torch.arange(0, 600)
    expected = HFT5Attention._relative_position_bucket(
        -distance, bidirectional=False, num_buckets=32, max_distance=128
    )
    assert torch.equal(relative_bucket(distance, 32, 128), expected)


def test_the_output_layer_is_untied_unless_asked_for():
    config = DecoderConfig(VOCABULARY, layers=1, heads=4, head_width=8, ff_width=16)
    untied = sum(p.numel() for p in T5Decoder(WIDTH, config).parameters())
    tied = sum(p.numel() for p in T5Decoder(WIDTH, DecoderConfig(VOCABULARY, 1, 4, 8, 16, tied=True)).parameters())
    assert untied - tied == VOCABULARY * WIDTH


def test_random_weights_start_near_the_uniform_loss():
    torch.manual_seed(0)
    own = T5Decoder(96, DecoderConfig(500, layers=2, heads=4, head_width=24, ff_width=192))
    ids = torch.randint(0, 500, (4, 30))
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(own(ids, torch.randn(4, 11, 96)).flatten(0, 1), ids.flatten())
    assert abs(float(loss) - 6.21) < 1.2  # ln 500 = 6.21


def test_an_empty_vocabulary_is_refused_with_the_way_out():
    with pytest.raises(UsageError, match="vocabulary is empty") as error:
        T5Decoder(32, DecoderConfig(0, layers=1))
    assert "tokenizer" in str(error.value)


def test_weights_of_other_sizes_list_the_first_differences():
    hf, own = twins(False)
    state = dict(hf.state_dict())
    state["decoder.final_layer_norm.weight"] = torch.ones(5)
    del state["decoder.block.1.layer.2.DenseReluDense.wo.weight"]
    with pytest.raises(WeightsError, match=r"blocks\.1\.feed_forward\.wo\.weight.*final_norm"):
        load_t5_decoder(own, state)


def test_the_encoder_norm_is_found_by_name():
    hf, _ = twins(False)
    state = {**hf.state_dict(), "encoder.final_layer_norm.weight": torch.arange(WIDTH).float()}
    assert torch.equal(encoder_norm(state), torch.arange(WIDTH).float())
