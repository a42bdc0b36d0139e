"""What a protocol is: which text is scored, against which reference, after which transform."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from cxrbench.core.types import Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.protocols.sections import Sections, split_sections

ReferenceText = Literal["findings", "findings+impression", "labelled", "answer"]
Transform = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True, slots=True)
class TextPairs:
    """Aligned texts of one set of pairs, in its order."""

    hypotheses: list[str]
    references: list[str]

    def __len__(self) -> int:
        return len(self.references)


@dataclass(frozen=True)
class Protocol:
    """A named, versioned way of turning a prediction and a reference into two strings.

    Attributes:
        name: The name given to `--protocol`.
        version: Raised whenever a score could change.
        reference: "findings", "findings+impression" (joined by a blank), "labelled"
            (`Findings: … Impression: …`, the literal word None for a missing section), or "answer" (the gold text of
            a question, which has no sections).
        transform_hypotheses: Texts to the strings that BLEU, ROUGE, METEOR and CIDEr see; an empty text stays empty.
        transform_references: The same for references (R2Gen treats them differently).
        details: What else identifies the transform, in the form of a signature: `key:value|key:value`.
        needs_training_texts: Whether the published form uses the training references of the task.
    """

    name: str
    version: str
    reference: ReferenceText
    transform_hypotheses: Transform
    transform_references: Transform
    details: str = ""
    needs_training_texts: bool = field(default=False)

    @property
    def key(self) -> str:
        """Under which `Pairs` caches what this protocol derived: equal keys mean equal texts."""
        return f"protocol/{self.signature_part()}"

    def signature_part(self) -> str:
        """`protocol:NAME|protocol_version:V|reference:…` and the details of the transform."""
        parts = [f"protocol:{self.name}", f"protocol_version:{self.version}", f"reference:{self.reference}"]
        return "|".join([*parts, self.details] if self.details else parts)

    def reference_text(self, reference: Reference) -> str | None:
        """The untransformed reference text, or None where this protocol has no usable one.

        Where the reference has no sections (two plain texts are compared), its text as it is. A text without any
        letter or digit is not usable: every transform could leave nothing of it.
        """
        if is_plain(reference):
            text = reference.text
        elif self.reference == "findings":
            text = _stripped(reference.findings)
        else:
            text = self._compose(_stripped(reference.findings), _stripped(reference.impression))
        return text if text and any(map(str.isalnum, text)) else None

    def hypothesis_text(self, text: str, reference: Reference) -> str:
        """The untransformed text that is scored: the marked sections of `text`, else the whole of it."""
        if is_plain(reference):
            return text
        sections = split_sections(text)
        if not sections.marked:
            return sections.findings or ""
        if self.reference == "findings":
            return sections.findings or ""
        if self.reference == "labelled":
            return _labelled(sections)
        return _joined(sections.findings, sections.impression)

    def untransformed(self, pairs: Pairs) -> TextPairs:
        """The sections as they were written: what label scores and BERTScore see.

        A reference without usable text is an empty string here; the scoring engine leaves such pairs out.
        """
        return pairs.view(f"untransformed/{self.reference}", self._select)

    def texts(self, pairs: Pairs) -> TextPairs:
        """The transformed strings: what BLEU, ROUGE, METEOR and CIDEr see."""
        return pairs.view(f"{self.key}/texts", self._transform)

    def transformed_references(self, references: Sequence[Reference]) -> list[str]:
        """The transformed texts of the usable references, in order; for what is fitted on a corpus."""
        usable = (self.reference_text(reference) for reference in references)
        return self.transform_references([text for text in usable if text is not None])

    def altered_share(self, pairs: Pairs) -> float:
        """Share of the hypotheses of which the section splitter kept something else than the whole text."""
        if not len(pairs):
            return 0.0
        kept = self.untransformed(pairs).hypotheses
        return sum(kept[i].strip() != pairs.hypothesis(i).strip() for i in range(len(pairs))) / len(pairs)

    def _select(self, pairs: Pairs) -> TextPairs:
        return TextPairs(
            [self.hypothesis_text(pairs.hypothesis(i), pairs.references[i]) for i in range(len(pairs))],
            [self.reference_text(reference) or "" for reference in pairs.references],
        )

    def _transform(self, pairs: Pairs) -> TextPairs:
        plain = self.untransformed(pairs)
        return TextPairs(self.transform_hypotheses(plain.hypotheses), self.transform_references(plain.references))

    def _compose(self, findings: str | None, impression: str | None) -> str | None:
        if findings is None and impression is None:
            return None
        if self.reference == "labelled":
            return f"Findings: {findings} Impression: {impression}"
        return _joined(findings, impression)


def is_plain(reference: Reference) -> bool:
    """Whether the reference is one plain text rather than a report with sections."""
    return reference.findings is None and reference.impression is None and reference.text is not None


def _stripped(text: str | None) -> str | None:
    return (text or "").strip() or None


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


def _labelled(sections: Sections) -> str:
    named = (("Findings", sections.findings), ("Impression", sections.impression))
    return " ".join(f"{name}: {text}" for name, text in named if text)
