"""The embedded lexicon and its matcher."""

import csv
import itertools
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.errors import UnknownNameError
from cxrbench.metrics.concepts import Mention, get_concept_matcher
from cxrbench.metrics.concepts.base import KINDS
from cxrbench.metrics.concepts.lexicon import ancestors, concepts
from cxrbench.metrics.concepts.lexicon_matcher import LexiconMatcher
from cxrbench.metrics.labelers.rules.matcher import expand

matcher = LexiconMatcher()


def found(text):
    return [item.concept for item in matcher.mentions(text)]


def asserted(text):
    return {item.concept for item in matcher.mentions(text) if item.kind == "finding" and not item.negated}


def denied(text):
    return {item.concept for item in matcher.mentions(text) if item.negated}


def test_the_lexicon_has_several_hundred_concepts_of_every_kind():
    known = concepts()
    assert len(known) >= 400
    assert {concept.kind for concept in known.values()} == set(KINDS)
    assert sum(concept.kind == "finding" for concept in known.values()) >= 100


def test_every_concept_is_found_under_its_own_name():
    """Also where a longer phrase of another concept contains the words of its name."""
    for concept in concepts().values():
        assert concept.name in found(concept.name), concept.name


def test_every_synonym_leads_to_its_concept():
    """No phrase is entered twice with two meanings, and none is hidden by the spelling table."""
    total = 0
    for concept in concepts().values():
        for pattern in concept.patterns:
            for words in expand(pattern):
                total += 1
                assert concept.name in found(" ".join(words)), (concept.name, words)
    assert total > 5000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("left pleural effusion", ["left", "pleural effusion"]),
        ("Pleural effusions bilaterally", ["pleural effusion", "bilateral"]),
        ("upper right lobe", ["right upper lobe"]),
        ("the lung base on the right", ["right lung base"]),
        ("Right-sided pneumothorax", ["right", "pneumothorax"]),
        ("The left hemidiaphragm is elevated.", ["left", "elevated hemidiaphragm"]),
        ("elevation of the left hemidiaphragm", ["elevated hemidiaphragm", "left"]),
        ("Surgical clips", ["surgical clips"]),
        ("a surgical clip", ["surgical clips"]),
        ("oedema", ["pulmonary edema"]),
        ("cardiomegally", ["cardiomegaly"]),
        ("pleura", ["pleural space"]),
        ("air under the right diaphragm", ["pneumoperitoneum", "right"]),
        ("ET tube above the carina", ["endotracheal tube", "superior", "carina"]),
        ("T5", ["vertebra"]),
        ("the quick brown fox", []),
    ],
)
def test_phrases_are_found_in_the_forms_people_write(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("No pleural effusion.", set(), {"pleural effusion"}),
        ("Pleural effusion.", {"pleural effusion"}, set()),
        ("No effusion or pneumothorax is seen.", set(), {"pleural effusion", "pneumothorax"}),
        ("Effusion and pneumothorax are absent.", set(), {"pleural effusion", "pneumothorax"}),
        ("No pneumothorax, but a small effusion.", {"pleural effusion"}, {"pneumothorax"}),
        ("The lungs are clear of consolidation.", set(), {"consolidation"}),
        ("No, there is no new consolidation.", set(), {"consolidation"}),
        ("No, there is an effusion.", {"pleural effusion"}, set()),
        ("Effusion cannot be excluded.", {"pleural effusion"}, set()),
        ("Possible pneumonia.", {"pneumonia"}, set()),
        ("No effusion. Pneumothorax on the left.", {"pneumothorax"}, {"pleural effusion"}),
    ],
)
def test_denied_findings_are_told_from_asserted_and_doubted_ones(text, yes, no):
    assert asserted(text) == yes
    assert denied(text) == no


def test_a_place_or_a_degree_is_never_denied():
    mentions = matcher.mentions("No large left lower lobe consolidation.")
    assert {item.concept: item.negated for item in mentions} == {
        "severe": False,
        "left lower lobe": False,
        "consolidation": True,
    }


def test_a_denied_device_is_denied():
    assert Mention("endotracheal tube", "device", True) in matcher.mentions("There is no endotracheal tube.")


def test_structures_know_the_wholes_they_are_part_of():
    assert ancestors("right upper lobe") == {"upper lobe", "lung", "chest"}
    assert ancestors("aortic arch") == {"aorta", "mediastinum", "chest"}
    assert ancestors("no such concept") == frozenset()


@pytest.mark.parametrize(
    "text", ["", " ", "...", "\N{LUNGS}\N{THUMBS UP SIGN}", "الرئة اليمنى طبيعية", "肺は正常です"]
)
def test_texts_without_a_known_word_have_no_concept(text):
    assert matcher.mentions(text) == ()


def test_right_to_left_text_and_emoji_do_not_hide_what_is_known():
    assert found("الرئة effusion \N{LUNGS} pneumothorax") == ["pleural effusion", "pneumothorax"]


def test_a_text_of_a_hundred_thousand_words_is_read_in_seconds():
    words = ["no", "left", "effusion", "is", "seen", "and", "the", "heart", "mediastinum", "or"]
    sentence = " ".join(itertools.islice(itertools.cycle(words), 100_000))
    started = time.process_time()
    assert matcher.mentions(sentence.replace(" or ", " or. "))
    assert time.process_time() - started < 20


WORDS = [
    "no",
    "left",
    "right",
    "pleural",
    "effusion",
    "lobe",
    "upper",
    "lung",
    "is",
    "clear",
    "of",
    "heart",
    "and",
    ",",
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_places_do_not_overlap_and_none_could_be_replaced_by_a_longer_one(words):
    (tokens,) = matcher.sentences(" ".join(words)) or [[]]
    places = matcher.places(tokens)
    covered = [index for place in places for index in range(place.start, place.end)]
    assert len(covered) == len(set(covered))
    assert covered == sorted(covered)
    # A phrase left out must touch one that was chosen and is at least as long.
    for start, end in itertools.combinations(range(len(tokens) + 1), 2):
        whole = matcher.places(tokens[start:end])
        if len(whole) == 1 and whole[0].end - whole[0].start == end - start:
            touching = [place for place in places if place.start < end and start < place.end]
            assert any(place.end - place.start >= end - start for place in touching)


def test_the_signature_names_the_lexicon_and_its_content():
    assert matcher.signature().startswith("concepts:lexicon|version:1|entries:")
    assert matcher.signature() == LexiconMatcher().signature()


def test_an_unknown_matcher_is_named_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="metamap") as caught:
        get_concept_matcher("metamap")
    assert "quickumls" in str(caught.value)


@pytest.mark.realdata
def test_real_reports_are_covered_and_read_fast(real_data):
    file = real_data / "iu-xray" / "indiana_reports.csv"
    with file.open(encoding="utf-8", newline="") as stream:
        texts = [f"{row['findings']} {row['impression']}" for row in csv.DictReader(stream)]
    texts = random.Random(0).sample([text for text in texts if text.strip()], 500)
    LexiconMatcher().mentions("warm")
    started = time.process_time()
    named = [matcher.mentions(text) for text in texts]
    spent = time.process_time() - started
    assert sum(bool(mentions) for mentions in named) / len(texts) > 0.98
    assert len({item.concept for mentions in named for item in mentions}) > 200
    assert len(texts) / spent > 300
