"""The metrics of report tasks under each protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cxrbench.core.errors import UnknownNameError
from cxrbench.core.registry import METRICS
from cxrbench.core.types import Example
from cxrbench.metrics.base import Metric
from cxrbench.metrics.bertscore import BertScore
from cxrbench.metrics.consistency import ComparisonClaims, Laterality
from cxrbench.metrics.diagnostic import LabelAgreement
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.metrics.labels.scores import LabelScores
from cxrbench.metrics.protocols import MIMIC_PROTOCOL, PROTOCOLS, Protocol, get_protocol
from cxrbench.metrics.providers import RadGraphF1, radeval_metrics
from cxrbench.metrics.status import StatusRates
from cxrbench.metrics.text import Bleu, Cider, Meteor, Rouge, RougeLCoco
from cxrbench.metrics.vqa import ClinicalTermF1

REPORT_PROTOCOLS: tuple[str, ...] = tuple(name for name in PROTOCOLS if name != MIMIC_PROTOCOL)
"""Of any reports; those of MIMIC-CXR have R2Gen's settings for them besides."""
HEADLINE: tuple[str, ...] = (
    "rules_micro_f1_14",
    "rules_macro_f1_14",
    "bleu_1",
    "bleu_4",
    "rouge_l",
    "meteor",
    "cider",
    "empty_rate",
)
Options = Mapping[str, Any]


def _labels(labeler: str, protocol: Protocol, options: Options, **settings: Any) -> Metric:
    conventions = {name: options[name] for name in ("uncertain", "zero_division") if name in options}
    return LabelScores(get_labeler(labeler, **settings), protocol, **conventions)


def _chexbert(protocol: Protocol, options: Options) -> Metric | None:
    if "chexbert" not in options:
        return None
    tokenizer = {"tokenizer": options["chexbert_tokenizer"]} if "chexbert_tokenizer" in options else {}
    return _labels("chexbert", protocol, options, weights=options["chexbert"], **tokenizer)


def _bertscore(protocol: Protocol, options: Options) -> Metric:
    names = {"model": "bertscore_model", "num_layers": "bertscore_layers", "idf": "bertscore_idf"}
    names |= {"rescale": "bertscore_rescale"}
    return BertScore(protocol, **{name: options[key] for name, key in names.items() if key in options})


def _agreement(protocol: Protocol, options: Options) -> Metric | None:
    return LabelAgreement(get_labeler("rules"), protocol) if options.get("agreement") else None


def _radgraph(protocol: Protocol, options: Options) -> Metric | None:
    wanted = options.get("radgraph", False)
    if wanted is False:
        return None
    model = {} if wanted is True else {"model": str(wanted)}
    return RadGraphF1(protocol, **model, network=options.get("provider_network") is True)


def _radeval(protocol: Protocol, options: Options) -> Sequence[Metric]:
    if "radeval" not in options:
        return ()
    return radeval_metrics(protocol, options["radeval"], network=options.get("provider_network") is True)


_BUILDERS: dict[str, Callable[[Protocol, Options], Metric | Sequence[Metric] | None]] = {
    "bleu": lambda protocol, options: Bleu(protocol),
    "rouge": lambda protocol, options: Rouge(protocol),
    "rouge_l_coco": lambda protocol, options: RougeLCoco(protocol),
    "cider": lambda protocol, options: Cider(protocol),
    "rules": lambda protocol, options: _labels("rules", protocol, options),
    "chexbert": _chexbert,
    "clinical_terms": lambda protocol, options: ClinicalTermF1(protocol=protocol),
    "laterality": lambda protocol, options: Laterality(protocol),
    "comparison": lambda protocol, options: ComparisonClaims(protocol),
    # Last of the costly ones: its Java process loads while the others are measured.
    "meteor": lambda protocol, options: Meteor(protocol),
    "bertscore": _bertscore,
    "agreement": _agreement,
    "radgraph_f1": _radgraph,
    "radeval": _radeval,
    "status": lambda protocol, options: StatusRates(),
}
METRIC_FAMILIES: tuple[str, ...] = tuple(_BUILDERS)
METRIC_OPTIONS: dict[str, str] = {
    "uncertain": "positive (default) or negative: what an uncertain label counts as",
    "zero_division": "0 (default) or 1: the value of 0/0 in label averages",
    "agreement": "true adds Cohen's kappa and the three-way F1 of the CheXbert paper, by the rule labeler",
    "bertscore_model": "a folder, or a hub id that is in the local cache (default microsoft/deberta-xlarge-mnli)",
    "bertscore_layers": "the layer to compare; needed with a folder",
    "bertscore_idf": "true weighs tokens by their rarity among the references",
    "bertscore_rescale": "true rescales by bert-score's baseline",
    "chexbert": "weights of the CheXbert network: a .pth or .safetensors file, a folder or a hub id; adds chexbert_*",
    "chexbert_tokenizer": "its tokenizer, where the weights do not bring one",
    "radgraph": "true, or a RadGraph model (radgraph-xl, radgraph, ...), adds radgraph_f1_* by the radgraph package",
    "radeval": "metrics of RadEval, for example bertscore,ratescore; adds radeval:* by the radeval package",
    "provider_network": "true lets radgraph and RadEval download weights, and send texts to language models",
}


def build_report_metrics(
    protocol: str,
    training: Callable[[], Sequence[Example]],
    selection: Sequence[str] | None = None,
    options: Options | None = None,
) -> list[Metric]:
    """The metric families of a protocol.

    Args:
        training: The training examples; called only by protocols with a training vocabulary (r2gen).
        selection: Family names; None or empty for all built-in ones. A name that is not built in is an entry point
            of `cxrbench.metrics` or "module:Name", called with the protocol.
        options: See `METRIC_OPTIONS`.

    Raises:
        UnknownNameError: An unknown protocol, family or option.
        UsageError: An option has a value that makes no sense.
        WeightsError: CheXbert weights were named and cannot be loaded.
        ExtraMissingError: The scores of a package were asked for that is not installed.
    """
    options = options or {}
    foreign = [METRICS.load(name, where="--metrics") for name in selection or () if name not in _BUILDERS]
    for name in options:
        if name not in METRIC_OPTIONS:
            raise UnknownNameError("metric option", name, METRIC_OPTIONS, where="--metric-option")
    bound = bound_protocol(protocol, training)
    built = [build(bound, options) for name, build in _BUILDERS.items() if not selection or name in selection]
    found: list[Metric] = []
    for item in built:
        found += [item] if isinstance(item, Metric) else (item or ())
    return [*found, *(make(bound) for make in foreign)]


def bound_protocol(name: str, training: Callable[[], Sequence[Example]]) -> Protocol:
    """The protocol, with its training vocabulary where it has one and the task has a training split."""
    protocol = get_protocol(name)
    if not protocol.needs_training_texts:
        return protocol
    texts = [example.reference.findings or "" for example in training()]
    return get_protocol(name, training_texts=texts) if texts else protocol
