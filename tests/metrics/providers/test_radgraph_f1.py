"""radgraph_f1 on a stand-in of the radgraph package."""

import sys

import numpy as np
import pytest

from cxrbench.core.errors import DataError, ExtraMissingError, MissingError, UsageError, WeightsError
from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.protocols import get_protocol
from cxrbench.metrics.providers import RadGraphF1
from cxrbench.statistics import bootstrap
from cxrbench.tasks.report_metrics import build_report_metrics


def pairs_of(*texts):
    return Pairs(
        [Reference(id=str(i), text=reference) for i, (_, reference) in enumerate(texts)],
        [Prediction(id=str(i), status="ok" if said else "empty", text=said) for i, (said, _) in enumerate(texts)],
    )


def scores_of(metric, pairs):
    statistics = metric.measure(pairs, metric.fit(pairs.references))
    return {name: value[0] for name, value in metric.aggregate(statistics, np.ones((1, len(pairs)))).items()}


def test_each_level_is_the_mean_f1_of_the_pairs(radgraph):
    pairs = pairs_of(("left effusion", "left effusion"), ("effusion clear", "left effusion"))
    scores = scores_of(RadGraphF1(get_protocol("raw")), pairs)
    # Second pair: {effusion, clear} and {left, effusion} share effusion; with its relation it is another effusion.
    assert scores["radgraph_f1_simple"] == pytest.approx((1 + 0.5) / 2)
    assert scores["radgraph_f1_partial"] == pytest.approx((1 + 0) / 2)
    assert scores["radgraph_f1_complete"] == pytest.approx((1 + 0) / 2)
    assert scores["radgraph_f1_without_entities"] == 0


def test_pairs_without_entities_score_zero_and_are_counted(radgraph):
    pairs = pairs_of(("nothing", "nothing"), ("", "lungs clear"), ("clear", "normal study"), ("clear", "clear"))
    scores = scores_of(RadGraphF1(get_protocol("raw")), pairs)
    assert scores["radgraph_f1_simple"] == 0.25
    assert scores["radgraph_f1_without_entities"] == 0.75
    assert "" not in radgraph.seen


def test_each_distinct_text_is_annotated_once_for_all_protocols(radgraph):
    pairs = pairs_of(("lungs clear", "lungs clear"), ("lungs clear", "left effusion"))
    for protocol in ("raw", "lower"):
        scores_of(RadGraphF1(get_protocol(protocol)), pairs)
    assert sorted(radgraph.seen) == ["left effusion", "lungs clear"]
    assert radgraph.models == ["radgraph-xl"]


def test_its_scores_get_intervals_like_any_other(radgraph):
    pairs = pairs_of(*[("effusion", "effusion" if i % 2 else "clear") for i in range(40)])
    metric = RadGraphF1(get_protocol("raw"))
    found = bootstrap(metric, metric.measure(pairs, {}), [str(i) for i in range(40)], resamples=500)
    low, high = found["radgraph_f1_simple"].ci95
    assert low < 0.5 < high
    assert found["radgraph_f1_simple"].value == 0.5


def test_the_signature_names_the_model_and_the_version_of_the_package(radgraph, monkeypatch):
    monkeypatch.setattr("cxrbench.metrics.providers.radgraph.package_version", lambda package: "0.1.18+abc")
    signature = RadGraphF1(get_protocol("raw"), model="radgraph").signature()
    assert "|model:radgraph|" in signature
    assert "|radgraph:0.1.18+abc|" in signature


def test_prints_of_the_package_stay_out_of_stdout(radgraph, capsys):
    scores_of(RadGraphF1(get_protocol("raw")), pairs_of(("clear", "clear")))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Using device" in captured.err


def test_a_text_that_the_package_dropped_is_an_error_and_not_a_shift(radgraph):
    radgraph.broken.add("left effusion")
    with pytest.raises(DataError, match="1 of 2 texts no annotation, the first begins 'left effusion'"):
        scores_of(RadGraphF1(get_protocol("raw")), pairs_of(("clear", "left effusion")))


def test_without_the_package_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "radgraph", raising=False)
    monkeypatch.setattr("cxrbench.metrics.providers.base.importlib.util.find_spec", lambda name: None)
    with pytest.raises(ExtraMissingError, match=r'pip install -c constraints.txt "cxrbench\[radgraph\]"'):
        RadGraphF1(get_protocol("raw"))


def test_weights_that_are_not_here_are_a_weights_error_that_names_the_option(radgraph, resolve):
    radgraph.RadGraph = lambda model_type: resolve()
    with pytest.raises(WeightsError, match="cannot load its model") as caught:
        scores_of(RadGraphF1(get_protocol("raw")), pairs_of(("clear", "clear")))
    assert "provider_network=true" in caught.value.hint


def test_a_missing_dependency_of_the_package_is_named(tmp_path, monkeypatch):
    (tmp_path / "radgraph").mkdir()
    (tmp_path / "radgraph" / "__init__.py").write_text("import a_module_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "radgraph", raising=False)
    with pytest.raises(MissingError, match="needs the module 'a_module_that_nobody_has'"):
        scores_of(RadGraphF1(get_protocol("raw"), model="echograph"), pairs_of(("clear", "clear")))


def test_an_unknown_model_is_a_usage_error(radgraph):
    with pytest.raises(UsageError, match="unknown model 'large'"):
        RadGraphF1(get_protocol("raw"), model="large")


def test_it_joins_the_report_metrics_only_when_asked(radgraph):
    assert "radgraph_f1" not in {metric.name for metric in build_report_metrics("raw", tuple)}
    built = build_report_metrics("raw", tuple, ["radgraph_f1"], {"radgraph": True})
    assert [metric.name for metric in built] == ["radgraph_f1"]
    built = build_report_metrics("raw", tuple, ["radgraph_f1"], {"radgraph": "echograph"})
    assert built[0].model == "echograph"
    assert build_report_metrics("raw", tuple, ["radgraph_f1"], {"radgraph": False}) == []
