"""BLEU, ROUGE and CIDEr against the packages whose definitions they follow, on the same transformed texts."""

import numpy as np
import pytest
from pycocoevalcap.bleu.bleu import Bleu as PackageBleu
from pycocoevalcap.cider.cider import Cider as PackageCider
from pycocoevalcap.rouge.rouge import Rouge as PackageRouge
from rouge_score.rouge_scorer import RougeScorer

from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.text import Bleu, Cider, Rouge, RougeLCoco

SOURCES = ["random_texts", pytest.param("real_texts", marks=pytest.mark.realdata)]
PROTOCOLS = ["cxrbench", "r2gen", "raw", "lower"]


@pytest.fixture(params=SOURCES)
def texts(request):
    return request.getfixturevalue(request.param)


def transformed(name, texts, make_pairs):
    protocol = get_protocol(name)
    found = protocol.texts(make_pairs(*texts))
    gold = {i: [text] for i, text in enumerate(found.references)}
    said = {i: [text] for i, text in enumerate(found.hypotheses)}
    return protocol, gold, said


@pytest.mark.parametrize("name", PROTOCOLS)
def test_bleu_equals_pycocoevalcap(name, texts, score, make_pairs):
    protocol, gold, said = transformed(name, texts, make_pairs)
    expected = PackageBleu(4).compute_score(gold, said, verbose=0)[0]
    assert list(score(Bleu(protocol), *texts).values()) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_cider_equals_pycocoevalcap(name, texts, score, make_pairs):
    protocol, gold, said = transformed(name, texts, make_pairs)
    expected = PackageCider().compute_score(gold, said)[0]
    assert score(Cider(protocol), *texts)["cider"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_coco_rouge_equals_pycocoevalcap(name, texts, score, make_pairs):
    protocol, gold, said = transformed(name, texts, make_pairs)
    expected = PackageRouge().compute_score(gold, said)[0]
    assert score(RougeLCoco(protocol), *texts)["rouge_l_coco"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("stemmer", [True, False])
@pytest.mark.parametrize("name", ["cxrbench", "raw"])
def test_rouge_equals_rouge_score(name, stemmer, texts, score, make_pairs):
    protocol, gold, said = transformed(name, texts, make_pairs)
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=stemmer)
    rows = [scorer.score(gold[i][0], said[i][0]) for i in gold]
    expected = [np.mean([row[kind].fmeasure for row in rows]) for kind in ("rouge1", "rouge2", "rougeL")]
    expected.append(np.mean([row["rougeL"].recall for row in rows]))
    assert list(score(Rouge(protocol, stemmer=stemmer), *texts).values()) == pytest.approx(expected, abs=1e-12)


def test_a_double_blank_makes_an_empty_token_for_the_coco_rouge_as_in_the_package(score):
    texts = (["no  effusion seen"], ["no effusion  seen"])
    expected = PackageRouge().compute_score({0: [texts[1][0]]}, {0: [texts[0][0]]})[0]
    assert score(RougeLCoco(get_protocol("rexrank")), *texts)["rouge_l_coco"] == pytest.approx(expected, abs=1e-12)
