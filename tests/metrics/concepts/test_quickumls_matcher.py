"""The QuickUMLS matcher, over a synthetic table in the format of a UMLS release."""

import importlib.util
from types import SimpleNamespace

import pytest

from cxrbench.core.errors import DataError, ExtraMissingError, UsageError
from cxrbench.metrics.concepts import get_concept_matcher

INSTALLED = importlib.util.find_spec("quickumls") is not None
needs_quickumls = pytest.mark.skipif(
    not INSTALLED, reason="quickumls is not installed (extra umls; needs a compiler)"
)
TERMS = [
    ("C9000001", "Pneumonia", "T047", "Disease or Syndrome"),
    ("C9000002", "Pleural effusion", "T047", "Disease or Syndrome"),
    ("C9000003", "Right upper lobe", "T023", "Body Part, Organ, or Organ Component"),
    ("C9000004", "Endotracheal tube", "T074", "Medical Device"),
    ("C9000005", "Severe", "T080", "Qualitative Concept"),
]


@pytest.mark.skipif(INSTALLED, reason="quickumls is installed")
def test_without_the_package_the_error_names_the_extra(tmp_path):
    with pytest.raises(ExtraMissingError, match="QuickUMLS") as caught:
        get_concept_matcher("quickumls", path=tmp_path)
    assert "umls" in str(caught.value.hint)
    assert "compiler" in str(caught.value)


def test_a_threshold_outside_the_unit_interval_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="threshold"):
        get_concept_matcher("quickumls", path=tmp_path, threshold=0)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """A QuickUMLS index of the terms above, made by the package's own functions."""
    from quickumls import install

    folder = tmp_path_factory.mktemp("umls")
    conso, styles, out = folder / "MRCONSO.RRF", folder / "MRSTY.RRF", folder / "index"
    conso.write_text(
        "".join(
            f"{cui}|ENG|P|L{cui[1:]}|PF|S{cui[1:]}|Y|A{cui[1:]}||||SYN|PT|X|{term}|0|N|256|\n"
            for cui, term, _, _ in TERMS
        )
    )
    styles.write_text("".join(f"{cui}|{tui}|A1|{name}|AT{cui[1:]}|256|\n" for cui, _, tui, name in TERMS))
    out.mkdir()
    flags = {"lowercase": "", "normalize-unicode": "", "language": "ENG", "database_backend": "unqlite"}
    for name, text in flags.items():
        (out / f"{name}.flag").write_text(text)
    options = SimpleNamespace(lowercase=True, normalize_unicode=True, language="ENG", database_backend="unqlite")
    terms = install.extract_from_mrconso(str(conso), str(styles), options)
    install.parse_and_encode_ngrams(
        terms, str(out / "umls-simstring.db"), str(out / "cui-semtypes.db"), database_backend="unqlite"
    )
    return out


@needs_quickumls
def test_concepts_are_cuis_with_the_kind_of_their_semantic_type(index):
    matcher = get_concept_matcher("quickumls", path=index)
    mentions = matcher.mentions("Severe pneumonia in the right upper lobe. An endotracheal tube is in place.")
    assert [(item.concept, item.kind, item.negated) for item in mentions] == [
        ("C9000005", "descriptor", False),
        ("C9000001", "finding", False),
        ("C9000003", "anatomy", False),
        ("C9000004", "device", False),
    ]


@needs_quickumls
def test_denial_follows_the_same_cues_as_the_lexicon(index):
    matcher = get_concept_matcher("quickumls", path=index)
    mentions = matcher.mentions("No pleural effusion in the right upper lobe, but pneumonia. Pneumonia is not seen.")
    assert [(item.concept, item.negated) for item in mentions] == [
        ("C9000002", True),
        ("C9000003", False),
        ("C9000001", False),
        ("C9000001", True),
    ]


@needs_quickumls
@pytest.mark.parametrize("text", ["", "...", "\N{LUNGS}", "الرئة اليمنى", "nothing of note"])
def test_texts_without_a_term_have_no_concept(index, text):
    assert get_concept_matcher("quickumls", path=index).mentions(text) == ()


@needs_quickumls
def test_the_signature_names_package_threshold_and_index(index):
    matcher = get_concept_matcher("quickumls", path=index)
    first = matcher.signature()
    matcher.mentions("pneumonia")
    assert matcher.signature() == first
    assert "threshold:0.7" in first
    assert "index:" in first


@needs_quickumls
def test_the_package_is_left_as_it_was(index):
    from quickumls import core

    before = core.spacy, core.nltk
    get_concept_matcher("quickumls", path=index)
    assert (core.spacy, core.nltk) == before


@needs_quickumls
def test_a_folder_that_is_no_index_is_an_error_that_says_so(tmp_path):
    with pytest.raises(DataError, match="no QuickUMLS index") as caught:
        get_concept_matcher("quickumls", path=tmp_path)
    assert str(tmp_path) in str(caught.value)
