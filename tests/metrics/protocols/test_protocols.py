"""Protocols: which texts are scored, after which transform."""

import os
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.errors import CxrbenchError, UnknownNameError
from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.java import java_executable
from cxrbench.metrics.protocols import PROTOCOLS, get_protocol, ptb, r2gen
from cxrbench.metrics.protocols.cxrbench_text import normalise
from cxrbench.metrics.protocols.ptb import ptb_tokenize

REPORT = Reference(
    id="1", findings="Heart size is normal. No effusion.", impression="No acute disease.", text="(whole)"
)
SAID = "Findings: The heart is normal. | Impression: Normal chest."
CONTRACTED = [
    "cannot",
    "gimme",
    "Gonna",
    "gotta",
    "lemme",
    "WANNA",
    "wannabe",
    "d'ye",
    "'tis",
    "--",
    "\x00",
    "\x07wanna",
    "é",
]
WITHOUT_JAVA = [name for name in PROTOCOLS if name != "coco"]


def texts_of(name, said=SAID, reference=REPORT, **options):
    protocol = get_protocol(name, **options)
    found = protocol.texts(Pairs([reference], [Prediction(id=reference.id, text=said)]))
    return found.hypotheses[0], found.references[0]


@pytest.mark.parametrize(
    ("name", "hypothesis", "reference"),
    [
        ("cxrbench", "the heart is normal normal chest", "heart size is normal no effusion no acute disease"),
        ("r2gen", "the heart is normal .", "heart size is normal . no effusion ."),
        ("r2gen-clean", "the heart is normal .", "heart size is normal . no effusion ."),
        ("coco", "the heart is normal", "heart size is normal no effusion"),
        (
            "rexrank",
            "Findings: The heart is normal. Impression: Normal chest.",
            "Findings: Heart size is normal. No effusion. Impression: No acute disease.",
        ),
        ("raw", "The heart is normal.", "Heart size is normal. No effusion."),
        ("lower", "the heart is normal.", "heart size is normal. no effusion."),
    ],
)
def test_each_protocol_prepares_both_sides(name, hypothesis, reference):
    assert texts_of(name) == (hypothesis, reference)


def test_an_unknown_protocol_is_named_with_its_neighbour():
    with pytest.raises(UnknownNameError, match="unknown protocol 'r2gne'") as caught:
        get_protocol("r2gne")
    assert "r2gen" in caught.value.suggestions


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_signature_starts_with_name_version_and_reference(name):
    parts = dict(part.split(":", 1) for part in get_protocol(name).signature_part().split("|"))
    assert parts["protocol"] == name
    assert parts["protocol_version"] == "1"
    assert list(parts)[2:4] == ["reference", "text"]


def test_only_r2gen_wants_training_texts_and_its_signature_tells_vocabularies_apart():
    wanting = [name for name in PROTOCOLS if get_protocol(name).needs_training_texts]
    assert wanting == ["r2gen", "r2gen-mimic"]
    signatures = {
        get_protocol("r2gen", training_texts=texts).signature_part()
        for texts in (None, ["the heart"] * 3, ["the lungs"] * 3)
    }
    assert len(signatures) == 3


def test_r2gen_replaces_rare_words_of_the_reference_but_not_of_the_hypothesis():
    training = ["heart normal"] * 3 + ["size is"] * 2
    hypothesis, reference = texts_of("r2gen", said="huge size", training_texts=training)
    assert reference == "heart <unk> <unk> normal . <unk> <unk> ."
    assert hypothesis == "huge size ."


def test_r2gen_cuts_the_reference_to_59_tokens_and_leaves_the_hypothesis():
    long = Reference(id="1", findings="word " * 80)
    hypothesis, reference = texts_of("r2gen", said="word " * 80, reference=long)
    assert (len(hypothesis.split()), len(reference.split())) == (81, 59)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. Heart: normal. 2. No effusion.", "heart normal . no effusion ."),
        ("The x-XXXX shows (mild) opacity/edema..", "the x-xxxx shows mild opacityedema ."),
        ("No 'acute' disease", "no acute disease ."),
        ("Lungs clear. . Heart normal.", "lungs clear . . heart normal ."),
        ("A 11. 5 cm mass.", "a 15 cm mass ."),
        ("", ""),
        ("   ", ""),
    ],
)
def test_the_cleaning_of_r2gen(text, expected):
    assert r2gen.clean(text) == expected


def test_cleaning_twice_changes_nothing_on_ordinary_reports():
    once = r2gen.clean("The heart is normal. Lungs are clear. No effusion.")
    assert r2gen.clean(once) == once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FINDINGS: The heart’s “size” is normal | IMPRESSION: OK", "the heart s size is normal ok"),
        ("Follow–up — x-ray; 2.5 cm!", "follow up x ray 2 5 cm"),
        ("Effusion cannot be excluded", "effusion can not be excluded"),
        ("no pneumothorax", "no pneumothorax"),
        ("findings are stable", "findings are stable"),
        ("...", ""),
        ("", ""),
    ],
)
def test_the_eight_steps_of_the_default_protocol(text, expected):
    assert normalise(text) == expected


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=0x2FF), max_size=60) | st.text("cantdymorewlg' .", max_size=40))
def test_the_fast_path_of_the_default_protocol_equals_nltk(text):
    from nltk.tokenize import word_tokenize

    words = normalise(text)
    assert word_tokenize(words, preserve_line=True) == words.split()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(CONTRACTED), max_size=7),
    st.sampled_from([" ", "", ". "]),
)
def test_contractions_are_split_as_nltk_splits_them(words, between):
    from nltk.tokenize import word_tokenize

    text = between.join(words).lower()
    bare = " ".join("".join(" " if mark in string.punctuation else mark for mark in text).split())
    assert normalise(text).split() == word_tokenize(bare, preserve_line=True)


def findings_only(name):
    return get_protocol(name).reference == "findings"


@pytest.mark.parametrize("name", PROTOCOLS)
def test_a_report_without_findings_has_no_reference_for_findings_protocols(name):
    reference = Reference(id="1", impression="Normal chest.", text="Normal chest.")
    expected = {"cxrbench": "Normal chest.", "rexrank": "Findings: None Impression: Normal chest."}
    assert get_protocol(name).reference_text(reference) == expected.get(name)


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("text", [None, "", "  ", "...", " - "])
def test_a_reference_without_a_letter_or_digit_is_not_usable(name, text):
    protocol = get_protocol(name)
    assert protocol.reference_text(Reference(id="1", text=text)) is None
    assert protocol.reference_text(Reference(id="1", findings="", impression=None)) is None


@pytest.mark.parametrize("name", WITHOUT_JAVA)
def test_two_plain_texts_are_compared_whole(name):
    protocol = get_protocol(name)
    pairs = Pairs([Reference(id="1", text="Impression: Normal.")], [Prediction(id="1", text="Impression: Normal.")])
    assert protocol.untransformed(pairs).hypotheses == ["Impression: Normal."]
    found = protocol.texts(pairs)
    assert found.hypotheses == found.references
    assert protocol.altered_share(pairs) == 0


@pytest.mark.parametrize("name", WITHOUT_JAVA)
@pytest.mark.parametrize("prediction", [Prediction(id="1", status="refused", text="I cannot"), Prediction(id="1")])
def test_a_refusal_and_an_empty_text_stay_empty(name, prediction):
    assert get_protocol(name).texts(Pairs([REPORT], [prediction])).hypotheses == [""]


def test_label_scores_see_the_sections_untransformed():
    pairs = Pairs([REPORT], [Prediction(id="1", text=SAID)])
    found = get_protocol("cxrbench").untransformed(pairs)
    assert found.hypotheses == ["The heart is normal. Normal chest."]
    assert found.references == ["Heart size is normal. No effusion. No acute disease."]


def test_a_hypothesis_with_only_an_impression_has_no_findings():
    assert texts_of("raw", said="Impression: Normal chest.")[0] == ""
    assert texts_of("rexrank", said="Impression: Normal chest.")[0] == "Impression: Normal chest."


def test_the_altered_share_counts_what_the_splitter_changed():
    said = [SAID, "The heart is normal.", " The heart is normal. ", "Findings: Normal."]
    pairs = Pairs([REPORT] * 4, [Prediction(id=str(i), text=text) for i, text in enumerate(said)])
    assert get_protocol("cxrbench").altered_share(pairs) == 0.5
    assert get_protocol("cxrbench").altered_share(Pairs([], [])) == 0


def test_protocols_with_equal_names_but_other_vocabularies_do_not_share_texts():
    pairs = Pairs([REPORT], [Prediction(id="1", text=SAID)])
    plain = get_protocol("r2gen").texts(pairs)
    trained = get_protocol("r2gen", training_texts=["heart"] * 3).texts(pairs)
    assert plain.references != trained.references


def test_the_ptb_tokeniser_equals_pycocoevalcap(monkeypatch):
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

    monkeypatch.setenv("PATH", f"{java_executable().parent}{os.pathsep}{os.environ['PATH']}")
    texts = ["The heart (normal) isn't big; it's 2.5 cm.", "", "No effusion.\nStable - really?", 'x-XXXX, a/b "c" 5%']
    package = PTBTokenizer().tokenize({i: [{"caption": text}] for i, text in enumerate(texts)})
    assert ptb_tokenize(texts) == [package[i][0] for i in range(len(texts))]


def test_the_ptb_tokeniser_keeps_texts_apart_whatever_they_contain():
    texts = ["a\rb\u2028c", "", "\x85", "😀 lungs", "lone \ud800", "last"]
    found = ptb_tokenize(texts)
    assert len(found) == len(texts)
    assert (found[0], found[1], found[5]) == ("a b c", "", "last")


def test_a_failing_tokeniser_gives_a_clear_error(monkeypatch):
    monkeypatch.setattr(ptb, "archive", lambda name: java_executable())
    with pytest.raises(CxrbenchError, match="PTB tokeniser returned 0 lines for 1 texts"):
        ptb_tokenize(["a"])
