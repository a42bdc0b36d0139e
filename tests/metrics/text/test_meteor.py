"""METEOR 1.5: the Java program behind additive statistics."""

import numpy as np
import pytest

from cxrbench.core.errors import CxrbenchError
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.text import Meteor
from cxrbench.metrics.text import meteor as meteor_module
from cxrbench.metrics.text.meteor_process import COLUMNS, MeteorProcess, close_meteor, shared_meteor

RAW = get_protocol("raw")


@pytest.fixture(scope="module", autouse=True)
def _one_program_for_the_module():
    yield
    close_meteor()


@pytest.mark.parametrize(
    ("hypothesis", "reference", "expected"),
    [
        ("the cat was sat on the mat", "the cat sat on the mat", 0.5119556),
        (
            "It is a guide to action which ensures that the military always obeys the commands of the party",
            "It is a guide to action that ensures that the military will forever heed Party commands",
            0.4473609,
        ),
        ("on the mat sat the cat", "the cat sat on the mat", 0.4776697),
        ("no effusion or pneumothorax", "no pleural effusion or pneumothorax", 0.3622139617),
        ("the heart is normal .", "the heart is normal .", 1.0),
        ("heart", "heart", 1.0),
        ("", "no acute disease .", 0.0),
        ("", "", 0.0),
    ],
)
def test_meteor_of_known_pairs(hypothesis, reference, expected, score):
    assert score(Meteor(RAW), [hypothesis], [reference])["meteor"] == pytest.approx(expected, abs=5e-8)


@pytest.mark.usefixtures("java_on_path")
def test_corpus_and_segment_values_equal_pycocoevalcap(random_texts, make_pairs, request):
    from pycocoevalcap.meteor.meteor import Meteor as PackageMeteor

    metric = Meteor(RAW)
    sets = [random_texts]
    try:
        sets.append(request.getfixturevalue("real_texts"))
    except pytest.skip.Exception:
        sets.append((random_texts[1], random_texts[0][::-1]))
    package = PackageMeteor()
    try:
        for hypotheses, references in sets:
            pairs = make_pairs(hypotheses, references)
            texts = RAW.texts(pairs)
            corpus, segments = package.compute_score(
                {i: [text] for i, text in enumerate(texts.references)},
                {i: [text] for i, text in enumerate(texts.hypotheses)},
            )
            statistics = metric.measure(pairs, {})
            weights = np.vstack([np.ones(len(pairs)), np.eye(len(pairs))])
            found = metric.aggregate(statistics, weights)["meteor"]
            assert found[0] == pytest.approx(corpus, abs=1e-12)
            assert found[1:] == pytest.approx(np.array(segments), abs=1e-12)
    finally:
        package.meteor_p.stdin.close()
        package.meteor_p.kill()
        package.meteor_p.wait()
        package.meteor_p.stdout.close()
        package.meteor_p.stderr.close()


def test_line_breaks_separators_and_odd_unicode_do_not_shift_the_answers():
    hypotheses = ["a ||| b\nc", "lone \ud800 \r surrogate", "|||", "the heart 😀 הלב", ""]
    references = ["a b c", "lone \ud800 surrogate", "no effusion", "the heart 😀 הלב", "\n"]
    together = shared_meteor().statistics(hypotheses, references)
    apart = [shared_meteor().statistics([h], [r])[0] for h, r in zip(hypotheses, references)]
    assert together == pytest.approx(np.array(apart))
    assert together[0, COLUMNS.index("hypothesis_length")] == 3


def test_words_beyond_the_limit_count_as_unmatched(monkeypatch, make_pairs):
    monkeypatch.setattr(meteor_module, "MAX_WORDS", 8)
    pairs = make_pairs(["the heart is normal . " * 2000, "the heart is"], ["the heart is normal"] * 2)
    values = Meteor(RAW).measure(pairs, {}).values
    columns = ("n", *COLUMNS)
    assert values[0, columns.index("hypothesis_length")] >= 10_000 - 8
    assert values[0, columns.index("hypothesis_matches")] == 4
    assert values[1, columns.index("hypothesis_length")] == 3


def test_a_program_that_dies_gives_a_clear_error_and_the_next_call_starts_another():
    program = shared_meteor()
    program._process.kill()
    program._process.wait()
    with pytest.raises(CxrbenchError, match="METEOR answered") as caught:
        program.statistics(["a"] * 50_000, ["b"] * 50_000)
    assert "doctor" in (caught.value.hint or "")
    assert not program.alive
    assert shared_meteor() is not program


def test_leaving_the_context_ends_the_program():
    with MeteorProcess() as program:
        assert program.alive
    assert program._process.returncode is not None
    program.close()
