"""The metrics of question answering tasks: one builder for all of them, each family eligible by its references."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.core.registry import METRICS
from cxrbench.metrics.base import FloatArray, Metric, Pairs
from cxrbench.metrics.bertscore import BertScore
from cxrbench.metrics.concepts import ConceptMatcher, get_concept_matcher
from cxrbench.metrics.diagnostic import Calibration, DiagnosticScores, GoldPolicy, LabelCalibration, RankScores
from cxrbench.metrics.explain import AttentionEntropy, AttentionPlausibility
from cxrbench.metrics.explain.plausibility import ImageSize
from cxrbench.metrics.protocols.base import Protocol
from cxrbench.metrics.relational import GraphEntityRecall, MultiHopAccuracy, RelationshipAccuracy
from cxrbench.metrics.spatial import BoxOverlap, MeanAveragePrecision, RegionBoxes, localisation_calibration
from cxrbench.metrics.status import StatusRates
from cxrbench.metrics.text import Bleu, Rouge
from cxrbench.metrics.vqa import (
    VQA_PROTOCOLS,
    AnswerTexts,
    ClinicalTermF1,
    ExactMatch,
    ExactMatchClosed,
    ExactMatchOpen,
    MultiRegion,
    SemanticTypeAccuracy,
    SeverityScores,
    SpatialRelationAccuracy,
    TokenF1,
    UnparsableRate,
    YesNoScores,
    answer_protocol,
)
from cxrbench.metrics.vqa.answers import has_gold_answer, right_answers
from cxrbench.tasks.base import TaskData
from cxrbench.tasks.image_sizes import image_sizes

Options = Mapping[str, Any]


@dataclass(frozen=True)
class VqaSettings:
    """What a task knows that its references do not say.

    Attributes:
        families: Those computed unless the user names some: the ones that the task's data have gold for.
        region_boxes: For models that answer with regions instead of boxes: where these regions lie.
        image_size: Size of the image that attention maps cover; by default that of the first image of the request,
            read from its file.
        conditions: Conditions of the diagnostic scores.
    """

    families: tuple[str, ...]
    region_boxes: RegionBoxes | None = None
    image_size: ImageSize | None = None
    conditions: tuple[str, ...] = GoldPolicy.conditions


@dataclass(frozen=True)
class _Parts:
    """What the families are built from."""

    protocol: Protocol
    matcher: ConceptMatcher
    gold: GoldPolicy
    image_size: ImageSize
    regions: RegionBoxes | None
    options: Options


def _exact_match_calibration(parts: _Parts) -> Metric:
    return Calibration(_right, outcome_name="exact_match", eligible=has_gold_answer)


def _right(pairs: Pairs) -> FloatArray:
    return np.array(right_answers(pairs), np.float64)


def _bertscore(parts: _Parts) -> Metric:
    names = {"model": "bertscore_model", "num_layers": "bertscore_layers", "idf": "bertscore_idf"}
    names |= {"rescale": "bertscore_rescale"}
    chosen = {name: parts.options[key] for name, key in names.items() if key in parts.options}
    return AnswerTexts(BertScore(parts.protocol, **chosen))


def _decisions(parts: _Parts) -> Metric:
    threshold = parts.options.get("threshold", 0.5)
    if not isinstance(threshold, (int, float)):
        raise UsageError(f"threshold is {threshold!r}", where="--metric-option", valid="a number in (0, 1]")
    return DiagnosticScores(parts.gold, threshold=threshold)


_BUILDERS: dict[str, Callable[[_Parts], Metric]] = {
    "exact_match": lambda parts: ExactMatch(),
    "exact_match_closed": lambda parts: ExactMatchClosed(),
    "exact_match_open": lambda parts: ExactMatchOpen(),
    "yes_no": lambda parts: YesNoScores(),
    "unparsable": lambda parts: UnparsableRate(),
    "token_f1": lambda parts: TokenF1(),
    "clinical_terms": lambda parts: ClinicalTermF1(parts.matcher),
    "semantic_type": lambda parts: SemanticTypeAccuracy(parts.matcher),
    "bleu": lambda parts: AnswerTexts(Bleu(parts.protocol)),
    "rouge": lambda parts: AnswerTexts(Rouge(parts.protocol)),
    "bertscore": _bertscore,
    "box_overlap": lambda parts: BoxOverlap(parts.regions),
    "map": lambda parts: MeanAveragePrecision(parts.regions),
    "multi_region": lambda parts: MultiRegion(),
    "spatial_relation": lambda parts: SpatialRelationAccuracy(),
    "relationship": lambda parts: RelationshipAccuracy(),
    "multi_hop": lambda parts: MultiHopAccuracy(),
    "severity": lambda parts: SeverityScores(),
    "graph_entity": lambda parts: GraphEntityRecall(parts.matcher),
    "calibration": _exact_match_calibration,
    "localisation_calibration": lambda parts: localisation_calibration(parts.regions),
    "diagnostic": _decisions,
    "ranking": lambda parts: RankScores(parts.gold),
    "label_calibration": lambda parts: LabelCalibration(parts.gold),
    "attention_plausibility": lambda parts: AttentionPlausibility(parts.image_size),
    "attention_entropy": lambda parts: AttentionEntropy(),
    "status": lambda parts: StatusRates(),
}
VQA_FAMILIES: tuple[str, ...] = tuple(_BUILDERS)
"""Every family, in display order; a task offers all of them and computes those of its settings by default."""
ANSWER_FAMILIES: tuple[str, ...] = (
    "exact_match",
    "exact_match_closed",
    "exact_match_open",
    "yes_no",
    "unparsable",
    "token_f1",
    "clinical_terms",
    "semantic_type",
    "bleu",
    "rouge",
    "bertscore",
    "spatial_relation",
    "relationship",
    "multi_hop",
    "calibration",
    "status",
)
"""Families that need no more gold than an answer."""
BOX_FAMILIES: tuple[str, ...] = ("box_overlap", "map", "localisation_calibration")
VQA_HEADLINE: tuple[str, ...] = (
    "exact_match_closed",
    "exact_match_open",
    "exact_match",
    "yes_no_balanced_accuracy",
    "token_f1",
    "clinical_term_f1",
    "spatial_relation_accuracy",
    "unparsable_rate",
    "empty_rate",
)
VQA_METRIC_OPTIONS: dict[str, str] = {
    "gold_uncertain": "exclude (default), positive or negative: what an uncertain gold label counts as",
    "gold_blank": "negative (default), positive or exclude: what a condition without a gold label counts as",
    "threshold": "0.5 (default): probability from which a condition counts as predicted; fixed before the test",
    "umls": "a QuickUMLS index: clinical concepts by UMLS instead of the embedded lexicon (extra umls)",
    "bertscore_model": "a folder, or a hub id that is in the local cache (default microsoft/deberta-xlarge-mnli)",
    "bertscore_layers": "the layer to compare; needed with a folder",
    "bertscore_idf": "true weighs tokens by their rarity among the gold texts",
    "bertscore_rescale": "true rescales by bert-score's baseline",
}


def build_vqa_metrics(
    protocol: str,
    data: TaskData,
    selection: Sequence[str] | None = None,
    options: Options | None = None,
    *,
    settings: VqaSettings,
) -> list[Metric]:
    """The metric families of a question answering task.

    Which examples a family counts is decided by its references (see `docs/vqa.md`); a score without an eligible
    example is null with the reason. Only BLEU, ROUGE and BERTScore depend on the protocol.

    Args:
        protocol: One of `VQA_PROTOCOLS`.
        data: For the sizes of images, which are read only where a family needs them; may be empty.
        selection: Family names; None or empty for those of the settings. A name that is not built in is an entry
            point of `cxrbench.metrics` or "module:Name", called with the protocol.
        options: See `VQA_METRIC_OPTIONS`.

    Raises:
        UnknownNameError: An unknown protocol, family or option.
        UsageError: An option has a value that makes no sense.
        ExtraMissingError: UMLS was asked for and QuickUMLS is not installed.
    """
    options = options or {}
    for name in options:
        if name not in VQA_METRIC_OPTIONS:
            raise UnknownNameError("metric option", name, VQA_METRIC_OPTIONS, where="--metric-option")
    if protocol not in VQA_PROTOCOLS:
        raise UnknownNameError("protocol of question answering", protocol, VQA_PROTOCOLS, where="--protocol")
    wanted = selection or settings.families
    foreign = [METRICS.load(name, where="--metrics") for name in wanted if name not in _BUILDERS]
    policies = {name: options[f"gold_{name}"] for name in ("uncertain", "blank") if f"gold_{name}" in options}
    parts = _Parts(
        protocol=answer_protocol(protocol),
        matcher=_matcher(options),
        gold=GoldPolicy(conditions=settings.conditions, **policies),
        image_size=settings.image_size or image_sizes(data),
        regions=settings.region_boxes,
        options=options,
    )
    built = [build(parts) for name, build in _BUILDERS.items() if name in wanted]
    return [*built, *(make(parts.protocol) for make in foreign)]


def _matcher(options: Options) -> ConceptMatcher:
    if "umls" in options:
        return get_concept_matcher("quickumls", path=str(options["umls"]))
    return get_concept_matcher()
