"""Report protocols: named, versioned ways of preparing texts for BLEU, ROUGE, METEOR and CIDEr."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from cxrbench.core.errors import UnknownNameError
from cxrbench.metrics.protocols import r2gen
from cxrbench.metrics.protocols.base import Protocol, TextPairs
from cxrbench.metrics.protocols.cxrbench_text import normalise_all
from cxrbench.metrics.protocols.ptb import ptb_tokenize
from cxrbench.metrics.protocols.sections import Sections, split_sections

DEFAULT_PROTOCOL: Final = "cxrbench"
MIMIC_PROTOCOL: Final = "r2gen-mimic"
PROTOCOLS: Final[tuple[str, ...]] = (
    "cxrbench",
    "r2gen",
    "r2gen-clean",
    MIMIC_PROTOCOL,
    "coco",
    "rexrank",
    "raw",
    "lower",
)

__all__ = [
    "DEFAULT_PROTOCOL",
    "MIMIC_PROTOCOL",
    "PROTOCOLS",
    "Protocol",
    "Sections",
    "TextPairs",
    "get_protocol",
    "split_sections",
]


def get_protocol(name: str, *, training_texts: Sequence[str] | None = None) -> Protocol:
    """A protocol by name.

    Args:
        name: One of `PROTOCOLS`.
        training_texts: Untransformed findings of the training split, where the task has one. Only `r2gen` and
            `r2gen-mimic` use them (for their vocabulary); without them they keep every word, and their signature
            says so.

    Raises:
        UnknownNameError: There is no such protocol.
    """
    if name == "cxrbench":
        return Protocol(
            name, "1", "findings+impression", normalise_all, normalise_all, "text:lower,nopunct,word_tokenize"
        )
    if name == "r2gen":
        return _r2gen(name, training_texts, r2gen.IU_XRAY)
    if name == MIMIC_PROTOCOL:
        return _r2gen(name, training_texts, r2gen.MIMIC_CXR)
    if name == "r2gen-clean":
        return Protocol(name, "1", "findings", r2gen.clean_all, r2gen.clean_all, "text:r2gen")
    if name == "coco":
        return Protocol(name, "1", "findings", ptb_tokenize, ptb_tokenize, "text:ptb-3.4.1")
    if name == "rexrank":
        return Protocol(name, "1", "labelled", _unchanged, _unchanged, "text:none")
    if name == "raw":
        return Protocol(name, "1", "findings", _single_blanks, _single_blanks, "text:whitespace")
    if name == "lower":
        return Protocol(name, "1", "findings", _lower, _lower, "text:whitespace,lower")
    raise UnknownNameError("protocol", name, PROTOCOLS, hint="cxrbench list protocols")


def _r2gen(name: str, training_texts: Sequence[str] | None, settings: r2gen.Settings) -> Protocol:
    vocabulary = None if training_texts is None else r2gen.training_vocabulary(training_texts, settings)
    used = "none" if vocabulary is None else f"train{settings.min_count}-{r2gen.vocabulary_fingerprint(vocabulary)}"
    return Protocol(
        name,
        "1",
        "findings",
        r2gen.clean_all_mimic if settings.mimic else r2gen.clean_all,
        partial(_cut_all, vocabulary, settings),
        f"text:{name}|vocabulary:{used}|reference_tokens:{settings.max_tokens}",
        needs_training_texts=True,
    )


def _cut_all(vocabulary: frozenset[str] | None, settings: r2gen.Settings, texts: Sequence[str]) -> list[str]:
    return [r2gen.cut_reference(text, vocabulary, settings) for text in texts]


def _unchanged(texts: Sequence[str]) -> list[str]:
    return list(texts)


def _single_blanks(texts: Sequence[str]) -> list[str]:
    return [" ".join(text.split()) for text in texts]


def _lower(texts: Sequence[str]) -> list[str]:
    return [" ".join(text.split()).lower() for text in texts]
