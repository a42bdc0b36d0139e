"""Any metric of RadEval (Xu et al., EMNLP 2025), with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxrbench.core.errors import DataError, UnknownNameError, UsageError
from cxrbench.core.types import Direction
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.protocols.base import Protocol, TextPairs
from cxrbench.metrics.providers.base import (
    NETWORK_OPTION,
    confined,
    example_values,
    failed_to_load,
    first_line,
    load,
    package_version,
    require,
)

_EXTRA = "radeval"


@dataclass(frozen=True)
class _Known:
    """What RadEval 2.2 gives for a metric with `per_sample=True`.

    Attributes:
        keys: Names of the lists of per-example values.
        direction: Of the per-example values.
        empty: Value of an empty or refused hypothesis; None where RadEval itself is asked.
        asks_server: Whether it sends the texts to the server of a language model.
    """

    keys: tuple[str, ...]
    direction: Direction = "higher"
    empty: float | None = 0.0
    asks_server: bool = False


KNOWN: Mapping[str, _Known] = {
    "bleu": _Known(("bleu",)),
    "rouge": _Known(("rouge1", "rouge2", "rougeL")),
    "bertscore": _Known(("bertscore",)),
    "radeval_bertscore": _Known(("radeval_bertscore",)),
    # Accuracy over labels: a text without any label still agrees with the reference on most of them.
    "f1chexbert": _Known(("f1chexbert_sample_acc_5", "f1chexbert_sample_acc_all"), empty=None),
    "f1radbert_ct": _Known(("f1radbert_ct_sample_acc",), empty=None),
    "radgraph": _Known(("radgraph_simple", "radgraph_partial", "radgraph_complete")),
    "ratescore": _Known(("ratescore",)),
    "radgraph_radcliq": _Known(("radgraph_radcliq",)),
    # The plain composite. Its aggregate in RadEval, 1/mean, changes sign with the mean and is no mean of examples.
    "radcliq": _Known(("radcliq_v1",), "lower", None),
    "srrbert": _Known(("srrbert_weighted_f1", "srrbert_weighted_precision", "srrbert_weighted_recall")),
    "temporal": _Known(("temporal_f1",)),
    "green": _Known(("green",)),
    "mammo_green": _Known(("mammo_green",), asks_server=True),
    "crimson": _Known(("crimson",), empty=None),
    "radfact_ct": _Known(("radfact_ct_precision", "radfact_ct_recall", "radfact_ct_f1"), asks_server=True),
}


class RadEvalScores(AdditiveMetric):
    """One metric of RadEval: `radeval:KEY` for every list of per-example values, as the mean over examples.

    A mean of examples is not always what RadEval prints for a corpus: its BLEU and label F1 are corpus values, which
    have no per-example value. `radeval:METRIC/unscored` is the share of examples for which RadEval gave no finite
    value; they are left out of the means. The protocol chooses the sections; the text is not transformed.

    Args:
        protocol: Chooses the sections that are compared.
        metric: A name of RadEval's registry. One that is newer than this table must give a single list of values.
        network: Whether RadEval may download weights and, for metrics that ask a server, send it the texts.

    Raises:
        ExtraMissingError: RadEval is not installed.
        UsageError: The metric sends texts to a server and `network` is False.
    """

    protocol: Protocol

    def __init__(self, protocol: Protocol, metric: str, *, network: bool = False) -> None:
        require("radeval", f"radeval:{metric}", _EXTRA)
        self._known = KNOWN.get(metric, _Known((metric,), empty=None))
        if self._known.asks_server and not network:
            raise UsageError(
                f"radeval:{metric} sends every report to the server of a language model",
                where="-m radeval",
                hint=f"-m {NETWORK_OPTION}=true if the data may leave this machine",
            )
        self.name = f"radeval:{metric}"
        self.metric = metric
        self.protocol = protocol
        self.network = network

    @property
    def scores(self) -> Mapping[str, Direction]:
        means = dict.fromkeys((f"radeval:{key}" for key in self._known.keys), self._known.direction)
        return {**means, f"{self.name}/unscored": "lower"}

    def signature(self) -> str:
        empty = "asked" if self._known.empty is None else f"{self._known.empty:g}"
        return (
            f"{self.name}|protocol:{self.protocol.name}|reference:{self.protocol.reference}"
            f"|radeval:{package_version('radeval')}|empty:{empty}|aggregation:mean_of_examples"
        )

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """Columns: n, whether unscored, then the values, 0 where unscored.

        Raises:
            MissingError: RadEval cannot be imported.
            UnknownNameError: It has no such metric.
            WeightsError: The metric's weights are not on this machine.
            DataError: It failed on the texts, or did not give one number per example.
        """
        texts = self.protocol.untransformed(pairs)
        keys = self._known.keys
        empty = self._known.empty
        asked = [row for row, text in enumerate(texts.hypotheses) if empty is None or text.strip()]
        found = np.full((len(pairs), len(keys)), 0.0 if empty is None else empty)
        if asked:
            chosen = TextPairs([texts.hypotheses[row] for row in asked], [texts.references[row] for row in asked])
            result = self._ask(chosen)
            if self.metric not in KNOWN and self.metric not in result and len(result) == 1:
                result = {self.metric: next(iter(result.values()))}
            for column, key in enumerate(keys):
                found[asked, column] = example_values(result, key, len(asked), self.name)
        unscored = np.isnan(found).any(axis=1)
        found[unscored] = 0.0
        values = np.column_stack([np.ones(len(pairs)), unscored, found])
        return Statistics(("n", "unscored", *keys), values)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        n, unscored = sums[:, 0], sums[:, 1]
        scored = n - unscored
        means = {
            f"radeval:{key}": _quotient(sums[:, 2 + column], scored) for column, key in enumerate(self._known.keys)
        }
        return {**means, f"{self.name}/unscored": _quotient(unscored, n)}

    def why_undefined(self, score: str) -> str:
        return "RadEval gave no example a finite value"

    def _ask(self, texts: TextPairs) -> Mapping[str, Any]:
        with confined(self.network):
            package = load("radeval", self.name, _EXTRA)
            registry = load("radeval.metrics._registry", self.name, _EXTRA).METRIC_REGISTRY
            if self.metric not in registry:
                raise UnknownNameError("metric of RadEval", self.metric, registry, where="-m radeval")
            # Its dependencies are imported here: spaCy, stanza and others that may not fit each other.
            load(registry[self.metric][0], self.name, _EXTRA)
            try:
                evaluator = package.RadEval(metrics=[self.metric], per_sample=True, show_progress=False)
            except Exception as error:
                raise failed_to_load(self.name, error, self.network) from error
            try:
                result: Mapping[str, Any] = evaluator(refs=list(texts.references), hyps=list(texts.hypotheses))
            except Exception as error:
                raise DataError(
                    f"{self.name} failed on {len(texts)} pairs ({type(error).__name__}: {first_line(error)})",
                    hint=f"leave it out, or look for this message in RadEval {package_version('radeval')}",
                ) from error
        return result


def radeval_metrics(protocol: Protocol, names: str | Sequence[str], *, network: bool = False) -> list[RadEvalScores]:
    """The metrics that `-m radeval=bertscore,ratescore` names.

    Args:
        names: Names separated by commas, or a list of names.

    Raises:
        UsageError: No name is left.
    """
    given = names.split(",") if isinstance(names, str) else [str(name) for name in names]
    chosen = list(dict.fromkeys(name.strip() for name in given if name.strip()))
    if not chosen:
        raise UsageError("no metric of RadEval is named", where="-m radeval", valid=", ".join(KNOWN))
    return [RadEvalScores(protocol, name, network=network) for name in chosen]


def _quotient(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    quotient: FloatArray = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
