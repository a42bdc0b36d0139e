"""The metrics of report tasks under each protocol."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cxrbench.core.errors import UnknownNameError
from cxrbench.core.types import Example
from cxrbench.metrics.base import Metric
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.metrics.labels.scores import LabelScores
from cxrbench.metrics.protocols import PROTOCOLS, Protocol, get_protocol
from cxrbench.metrics.status import StatusRates
from cxrbench.metrics.text import Bleu, Cider, Meteor, Rouge, RougeLCoco

REPORT_PROTOCOLS: tuple[str, ...] = tuple(PROTOCOLS)

_BUILDERS: dict[str, Callable[[Protocol], Metric]] = {
    "bleu": Bleu,
    "rouge": Rouge,
    "rouge_l_coco": RougeLCoco,
    "cider": Cider,
    "rules": lambda protocol: LabelScores(get_labeler("rules"), protocol),
    "meteor": Meteor,  # last of the costly ones: its Java process loads while the others are measured
    "status": lambda protocol: StatusRates(),
}
METRIC_FAMILIES: tuple[str, ...] = tuple(_BUILDERS)
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


def build_report_metrics(
    protocol: str, training: Callable[[], Sequence[Example]], selection: Sequence[str] | None = None
) -> list[Metric]:
    """The metric families of a protocol.

    Args:
        training: The training examples; called only by protocols with a training vocabulary (r2gen).
        selection: Family names; None or empty for all.

    Raises:
        UnknownNameError: An unknown protocol or family.
    """
    for name in selection or ():
        if name not in _BUILDERS:
            raise UnknownNameError("metric", name, _BUILDERS, where="--metrics", hint="cxrbench list metrics")
    bound = bound_protocol(protocol, training)
    return [build(bound) for name, build in _BUILDERS.items() if not selection or name in selection]


def bound_protocol(name: str, training: Callable[[], Sequence[Example]]) -> Protocol:
    """The protocol, with its training vocabulary where it has one and the task has a training split."""
    protocol = get_protocol(name)
    if not protocol.needs_training_texts:
        return protocol
    texts = [example.reference.findings or "" for example in training()]
    return get_protocol(name, training_texts=texts) if texts else protocol
