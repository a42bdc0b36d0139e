"""The prediction phase: batch after batch into the run folder, resumable at every moment."""

from __future__ import annotations

from collections.abc import Sequence

from cxrbench.core.executors.base import Executor
from cxrbench.core.ordering import batches
from cxrbench.core.reporter import Reporter
from cxrbench.core.run_folder import RunFolder
from cxrbench.core.stored_predictions import StoredPredictions
from cxrbench.core.types import Request


def predict_into(
    folder: RunFolder, executor: Executor, requests: Sequence[Request], *, batch_size: int, reporter: Reporter
) -> StoredPredictions:
    """Predict what is missing or failed, and return the predictions of all `requests`.

    The batches are a fixed partition of `requests`; a batch with any example to do is done as a whole, so that
    a resumed run computes exactly what an undisturbed one does, whatever the order in which batches finish.
    """
    found = StoredPredictions(folder.predictions_file, [request.id for request in requests])
    for line in found.damaged_lines:
        reporter.note(f"predictions.jsonl line {line} is damaged; its example is predicted again")
    todo = [
        batch
        for batch in batches(requests, batch_size)
        if any(found.status(request.id) in (None, "error") for request in batch)
    ]
    open_count = sum(len(batch) for batch in todo)
    reporter.start(len(requests), len(requests) - open_count, "predicting")
    try:
        with folder.appender() as appender:
            for made in executor.predict(todo):
                for prediction, start in zip(made, appender.append(made)):
                    found.record(prediction, start)
                reporter.advance(len(made), sum(prediction.status == "error" for prediction in made))
    finally:
        reporter.finish()
    return found
