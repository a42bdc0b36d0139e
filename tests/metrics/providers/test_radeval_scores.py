"""radeval:<metric> on a stand-in of the radeval package."""

import os
import sys
import warnings

import numpy as np
import pytest

from cxrbench.core.errors import (
    DataError,
    ExtraMissingError,
    MissingError,
    UnknownNameError,
    UsageError,
    WeightsError,
)
from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.providers import RadEvalScores, radeval_metrics
from cxrbench.metrics.providers.radeval import KNOWN
from cxrbench.statistics import bootstrap
from cxrbench.tasks.report_metrics import build_report_metrics

RAW = get_protocol("raw")


def pairs_of(*texts):
    return Pairs(
        [Reference(id=str(i), text=reference) for i, (_, reference) in enumerate(texts)],
        [Prediction(id=str(i), text=said) for i, (said, _) in enumerate(texts)],
    )


def scores_of(metric, pairs):
    statistics = metric.measure(pairs, metric.fit(pairs.references))
    return {name: value[0] for name, value in metric.aggregate(statistics, np.ones((1, len(pairs)))).items()}


def words_in_common(refs, hyps):
    return [len(set(a.split()) & set(b.split())) / len(set(a.split()) | set(b.split())) for a, b in zip(refs, hyps)]


def test_per_example_values_become_a_mean_with_an_interval(radeval):
    radeval.offer("ratescore", lambda refs, hyps: {"ratescore": words_in_common(refs, hyps)})
    pairs = pairs_of(*[("a b", "a b" if i % 2 else "b c") for i in range(40)])
    metric = RadEvalScores(RAW, "ratescore")
    found = bootstrap(metric, metric.measure(pairs, {}), [str(i) for i in range(40)], resamples=500)
    value, (low, high) = found["radeval:ratescore"].value, found["radeval:ratescore"].ci95
    assert value == pytest.approx((1 + 1 / 3) / 2)
    assert low < value < high
    assert found["radeval:ratescore/unscored"].value == 0


@pytest.mark.parametrize("metric", sorted(KNOWN))
def test_every_metric_of_the_public_registry_is_read_under_its_own_keys(radeval, metric):
    keys = KNOWN[metric].keys
    radeval.offer(metric, lambda refs, hyps: {key: [place + 0.5] * len(refs) for place, key in enumerate(keys)})
    scores = scores_of(RadEvalScores(RAW, metric, network=True), pairs_of(("a", "a"), ("b", "c")))
    assert scores == {**{f"radeval:{key}": i + 0.5 for i, key in enumerate(keys)}, f"radeval:{metric}/unscored": 0}


def test_an_empty_answer_scores_zero_and_is_not_shown_to_radeval(radeval):
    radeval.offer("bertscore", lambda refs, hyps: {"bertscore": [0.8 for _ in refs]})
    scores = scores_of(RadEvalScores(RAW, "bertscore"), pairs_of(("a", "a"), ("  ", "b")))
    assert scores["radeval:bertscore"] == pytest.approx(0.4)
    assert radeval.calls == [[("a", "a")]]


def test_a_score_that_is_no_share_judges_empty_answers_itself(radeval):
    radeval.offer("radcliq", lambda refs, hyps: {"radcliq_v1": [float(len(text)) for text in hyps]})
    metric = RadEvalScores(RAW, "radcliq")
    assert scores_of(metric, pairs_of(("aa", "a"), ("", "b")))["radeval:radcliq_v1"] == 1
    assert metric.scores["radeval:radcliq_v1"] == "lower"


def test_values_that_are_missing_or_not_finite_are_left_out_and_counted(radeval):
    radeval.offer("green", lambda refs, hyps: {"green": [0.5, None, float("nan"), 1.0]})
    scores = scores_of(RadEvalScores(RAW, "green"), pairs_of(*[("a", "a")] * 4))
    assert scores == {"radeval:green": 0.75, "radeval:green/unscored": 0.5}


def test_nothing_scored_is_undefined_with_a_reason(radeval):
    radeval.offer("green", lambda refs, hyps: {"green": [None]})
    metric = RadEvalScores(RAW, "green")
    assert np.isnan(scores_of(metric, pairs_of(("a", "a")))["radeval:green"])
    assert "no example a finite value" in metric.why_undefined("radeval:green")


def test_a_value_of_the_whole_corpus_is_refused(radeval):
    for value in (0.61, np.float64(0.61), {"Edema": 0.4}, "0.61"):
        radeval.offer("bertscore", lambda refs, hyps, value=value: {"bertscore": value})
        with pytest.raises(DataError, match="a value of the whole corpus has no interval"):
            scores_of(RadEvalScores(RAW, "bertscore"), pairs_of(("a", "a")))


def test_another_number_of_values_than_pairs_is_refused(radeval):
    radeval.offer("ratescore", lambda refs, hyps: {"ratescore": [0.5] * (len(refs) - 1)})
    with pytest.raises(DataError, match="gave 3 values of 'ratescore' for 4 examples"):
        scores_of(RadEvalScores(RAW, "ratescore"), pairs_of(*[("a", "a")] * 4))


def test_an_absent_key_and_values_that_are_no_numbers_are_refused(radeval):
    radeval.offer("rouge", lambda refs, hyps: {"rouge1": [0.1], "rougeL": [0.1]})
    with pytest.raises(DataError, match="gave no 'rouge2'"):
        scores_of(RadEvalScores(RAW, "rouge"), pairs_of(("a", "a")))
    radeval.offer("green", lambda refs, hyps: {"green": [[0.1]]})
    with pytest.raises(DataError, match="something else than numbers"):
        scores_of(RadEvalScores(RAW, "green"), pairs_of(("a", "a")))


def test_a_metric_newer_than_the_table_is_read_from_its_single_list(radeval):
    radeval.offer("newest", lambda refs, hyps: {"newest_f1": [0.25] * len(refs)})
    assert scores_of(RadEvalScores(RAW, "newest"), pairs_of(("a", "a")))["radeval:newest"] == 0.25
    radeval.offer("newest", lambda refs, hyps: {"one": [0.2], "two": [0.3]})
    with pytest.raises(DataError, match="gave no 'newest'"):
        scores_of(RadEvalScores(RAW, "newest"), pairs_of(("a", "a")))


def test_a_name_that_radeval_does_not_know_gets_the_nearest_one(radeval):
    radeval.offer("ratescore", lambda refs, hyps: {})
    with pytest.raises(UnknownNameError, match="did you mean 'ratescore'"):
        scores_of(RadEvalScores(RAW, "ratescor"), pairs_of(("a", "a")))


def test_without_radeval_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "radeval", raising=False)
    monkeypatch.setattr("cxrbench.metrics.providers.base.importlib.util.find_spec", lambda name: None)
    with pytest.raises(ExtraMissingError, match=r'"cxrbench\[radeval\]"'):
        RadEvalScores(RAW, "bertscore")


@pytest.mark.parametrize(
    "body",
    [
        "raise ImportError('cannot import name force_filename')",
        "raise OSError('libtorch_cuda.so: cannot open shared object file')",
        "raise RuntimeError('operator torchvision::nms does not exist')",
        "raise ValueError('numpy.dtype size changed, may indicate binary incompatibility')",
    ],
)
def test_a_broken_installation_is_reported_with_its_own_message(tmp_path, monkeypatch, body):
    (tmp_path / "radeval").mkdir()
    (tmp_path / "radeval" / "__init__.py").write_text(body + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "radeval", raising=False)
    with pytest.raises(MissingError, match="installed but cannot be imported") as caught:
        scores_of(RadEvalScores(RAW, "bertscore"), pairs_of(("a", "a")))
    assert body.partition("'")[2].rstrip("')") in str(caught.value)
    assert not isinstance(caught.value, ExtraMissingError)


def test_weights_that_would_be_downloaded_are_a_weights_error_unless_the_network_is_allowed(radeval, resolve):
    radeval.offer("bertscore", lambda refs, hyps: {"bertscore": [0.5] * len(refs)})
    radeval.on_load = resolve
    with pytest.raises(WeightsError, match="network is not used") as caught:
        scores_of(RadEvalScores(RAW, "bertscore"), pairs_of(("a", "a")))
    assert "provider_network=true" in caught.value.hint
    assert resolve()
    scores = scores_of(RadEvalScores(RAW, "bertscore", network=True), pairs_of(("a", "a")))
    assert scores["radeval:bertscore"] == 0.5


def test_a_metric_that_sends_reports_away_needs_leave(radeval):
    with pytest.raises(UsageError, match="sends every report to the server"):
        RadEvalScores(RAW, "mammo_green")


def test_an_exception_while_scoring_names_the_metric(radeval):
    radeval.offer("bertscore", lambda refs, hyps: 1 / 0)
    with pytest.raises(DataError, match=r"radeval:bertscore failed on 1 pairs \(ZeroDivisionError"):
        scores_of(RadEvalScores(RAW, "bertscore"), pairs_of(("a", "a")))


def test_what_radeval_does_to_the_process_is_undone(radeval, monkeypatch):
    monkeypatch.delenv("TOKENIZERS_PARALLELISM", raising=False)
    radeval.offer("bertscore", lambda refs, hyps: {"bertscore": [0.5] * len(refs)})
    filters, environment = list(warnings.filters), dict(os.environ)
    scores_of(RadEvalScores(RAW, "bertscore"), pairs_of(("a", "a")))
    assert dict(os.environ) == environment
    assert warnings.filters == filters


def test_the_option_names_metrics_once_each(radeval):
    assert [metric.metric for metric in radeval_metrics(RAW, "bertscore, ratescore,bertscore")] == [
        "bertscore",
        "ratescore",
    ]
    with pytest.raises(UsageError, match="no metric of RadEval is named"):
        radeval_metrics(RAW, " , ")


def test_it_joins_the_report_metrics_only_when_asked(radeval):
    assert not [metric for metric in build_report_metrics("raw", tuple) if metric.name.startswith("radeval")]
    built = build_report_metrics("raw", tuple, ["radeval"], {"radeval": "bertscore,ratescore"})
    assert [metric.name for metric in built] == ["radeval:bertscore", "radeval:ratescore"]
    built = build_report_metrics("raw", tuple, ["radeval"], {"radeval": ["bleu"], "provider_network": True})
    assert built[0].network is True
