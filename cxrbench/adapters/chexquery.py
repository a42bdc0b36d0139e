"""`chexquery` and `chexquery:PATH_OR_HUB_ID`: the bundled reference model for report generation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from cxrbench.adapters.base import AdapterContext
from cxrbench.core import jsonio
from cxrbench.core.errors import UsageError
from cxrbench.core.types import ModelInfo, Prediction, Request

_DECODING = ("num_beams", "no_repeat_ngram_size", "length_penalty", "min_new_tokens", "max_new_tokens")
_PROBABILITY_DIGITS = 6


class CheXQueryAdapter:
    """Generates findings and impression from the first film of a request."""

    def __init__(self, argument: str | None, context: AdapterContext) -> None:
        from cxrbench.reference_models.chexquery.predictor import Predictor

        if context.kind != "report":
            raise UsageError(
                f"chexquery writes reports; task {context.task} asks questions",
                hint="choose a report task: iu-report",
            )
        context.check_options("chexquery", (*_DECODING, "attention"))
        options: dict[str, Any] = dict(context.options)
        self._attention = bool(options.pop("attention", False))
        self._overrides = options
        self._predictor = Predictor.load(argument, device=context.device)

    def describe(self) -> ModelInfo:
        predictor = self._predictor
        decoding = asdict(replace(predictor.config.decoding, **self._overrides))
        fingerprint = jsonio.digest([predictor.fingerprint, decoding, self._attention])
        return ModelInfo(
            name=predictor.name,
            version=predictor.version,
            fingerprint=fingerprint,
            trained_on=predictor.trained_on,
            licence=predictor.licence,
            notes=predictor.notes,
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        pixels = []
        for request in requests:
            if not request.images or request.images[0].pixels is None:
                raise ValueError(f"request {request.id!r} has no decoded image")
            pixels.append(request.images[0].pixels)
        reports = self._predictor.predict(pixels, return_attention=self._attention, **self._overrides)
        return [
            Prediction(
                request.id,
                text=report.text,
                label_probabilities={
                    name: round(value, _PROBABILITY_DIGITS) for name, value in report.label_probabilities.items()
                },
                attention=None
                if report.attention is None
                else {name: grid.astype(float).round(4).tolist() for name, grid in report.attention.items()},
            )
            for request, report in zip(requests, reports)
        ]


def create(argument: str | None, context: AdapterContext) -> CheXQueryAdapter:
    """The bundled checkpoint, or the one named after the colon.

    Raises:
        UsageError: The task does not ask for reports, or an option is unknown.
        WeightsError: The checkpoint is missing, truncated or of another architecture.
    """
    return CheXQueryAdapter(argument or None, context)
