"""Counting over whole corpora at once gives what counting pair by pair gives."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.text import Rouge, overlap
from cxrbench.metrics.text.overlap import clipped_matches
from cxrbench.metrics.text.subsequence import longest_common_subsequence, subsequence_lengths
from cxrbench.metrics.text.tokens import BLOCK, Corpus, TokenPairs, WordNumbers, tokenize

TEXTS = st.lists(st.tuples(st.text("ab c", max_size=30), st.text("abd ", max_size=30)), max_size=12)


def corpora(pairs):
    numbers = WordNumbers()
    hypotheses = tokenize([first for first, _ in pairs], str.split, numbers)
    references = tokenize([second for _, second in pairs], str.split, numbers)
    return TokenPairs(Corpus(hypotheses.words, hypotheses.lengths, references.vocabulary), references)


def counted(first, second, order):
    grams = [Counter(zip(*(text.split()[k:] for k in range(order)))) for text in (first, second)]
    return (grams[0] & grams[1]).total()


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_clipped_matches_equal_counters(pairs):
    expected = [[counted(first, second, order) for order in (1, 2, 3, 4)] for first, second in pairs]
    assert clipped_matches(corpora(pairs), 4).tolist() == np.array(expected, float).reshape(-1, 4).tolist()


def test_pairs_of_too_many_distinct_words_are_counted_by_tables(monkeypatch):
    draw = np.random.default_rng(0)
    pairs = [tuple(" ".join(map(str, draw.integers(0, 9, 40))) for _ in "hr") for _ in range(30)]
    fast = clipped_matches(corpora(pairs), 4)
    assert fast.sum() > 0
    monkeypatch.setattr(overlap, "_LARGEST", 1)
    assert clipped_matches(corpora(pairs), 4).tolist() == fast.tolist()


def test_subsequences_of_short_long_and_empty_texts_equal_those_found_one_by_one():
    draw = np.random.default_rng(1)
    sizes = [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 200, 256, 257, 400]
    texts = [[draw.integers(0, 12, size).tolist() for size in draw.choice(sizes, 2)] for _ in range(600)]
    found = subsequence_lengths(corpora([tuple(" ".join(map(str, side)) for side in pair) for pair in texts]))
    assert found.tolist() == [longest_common_subsequence(*pair) for pair in texts]


def test_no_block_forgets_a_pair():
    count = 2 * BLOCK + 3
    pairs = corpora([("a b c", f"a {i} c") for i in range(count)])
    assert subsequence_lengths(pairs).tolist() == [2.0] * count
    assert clipped_matches(pairs, 2).tolist() == [[2.0, 0.0]] * count


def test_no_pair_is_counted_as_nothing():
    assert clipped_matches(corpora([]), 4).shape == (0, 4)
    assert subsequence_lengths(corpora([])).shape == (0,)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_respelling_words_equals_tokenising_the_respelt_texts(pairs):
    spell = {"a": ["x"], "b": [], "ab": ["x", "y"]}.get
    respelt = corpora(pairs).respelt(lambda word: spell(word, [word]))
    for side, place in ((respelt.hypotheses, 0), (respelt.references, 1)):
        texts = [[part for word in pair[place].split() for part in spell(word, [word])] for pair in pairs]
        words = iter([side.vocabulary[number] for number in side.words.tolist()])
        assert [[next(words) for _ in range(length)] for length in side.lengths.tolist()] == texts


@pytest.mark.parametrize("stemmer", [True, False])
def test_words_with_digits_marks_and_foreign_letters_are_those_of_rouge_score(stemmer):
    from rouge_score.rouge_scorer import RougeScorer

    said = "T10-T12 vertebrae, 3rd ribs; 1990s SIZES é1 İng ΑΣ x2ing running2 ²5 dose5s"
    gold = "The T12 vertebra and ribs of 1990s: size é1 i̇ng ας x2ing running2 5 dose5s ran"
    pairs = Pairs([Reference(id="1", text=gold)], [Prediction(id="1", text=said)])
    metric = Rouge(get_protocol("raw"), stemmer=stemmer)
    values = dict(zip(metric.measure(pairs, {}).columns, metric.measure(pairs, {}).values[0]))
    expected = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=stemmer).score(gold, said)
    assert values["rouge_1"] == pytest.approx(expected["rouge1"].fmeasure, abs=1e-12)
    assert values["rouge_2"] == pytest.approx(expected["rouge2"].fmeasure, abs=1e-12)
    assert values["rouge_l"] == pytest.approx(expected["rougeL"].fmeasure, abs=1e-12)
    assert values["rouge_1"] > 0.3
