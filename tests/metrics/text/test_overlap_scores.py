"""BLEU, ROUGE and CIDEr on literal cases and by their properties."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.types import Reference
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.text import Bleu, Cider, Rouge, RougeLCoco, tokens
from cxrbench.metrics.text.subsequence import longest_common_subsequence

RAW = get_protocol("raw")
METRICS = [Bleu(RAW), Rouge(RAW), RougeLCoco(RAW), Cider(RAW)]


@pytest.mark.parametrize(
    ("hypothesis", "reference", "bleu_1", "bleu_4"),
    [
        ("", "no acute disease .", 0.0, 0.0),
        ("the heart is normal .", "the heart is normal .", 0.9999999996, 0.99999999948),
        ("heart", "heart", 0.999999998, 3.16228e-5),
    ],
)
def test_bleu_of_known_pairs(hypothesis, reference, bleu_1, bleu_4, score):
    found = score(Bleu(RAW), [hypothesis], [reference])
    assert found["bleu_1"] == pytest.approx(bleu_1, abs=3e-9)
    assert found["bleu_4"] == pytest.approx(bleu_4, rel=1e-5)


def test_corpus_bleu_follows_from_the_published_counts_of_the_coco_example():
    """tylin/coco-caption: counts of 1,000 captions and the BLEU printed beside them."""
    sums = np.array([[1000, 9893, 9855, 5732, 2510, 1043, 423, 9893, 8893, 7893, 6893]], float)
    found = [float(value[0]) for value in Bleu(RAW).score(sums).values()]
    assert found == pytest.approx([0.579, 0.404, 0.279, 0.191], abs=5e-4)


@pytest.mark.parametrize(
    ("target", "prediction", "name", "expected"),
    [("testing one two", "testing one", "rouge_l", 0.8), ("testing one two", "testing one", "rouge_2", 2 / 3)],
)
def test_rouge_of_the_published_examples(target, prediction, name, expected, score):
    """google-research/rouge `rouge_scorer_test.py`."""
    assert score(Rouge(RAW), [prediction], [target])[name] == pytest.approx(expected)


def test_rouge_l_recall_is_the_common_subsequence_over_the_reference_length(score):
    assert score(Rouge(RAW), ["heart normal size big"], ["the heart is normal"])["rouge_l_recall"] == 0.5


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("pair", [("", "the heart"), ("  ", "the heart"), ("", "")], ids=["empty", "blank", "both"])
def test_an_empty_hypothesis_scores_zero_and_stays_in_n(metric, pair, make_pairs):
    pairs = make_pairs([pair[0], "no effusion", "clear"], [pair[1], "small effusion", "lungs are clear"])
    statistics = metric.measure(pairs, metric.fit(pairs.references))
    assert len(statistics.values) == 3
    alone = metric.aggregate(statistics, np.array([[1.0, 0.0, 0.0]]))
    assert [value[0] for value in alone.values()] == pytest.approx([0.0] * len(alone), abs=1e-12)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_without_any_example_a_score_is_undefined(metric, make_pairs):
    pairs = make_pairs([], [])
    statistics = metric.measure(pairs, metric.fit([]))
    assert all(math.isnan(v[0]) for v in metric.aggregate(statistics, np.ones((1, 0))).values())


def test_cider_of_a_single_reference_is_undefined_with_a_reason(score):
    metric = Cider(RAW)
    assert math.isnan(score(metric, ["the heart is normal"], ["the heart is normal"])["cider"])
    assert "two references" in metric.why_undefined("cider")


def test_cider_of_identical_texts_is_ten_and_its_state_survives_json(make_pairs):
    texts = ["the heart is normal today .", "small left pleural effusion seen", "no pneumothorax at all here"]
    pairs = make_pairs(texts, texts)
    metric = Cider(RAW)
    state = json.loads(json.dumps(metric.fit(pairs.references)))
    assert metric.aggregate(metric.measure(pairs, state), np.ones((1, 3)))["cider"] == pytest.approx([10.0])


def test_cider_of_a_subset_keeps_the_idf_of_all_references(make_pairs):
    texts = ["the heart is normal", "the lungs are clear", "the heart is big", "no effusion"]
    said = ["the heart is normal", "the lungs are bad", "the heart", "effusion"]
    metric = Cider(RAW)
    everything, part = make_pairs(said, texts), make_pairs(said[:2], texts[:2])
    state = metric.fit(everything.references)
    whole = metric.measure(everything, state).values[:2]
    assert metric.measure(part, state).values == pytest.approx(whole)
    assert not np.allclose(metric.measure(part, metric.fit(part.references)).values, whole)


def test_cider_leaves_unusable_references_out_of_its_idf():
    usable = [Reference(id="a", findings="the heart"), Reference(id="b", findings="the lungs")]
    missing = Reference(id="c", findings=None, impression="normal")
    assert Cider(RAW).fit([*usable, missing]) == Cider(RAW).fit(usable)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_signature_names_the_protocol_and_the_settings(metric):
    assert metric.signature().startswith(f"{metric.name}|protocol:raw|protocol_version:1|reference:findings|")
    assert all(":" in part for part in metric.signature().split("|")[1:])


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_statistics_do_not_depend_on_the_block_size(metric, random_texts, make_pairs, monkeypatch):
    whole = metric.measure(make_pairs(*random_texts), metric.fit(make_pairs(*random_texts).references))
    monkeypatch.setattr(tokens, "BLOCK", 7)
    parts = metric.measure(make_pairs(*random_texts), metric.fit(make_pairs(*random_texts).references))
    assert np.allclose(whole.values, parts.values, rtol=0, atol=1e-14)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("text", ["😀 🫁 lungs", "הלב תקין", "lone \ud800 surrogate", "a ||| b\r\nc\x85d", "\x00"])
def test_any_unicode_is_scored(metric, text, make_pairs):
    pairs = make_pairs([text, "x"], [text, "y"])
    values = metric.measure(pairs, metric.fit(pairs.references)).values
    assert np.isfinite(values).all()


def test_a_report_of_a_hundred_thousand_words_is_scored(score):
    text = " ".join(f"w{i % 977}" for i in range(100_000))
    assert score(Bleu(RAW), [text], [text])["bleu_4"] == pytest.approx(1)
    assert score(RougeLCoco(RAW), [text], [text])["rouge_l_coco"] == 1


def quadratic_lcs(first, second):
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=70), st.lists(st.integers(0, 4), max_size=70))
def test_the_bit_parallel_subsequence_length_equals_the_table(first, second):
    assert longest_common_subsequence(first, second) == quadratic_lcs(first, second)
