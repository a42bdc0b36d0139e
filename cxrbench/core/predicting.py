"""The prediction phase: batch after batch into the run folder, resumable at every moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxrbench.core.answering import answer
from cxrbench.core.ordering import batches
from cxrbench.core.prefetch import Decoder, decoded_batches
from cxrbench.core.reporter import Reporter
from cxrbench.core.run_folder import RunFolder
from cxrbench.core.types import Adapter, Prediction, Request


def predict_into(
    folder: RunFolder,
    adapter: Adapter,
    requests: Sequence[Request],
    *,
    batch_size: int,
    micro_batch: int | None,
    decode: Decoder | None,
    reporter: Reporter,
) -> dict[str, Prediction]:
    """Predict what is missing or failed, and return the predictions of all `requests`.

    The batches are a fixed partition of `requests`; a batch with any example to do is done as a whole, so that
    a resumed run computes exactly what an undisturbed one does.

    Args:
        decode: Reads an image file; None when the adapter reads images itself.
    """
    known = folder.read_predictions()
    for line in folder.damaged_lines:
        reporter.note(f"predictions.jsonl line {line} is damaged; its example is predicted again")
    todo = [batch for batch in batches(requests, batch_size) if any(_is_open(known, request) for request in batch)]
    wanted = {request.id for request in requests}
    open_count = sum(len(batch) for batch in todo)
    reporter.start(len(requests), len(requests) - open_count, "predicting")
    found = {name: prediction for name, prediction in known.items() if name in wanted}
    try:
        with folder.appender() as appender:
            for ready in decoded_batches(todo, decode):
                made = answer(adapter, ready.requests, micro_batch) if ready.requests else []
                made = [*made, *ready.unreadable]
                appender.append(made)
                found.update((prediction.id, prediction) for prediction in made)
                reporter.advance(len(made), sum(prediction.status == "error" for prediction in made))
    finally:
        reporter.finish()
    return found


def _is_open(known: Mapping[str, Prediction], request: Request) -> bool:
    prediction = known.get(request.id)
    return prediction is None or prediction.status == "error"
