"""Beam search against Hugging Face generate, token for token."""

import itertools
import time
from dataclasses import asdict

import pytest
import torch
from transformers import GenerationConfig, T5Config, T5ForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutput

from cxrbench.core.errors import UsageError
from cxrbench.reference_models.chexquery.config import DecoderConfig, DecodingConfig
from cxrbench.reference_models.chexquery.generation import ban_repeats, beam_search
from cxrbench.reference_models.chexquery.t5_decoder import T5Decoder
from cxrbench.reference_models.chexquery.t5_weights import load_t5_decoder

VOCABULARY, WIDTH, EOS = 23, 32, 1
PROMPT = [0, 7, 9]


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def twins(seed: int) -> tuple[T5ForConditionalGeneration, T5Decoder]:
    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=VOCABULARY,
        d_model=WIDTH,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        dropout_rate=0.0,
        decoder_start_token_id=0,
    )
    hf = T5ForConditionalGeneration(config).eval()
    hf.lm_head.weight = torch.nn.Parameter(torch.randn(VOCABULARY, WIDTH) * 0.4)
    # Cross-attention loud enough for the films to differ, ends likely enough for texts of all lengths.
    with torch.no_grad():
        for block in hf.decoder.block:
            block.layer[1].EncDecAttention.o.weight.mul_(3.0)
        hf.lm_head.weight[EOS] *= 2.0
    own = T5Decoder(WIDTH, DecoderConfig(VOCABULARY, 2, 4, 8, 48, dropout=0.0)).eval()
    load_t5_decoder(own, {name: value.detach().clone() for name, value in hf.state_dict().items()})
    return hf, own


def hf_tokens(hf, memory, **settings):
    out = hf.generate(
        encoder_outputs=BaseModelOutput(last_hidden_state=memory),
        decoder_input_ids=torch.tensor(PROMPT).expand(len(memory), -1),
        generation_config=GenerationConfig(
            do_sample=False, pad_token_id=0, eos_token_id=EOS, decoder_start_token_id=0, **settings
        ),
    )
    texts = []
    for row in out.tolist():
        new = row[len(PROMPT) :]
        texts.append(new[: new.index(EOS)] if EOS in new else new)
    return texts


SETTINGS = [
    DecodingConfig(*search, *rest)
    for search, rest in itertools.product(
        [(1, 3), (2, 0), (4, 0), (4, 3)],
        [(1.0, True, 3, 24), (0.6, True, 0, 24), (1.3, False, 5, 18), (1.0, False, 0, 12)],
    )
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: "-".join(map(str, asdict(s).values())))
def test_every_token_is_that_of_hugging_face_generate(settings):
    ended = cut = 0
    for seed in range(2):
        hf, own = twins(seed)
        memory = torch.randn(6, 11, WIDTH)
        given = asdict(settings)
        given["early_stopping"] = settings.early_stopping and settings.num_beams > 1
        expected = hf_tokens(hf, memory, **given)
        got = beam_search(own, memory, PROMPT, settings, eos_id=EOS)
        assert got.tokens == expected
        ended += sum(got.finished)
        cut += len(got.finished) - sum(got.finished)
    assert ended, "no text ended by itself: the comparison would say nothing about the end token"


def test_texts_of_one_batch_end_at_different_steps_and_stay_in_order():
    _, own = twins(1)
    memory = torch.randn(12, 11, WIDTH)
    decoding = DecodingConfig(num_beams=3, no_repeat_ngram_size=0, min_new_tokens=0, max_new_tokens=30)
    together = beam_search(own, memory, PROMPT, decoding, eos_id=EOS)
    alone = [beam_search(own, memory[i : i + 1], PROMPT, decoding, eos_id=EOS).tokens[0] for i in range(12)]
    assert together.tokens == alone
    assert len({len(tokens) for tokens in alone}) > 2


def test_min_and_max_count_new_tokens_only():
    _, own = twins(0)
    memory = torch.randn(8, 11, WIDTH)
    decoding = DecodingConfig(num_beams=2, no_repeat_ngram_size=0, min_new_tokens=9, max_new_tokens=11)
    got = beam_search(own, memory, PROMPT, decoding, eos_id=EOS)
    assert all(9 <= len(tokens) <= 11 for tokens in got.tokens)


def test_no_n_gram_occurs_twice_and_the_prompt_counts():
    _, own = twins(2)
    decoding = DecodingConfig(num_beams=4, no_repeat_ngram_size=2, min_new_tokens=30, max_new_tokens=40)
    for tokens in beam_search(own, torch.randn(5, 11, WIDTH), PROMPT, decoding, eos_id=EOS).tokens:
        pairs = list(itertools.pairwise([*PROMPT, *tokens]))
        assert len(pairs) == len(set(pairs))


def test_banned_tokens_are_those_of_a_plain_search():
    generator = torch.Generator().manual_seed(0)
    for size in (1, 2, 3):
        ids = torch.randint(0, 5, (20, 12), generator=generator)
        banned = torch.isinf(ban_repeats(ids, torch.zeros(20, 5), size))
        for row, sequence in enumerate(ids.tolist()):
            seen = {tuple(sequence[i : i + size]) for i in range(len(sequence) - size + 1)}
            suffix = sequence[len(sequence) - size + 1 :]
            assert banned[row].tolist() == [(*suffix, token) in seen for token in range(5)]


def test_more_beams_never_lower_the_unnormalised_score_of_a_fixed_length():
    _, own = twins(0)
    memory = torch.randn(6, 11, WIDTH)
    scores = []
    for beams in (1, 8):
        decoding = DecodingConfig(beams, 0, 1.0, True, min_new_tokens=6, max_new_tokens=6)
        scores.append(beam_search(own, memory, PROMPT, decoding, eos_id=EOS).scores)
    assert all(wide >= greedy - 1e-5 for greedy, wide in zip(*scores))
    assert any(wide > greedy + 1e-3 for greedy, wide in zip(*scores))


def test_no_films_give_no_texts():
    _, own = twins(0)
    assert beam_search(own, torch.empty(0, 11, WIDTH), PROMPT, DecodingConfig(), eos_id=EOS).tokens == []


def test_impossible_settings_are_refused():
    with pytest.raises(UsageError, match="num_beams"):
        DecodingConfig(num_beams=0)


@pytest.mark.slow
def test_thirty_two_reports_of_the_tiny_size_take_about_a_second():
    torch.manual_seed(0)
    decoder = T5Decoder(96, DecoderConfig(600, 2, 4, 24, 192)).eval()
    decoding = DecodingConfig(4, 0, min_new_tokens=60, max_new_tokens=60)
    start = time.perf_counter()
    beam_search(decoder, torch.randn(32, 11, 96), PROMPT, decoding)
    assert time.perf_counter() - start < 5
