"""The vocabulary: what a model is asked, what it answers, and what the answer is held against.

A `Request` is all that an adapter ever receives; a `Reference` is all that a metric knows of the truth.
Only an `Example` holds both, and adapters never see one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import CxrbenchError, UnknownNameError

Status = Literal["ok", "empty", "refused", "error"]
STATUSES: tuple[Status, ...] = ("ok", "empty", "refused", "error")
Kind = Literal["report", "vqa"]
Direction = Literal["higher", "lower"]
Labels = Mapping[str, int | None]
"""Condition name -> 1 positive, 0 negative, -1 uncertain, None not mentioned."""


class InvalidPrediction(CxrbenchError):
    """A prediction that breaks the interchange format; the message names the field and the value."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the original image; (x1, y1) is the top left corner, x to the right, y down."""

    x1: float
    y1: float
    x2: float
    y2: float
    label: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """One film of a study.

    Attributes:
        path: The file, absolute.
        view: "PA", "AP", "frontal", "lateral", ...
        when: "current", or "prior" for a film of an earlier study.
        pixels: Grey values, uint8 [height, width], once the runner has decoded the file; else None.
    """

    path: Path
    view: str = "frontal"
    when: Literal["current", "prior"] = "current"
    pixels: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What an adapter gets. It never carries gold: no reference text, label, answer or box.

    Attributes:
        prompt: What to say to a model that reads instructions; of a question, the question with a hint at the form
            of the answer that follows from its words alone.
        question_type: What the question asks: the data set's type where its wording is made from the type, else
            inferred from its words.
        choices: The possible answers, where the words of the question leave no other.
        context: Clinical text that the user asked for with `--inputs`
            (keys: indication, technique, comparison, prior_report).
        scene_graph: Never derived from gold unless the run says "oracle".
        question: The bare question (kind "vqa"), for models that take no instructions.
    """

    id: str
    kind: Kind
    images: tuple[Image, ...]
    prompt: str
    question_type: str | None = None
    choices: tuple[str, ...] | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    scene_graph: Mapping[str, Any] | None = None
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """What a metric gets: the gold of one example.

    Attributes:
        text: The whole reference text as the task defines it (for reports: findings, a blank, impression).
        labels: Gold labels by condition name, where the data set has them (not those a labeler derives).
        question: The question that was asked; decides which scores an example is eligible for.
        question_type: The data set's name for the kind of question (`D02_has_finding`, `POS`, `Position`).
        closed: Whether the data set calls the question closed; None where it makes no such distinction.
    """

    id: str
    findings: str | None = None
    impression: str | None = None
    text: str | None = None
    answer: str | None = None
    labels: Labels | None = None
    regions: tuple[str, ...] | None = None
    severity: str | None = None
    boxes: tuple[Box, ...] | None = None
    scene_graph: Mapping[str, Any] | None = None
    question: str | None = None
    question_type: str | None = None
    closed: bool | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A request with its reference.

    Attributes:
        group: The resampling unit: the patient, else the study or image.
        strata: Stratum name -> the values this example belongs to (several for "condition").
    """

    request: Request
    reference: Reference
    group: str
    strata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.request.id


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model answered for one request.

    Attributes:
        status: "ok"; "empty" (no text where text was due) and "refused" are final and scored as empty text;
            "error" is unscored and retried by the same command.
        label_probabilities: Condition name -> probability in [0, 1].
        attention: Map name (condition or region) -> rows of a two-dimensional map, any scale.
        confidence: Probability in [0, 1] that the answer is right, by the model's own account.
        usage: Tokens, cost and the like; left out of the identity of a run, as is latency_s.
        latency_s: Wall seconds spent on this request (a batch's time divided by its size).
        error: Why the status is "error" (or "refused").
    """

    id: str
    status: Status = "ok"
    text: str | None = None
    answer: str | None = None
    regions: tuple[str, ...] | None = None
    severity: str | None = None
    boxes: tuple[Box, ...] | None = None
    confidence: float | None = None
    label_probabilities: Mapping[str, float] | None = None
    attention: Mapping[str, Sequence[Sequence[float]]] | None = None
    usage: Mapping[str, float] | None = None
    latency_s: float | None = None
    error: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not self.id:
            raise InvalidPrediction(f"prediction id must be a non-empty string, got {self.id!r}")
        if self.status not in STATUSES:
            raise InvalidPrediction(
                f"prediction {self.id!r}: unknown status {self.status!r}", valid=", ".join(STATUSES)
            )
        for name in ("text", "answer", "severity", "error"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise InvalidPrediction(
                    f"prediction {self.id!r}: {name} must be a string or null, got {type(value).__name__}"
                )
        if self.confidence is not None:
            _check_probability(self.id, "confidence", self.confidence)
        for name, value in (self.label_probabilities or {}).items():
            if name not in CONDITIONS:
                raise InvalidPrediction(
                    f"prediction {self.id!r}: {UnknownNameError('condition', name, CONDITIONS).message}",
                    valid=", ".join(CONDITIONS),
                )
            _check_probability(self.id, f"label_probabilities[{name!r}]", value)


def _check_probability(id: str, name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InvalidPrediction(f"prediction {id!r}: {name} must be a finite number, got {value!r}")
    if not 0.0 <= value <= 1.0:
        raise InvalidPrediction(f"prediction {id!r}: {name} must lie in [0, 1], got {value!r}")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Who the model is.

    Attributes:
        name: Short name, used as a folder name under `runs/<task>/`.
        fingerprint: A hash of everything that determines the predictions (weights, decoding settings,
            prompt recipe); a run is resumed only by a model of the same fingerprint.
        trained_on: Names of data sets in the training data, for the leakage column; None if unknown.
        inputs: What the model consumes, for example ("frontal",) or ("frontal", "indication").
        needs_pixels: Whether the runner decodes the images for it ahead of time.
        is_baseline: Whether it is a floor, set apart in tables.
        remote: Whether requests leave this machine; restricted data are then refused, unless the user states the
            agreement that allows it. A server on this machine (loopback) is not remote.
        remote_host: The machine that requests go to, where it is known.
        batch_size: How many requests it wants at once, where the user leaves the choice.
        notes: Plain sentences that belong beside every score of this model.
    """

    name: str
    version: str
    fingerprint: str
    trained_on: tuple[str, ...] | None = None
    licence: str | None = None
    inputs: tuple[str, ...] = ("frontal",)
    needs_pixels: bool = True
    is_baseline: bool = False
    notes: tuple[str, ...] = ()
    remote: bool = False
    remote_host: str | None = None
    batch_size: int | None = None


@runtime_checkable
class Adapter(Protocol):
    """A way of reaching a model. Two methods, and `close()` where it must; `docs/adapters.md` has an example."""

    def describe(self) -> ModelInfo:
        """Name the model. Called once, before any prediction; may load weights, must not touch the network."""
        ...

    def predict(self, requests: Sequence[Request]) -> Sequence[Prediction]:
        """Answer a batch, one prediction per request, matched by id.

        Raising an exception marks the examples at fault as "error"; the runner isolates them by retrying the
        batch one request at a time. An out-of-memory error makes the runner halve the batch.
        """
        ...
