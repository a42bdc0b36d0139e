import importlib.util
import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.errors import ExtraMissingError, UsageError
from cxrbench.datasets.augment.laterality.words import sides_in, unmirrorable
from cxrbench.datasets.augment.text.back_translation import BackTranslation
from cxrbench.datasets.augment.text.synonyms import replace_terms, says_the_same
from cxrbench.datasets.augment.text.templates import blocks, rephrase
from cxrbench.datasets.augment.text.thesaurus import (
    Thesaurus,
    embedded_groups,
    embedded_thesaurus,
    known_terms,
    thesaurus_by_concept,
    umls_thesaurus,
)
from cxrbench.metrics.concepts import get_concept_matcher
from cxrbench.metrics.concepts.base import Mention

MATCHER = get_concept_matcher()
SEEDS = st.integers(0, 10**6)
SUBJECTS = (
    "left pleural effusion", "right lower lobe", "RUL nodule", "endotracheal tube", "no effusion", "trachea",
    "left-sided pneumothorax or right effusion", "abnormality", "left lung",
)  # fmt: skip
FRAME = ("technique", "severity")
"""Kinds that templates speak of themselves: films, and how severe something is."""
TEMPLATES = [template for block in blocks() for template in block]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_has_one_slot_and_says_nothing_about_side_finding_or_denial(template):
    assert template.count("{x}") == 1
    bare = template.replace("{x}", " ")
    assert sides_in(bare) == ()
    assert unmirrorable(bare) is None
    assert not re.search(r"\b(?:no|not|without|absent|free|never|un\w+)\b", bare, re.IGNORECASE)
    kinds = {mention.kind for mention in MATCHER.mentions(bare)}
    assert kinds <= {"technique", "normal", "finding", "severity"}
    assert ("severity" in kinds) == ("severe" in bare)
    assert ("finding" in kinds) == ("abnormal" in bare)


def test_normal_and_abnormal_never_share_a_block():
    for block in blocks():
        assert len({re.sub(r".*\b(abnormal|normal)(?:it.*)?\b.*|.*", r"\1", template) for template in block}) == 1


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_is_understood_and_gives_every_other_one_of_its_block(template):
    random = np.random.default_rng(0)
    (block,) = [block for block in blocks() if template in block]
    found = {rephrase(template.replace("{x}", "left lung"), random) for _ in range(200)}
    assert found == {other.replace("{x}", "left lung") for other in block}


@settings(max_examples=200)
@given(st.sampled_from(TEMPLATES), st.sampled_from(SUBJECTS), SEEDS)
def test_rephrasing_keeps_what_is_asked_about_and_its_side_and_polarity(template, subject, seed):
    question = template.replace("{x}", subject)
    other = rephrase(question, np.random.default_rng(seed))
    assert subject in other
    assert sides_in(other) == sides_in(question)
    # By word, since "related to left lung" reads as "left" and "lung", and "in the left lung" as "left lung".
    words = [
        {word for item in MATCHER.mentions(text) if item.kind not in FRAME for word in item.concept.split()}
        for text in (question, other)
    ]
    assert words[0] == words[1]
    # Questions that ask whether something is normal are asked about normality again.
    asked = r"\b(?:ab)?normal(?=it|\b)"
    assert sorted(re.findall(asked, other)) == sorted(re.findall(asked, question))


@given(st.text(max_size=60), SEEDS)
def test_a_question_that_no_template_fits_stays_as_it_is(text, seed):
    question = "Compared to before, " + text
    assert rephrase(question, np.random.default_rng(seed)) == question


@pytest.mark.parametrize("group", embedded_groups(), ids=lambda group: group[0])
def test_the_terms_of_a_group_are_one_concept_without_side_or_denial(group):
    for text in ("There is no {} seen.", "Moderate {}s on the left."):
        read = [MATCHER.mentions(text.format(term)) for term in group]
        assert all(item == read[0] for item in read)
    (mention,) = MATCHER.mentions(group[0])
    assert not mention.negated
    assert all(sides_in(term) == () and unmirrorable(term) is None for term in group)


def test_no_term_is_in_two_groups():
    terms = [term.lower() for group in embedded_groups() for term in group]
    assert len(terms) == len(set(terms))


def test_terms_are_found_in_any_case_and_number_and_the_article_fits():
    assert replaced("There is a central line.", ["central line", "infusion catheter"]) == (
        "There is an infusion catheter."
    )
    assert replaced("An ET tube; ET TUBES", ["ET tube", "breathing tube"]) == "A breathing tube; breathing tubes"
    assert replaced("A breathing  tube.", ["ET tube", "breathing tube"]) == "An ET tube."
    assert replaced("Lung nodules are seen.", ["lung nodule", "pulmonary nodule"]) == "Pulmonary nodules are seen."
    assert replaced("anti-lung nodule, plung nodule", ["lung nodule", "x"]) == "anti-lung nodule, plung nodule"


def test_the_longest_term_of_a_place_counts():
    groups = Thesaurus([("tube", "pipe"), ("chest tube", "chest drain")])
    assert [(term.start, term.end, term.others) for term in groups.terms("chest tube, tubes")] == [
        (0, 10, ("chest drain",)),
        (12, 17, ("pipes",)),
    ]


def test_a_replacement_after_which_something_else_is_read_is_not_made():
    assert replaced("No effusion.", ["effusion", "pneumothorax"], MATCHER) == "No effusion."
    assert replaced("No effusion.", ["effusion", "pleural fluid"], MATCHER) == "No pleural fluid."
    assert replaced("An effusion.", ["effusion", "left effusion"], MATCHER) == "An effusion."


def replaced(text, group, matcher=None):
    blind = SimpleNamespace(mentions=lambda text: (), name="blind", signature=lambda: "")
    return replace_terms(text, Thesaurus([group]), matcher or blind, np.random.default_rng(0), rate=1.0)


PIECES = st.sampled_from(
    [
        "There is a left pleural effusion.", "No lung nodule on the right.", "An endotracheal tube is in place.",
        "Chest tubes in the left hemithorax, no pneumothorax.", "The right clavicle is intact.",
        "Consolidation without cardiomegaly;", "left heart failure", "Bone spurs of the spine", "PICC line", "R>L",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=4), SEEDS)
def test_synonyms_keep_concepts_denial_and_sides(pieces, seed):
    text = " ".join(pieces)
    other = replace_terms(text, embedded_thesaurus(), MATCHER, np.random.default_rng(seed), rate=0.8)
    assert MATCHER.mentions(other) == MATCHER.mentions(text)
    assert sides_in(other) == sides_in(text)


def test_terms_are_grouped_by_the_concept_that_a_matcher_reads():
    known = {"heart": "C1", "cardiac silhouette": "C1", "aorta": "C2", "left heart": "C1"}
    reader = SimpleNamespace(mentions=lambda text: (Mention(known[text], "anatomy", False),) if text in known else ())
    found = thesaurus_by_concept(reader, ["heart", "aorta", "cardiac silhouette", "left heart", "unknown"])
    assert [term.others for term in found.terms("heart, aorta, cardiac silhouette")] == [
        ("cardiac silhouette",),
        ("heart",),
    ]


def test_the_known_terms_cover_the_embedded_groups_and_the_lexicon():
    terms = set(known_terms())
    assert {term for group in embedded_groups() for term in group} <= terms
    assert {"hydrothorax", "pneumothorax", "cvc"} <= terms


QUICKUMLS = importlib.util.find_spec("quickumls") is not None


@pytest.mark.skipif(QUICKUMLS, reason="quickumls is installed")
def test_without_quickumls_the_error_names_the_extra(tmp_path):
    with pytest.raises(ExtraMissingError, match="QuickUMLS"):
        umls_thesaurus(tmp_path)


@pytest.mark.skipif(not QUICKUMLS, reason="quickumls is not installed (extra umls; needs a compiler)")
def test_the_umls_decides_which_terms_are_synonyms(tmp_path):
    terms = [("C1", "Pleural effusion"), ("C1", "Hydrothorax"), ("C2", "Pneumonia"), ("C2", "Lung inflammation")]
    index = quickumls_index(tmp_path, [(f"C900000{cui[1]}", term, "T047") for cui, term in terms])
    found = umls_thesaurus(index, threshold=0.99, terms=["pleural effusion", "hydrothorax", "pneumonia", "edema"])
    assert [term.others for term in found.terms("Pleural effusion, pneumonia.")] == [("Hydrothorax",)]


def quickumls_index(folder, terms):
    """A QuickUMLS index of the terms, made by the package's own functions."""
    from quickumls import install

    conso, styles, out = folder / "MRCONSO.RRF", folder / "MRSTY.RRF", folder / "index"
    conso.write_text(
        "".join(
            f"{cui}|ENG|P|L{n}|PF|S{n}|Y|A{n}||||SYN|PT|X|{term}|0|N|256|\n" for n, (cui, term, _) in enumerate(terms)
        )
    )
    styles.write_text("".join(f"{cui}|{tui}|A1|Disease or Syndrome|AT1|256|\n" for cui, _, tui in terms))
    out.mkdir()
    flags = {"lowercase": "", "normalize-unicode": "", "language": "ENG", "database_backend": "unqlite"}
    for name, text in flags.items():
        (out / f"{name}.flag").write_text(text)
    options = SimpleNamespace(lowercase=True, normalize_unicode=True, language="ENG", database_backend="unqlite")
    install.parse_and_encode_ngrams(
        install.extract_from_mrconso(str(conso), str(styles), options),
        str(out / "umls-simstring.db"), str(out / "cui-semtypes.db"), database_backend="unqlite",
    )  # fmt: skip
    return out


def test_back_translation_keeps_what_says_the_same_and_counts_what_does_not():
    german = {
        "Yes, there is a left effusion.": "Ja, links ist ein Erguss.",
        "No, there is no nodule.": "Nein, kein Knoten.",
        "No pneumothorax.": "Kein Pneumothorax.",
        "Effusion on the right.": "Erguss rechts.",
    }
    english = {
        "Ja, links ist ein Erguss.": "Yes, on the left an effusion is seen.",
        "Nein, kein Knoten.": "There is no nodule.",
        "Kein Pneumothorax.": "Pneumothorax.",
        "Erguss rechts.": "Effusion on the left.",
    }
    hook = BackTranslation(
        lambda texts: [german[t] for t in texts], lambda texts: [english[t] for t in texts], MATCHER
    )
    assert hook(list(german)) == ["Yes, on the left an effusion is seen.", *list(german)[1:]]
    assert (hook.kept, hook.refused) == (1, 3)


@pytest.mark.parametrize("results", [[], ["a", "b"], [None]])
def test_a_translation_that_breaks_its_contract_is_an_error(results):
    hook = BackTranslation(lambda texts: results, lambda texts: texts, MATCHER)
    with pytest.raises(UsageError, match="translation 'there'"):
        hook(["Text."])


def test_texts_with_the_same_concepts_and_other_sides_do_not_say_the_same():
    assert says_the_same("A left effusion is seen.", "There is a left pleural effusion.", MATCHER)
    assert not says_the_same("Left effusion, right nodule.", "Nodule left, effusion right.", MATCHER)
    assert not says_the_same("Left effusion.", "Right effusion.", MATCHER)
    assert not says_the_same("Left effusion.", "No left effusion.", MATCHER)
