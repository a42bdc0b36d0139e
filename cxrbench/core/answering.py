"""One batch through an adapter, contained: whatever it does, every request gets exactly one prediction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from cxrbench.core.types import Adapter, Prediction, Request

_MESSAGE_LENGTH = 500


def answer(adapter: Adapter, requests: Sequence[Request], micro_batch: int | None = None) -> list[Prediction]:
    """One prediction per request, in order; failures become status "error" with the reason.

    Out of memory halves the batch down to a single request. Any other exception makes every request of the
    batch run alone, so that only those at fault fail. KeyboardInterrupt and SystemExit pass through.

    Args:
        micro_batch: Largest number of requests handed over at once; None for all.
    """
    if micro_batch is not None and len(requests) > micro_batch:
        parts = [requests[start : start + micro_batch] for start in range(0, len(requests), micro_batch)]
        return [prediction for part in parts for prediction in answer(adapter, part)]
    started = time.perf_counter()
    try:
        returned = list(adapter.predict(requests))
    except Exception as error:
        if len(requests) == 1:
            return [_failure(requests[0], error)]
        half = len(requests) // 2 if is_out_of_memory(error) else 1
        _release_memory(error)
        parts = [requests[start : start + half] for start in range(0, len(requests), half)]
        return [prediction for part in parts for prediction in answer(adapter, part)]
    share = (time.perf_counter() - started) / len(requests)
    return [_settle(prediction, share) for prediction in _match(requests, returned)]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory (host or accelerator) ran out. Needs no torch to tell."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and "out of memory" in str(error).lower())
    )


def _match(requests: Sequence[Request], returned: Sequence[object]) -> list[Prediction]:
    by_id: dict[str, list[Prediction]] = {}
    foreign = 0
    wanted = {request.id for request in requests}
    for item in returned:
        if isinstance(item, Prediction) and item.id in wanted:
            by_id.setdefault(item.id, []).append(item)
        else:
            foreign += 1
    matched = []
    for request in requests:
        found = by_id.get(request.id, [])
        if len(found) == 1:
            matched.append(found[0])
            continue
        what = f"{len(found)} predictions" if found else "no prediction"
        extra = f" and {foreign} of unknown id or type" if foreign else ""
        matched.append(
            Prediction(request.id, status="error", error=f"the adapter returned {what} for this id{extra}")
        )
    return matched


def _settle(prediction: Prediction, seconds: float) -> Prediction:
    if prediction.latency_s is None:
        prediction = replace(prediction, latency_s=round(seconds, 6))
    written = (prediction.text or "").strip() or (prediction.answer or "").strip()
    answered = written or prediction.regions or prediction.boxes
    if prediction.status == "ok" and not answered:
        return replace(prediction, status="empty")
    if prediction.status == "error" and not prediction.error:
        return replace(prediction, error="the adapter gave no reason")
    return prediction


def _failure(request: Request, error: BaseException) -> Prediction:
    message = f"{type(error).__name__}: {error}".strip()
    return Prediction(request.id, status="error", error=message[:_MESSAGE_LENGTH])


def _release_memory(error: BaseException) -> None:
    # The traceback keeps the failed batch's tensors alive.
    error.__traceback__ = None
    if is_out_of_memory(error):
        import sys

        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available():
            torch.cuda.empty_cache()
