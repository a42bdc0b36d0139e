"""Text to tokens and back, and the teacher-forcing tensors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from cxrbench.core.errors import UsageError, WeightsError
from cxrbench.reference_models.chexquery.losses import IGNORE
from cxrbench.reference_models.chexquery.targets import encode_targets, report_text, target_text
from cxrbench.reference_models.chexquery.tokenizer import ReportTokenizer

REPORTS = [
    "Findings: The heart is normal in size. No focal consolidation, effusion or pneumothorax. | Impression: No acute "
    "disease.",
    "Findings: Small left-sided pleural effusion (stable); T8-T9 compression. | Impression: 1. Effusion. 2. Break.",
] * 3
TOKENIZER = ReportTokenizer.train(REPORTS)


def test_normal_text_comes_back_with_its_spacing_and_case():
    for text in REPORTS:
        assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


@given(st.lists(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1), max_size=8))
def test_any_printable_ascii_comes_back(words):
    text = " ".join(words)
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


def test_frequent_words_are_one_token_and_unseen_words_are_spelt():
    assert len(TOKENIZER.encode("The heart is normal")) == 4
    assert len(TOKENIZER.encode("zebra")) > 1
    assert TOKENIZER.unknown_id not in TOKENIZER.encode("zebra")


def test_special_tokens_have_the_ids_of_t5():
    assert (TOKENIZER.pad_id, TOKENIZER.eos_id, TOKENIZER.unknown_id, TOKENIZER.start_id) == (0, 1, 2, 0)
    assert TOKENIZER.decode([0, *TOKENIZER.encode("No edema."), 1, 0]) == "No edema."


def test_training_is_deterministic_and_independent_of_the_order_of_reports():
    assert ReportTokenizer.train(REPORTS).to_json() == ReportTokenizer.train(REPORTS[::-1]).to_json()


def test_the_vocabulary_is_bounded():
    assert ReportTokenizer.train(REPORTS, vocab_size=110).vocab_size <= 110


def test_a_saved_tokenizer_is_the_same(tmp_path):
    TOKENIZER.save(tmp_path / "tokenizer.json")
    loaded = ReportTokenizer.load(tmp_path / "tokenizer.json")
    assert loaded.to_json() == TOKENIZER.to_json()
    assert ReportTokenizer.from_hub(str(tmp_path)).encode(REPORTS[0]) == TOKENIZER.encode(REPORTS[0])


def test_a_missing_or_damaged_tokenizer_is_named(tmp_path):
    with pytest.raises(WeightsError, match="missing"):
        ReportTokenizer.load(tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer.json").write_text(TOKENIZER.to_json()[:200])
    with pytest.raises(WeightsError, match="unreadable") as error:
        ReportTokenizer.load(tmp_path / "tokenizer.json")
    assert "tokenizer.json" in str(error.value)


def test_a_tokenizer_without_t5s_special_tokens_is_refused():
    with pytest.raises(WeightsError, match="<pad>"):
        ReportTokenizer(Tokenizer(models.BPE()))


def test_a_hub_tokenizer_that_is_not_here_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="not on this machine") as error:
        ReportTokenizer.from_hub("nobody/no-such-model")
    assert "hf download nobody/no-such-model" in str(error.value)


def test_no_reports_cannot_train_a_tokenizer():
    with pytest.raises(UsageError, match="no text"):
        ReportTokenizer.train([])


def test_target_and_report_texts_have_the_documented_form():
    target = target_text("Clear lungs.", "No acute disease.")
    assert target == "Clear lungs. | Impression: No acute disease."
    assert target_text("Clear lungs.", None) == target_text("Clear lungs.", "") == "Clear lungs."
    assert report_text("Findings:", target) == "Findings: Clear lungs. | Impression: No acute disease."


def test_nothing_generated_is_an_empty_report_and_not_a_bare_prompt():
    assert report_text("Findings:", "") == ""


def test_inputs_are_targets_shifted_behind_the_prompt_and_only_targets_carry_loss():
    inputs, labels = encode_targets(TOKENIZER, "Findings:", ["The heart is normal.", "No"])
    prompt = TOKENIZER.prompt_ids("Findings:")
    for row, text in enumerate(["The heart is normal.", "No"]):
        target = [*TOKENIZER.encode(text), TOKENIZER.eos_id]
        n = len(prompt) - 1
        assert inputs[row, : n + len(target)].tolist() == prompt + target[:-1]
        assert labels[row, :n].tolist() == [IGNORE] * n
        assert labels[row, n : n + len(target)].tolist() == target
        assert labels[row, n + len(target) :].eq(IGNORE).all()
        assert inputs[row, n + len(target) :].eq(TOKENIZER.pad_id).all()


def test_a_target_that_is_too_long_is_cut_without_an_end_token():
    _, labels = encode_targets(TOKENIZER, "Findings:", ["The heart is normal in size."], max_tokens=3)
    kept = labels[labels != IGNORE].tolist()
    assert kept == TOKENIZER.encode("The heart is")
