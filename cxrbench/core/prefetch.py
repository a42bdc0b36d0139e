"""Images decoded ahead of the model in worker threads."""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import CxrbenchError
from cxrbench.core.types import Prediction, Request

Decoder = Callable[[Path], NDArray[np.uint8]]
PendingBatch = list["Future[Request | Prediction]"]
_BATCHES_AHEAD = 2
_FILMS_KEPT = 8
"""A few films more than the workers decode at once; a film of 3,000 x 2,500 pixels takes 7.5 MB."""


@dataclass(frozen=True)
class ReadyBatch:
    """Requests with their pixels, and the predictions of those whose images cannot be read."""

    requests: list[Request]
    unreadable: list[Prediction]


class DecodingPool:
    """Threads that read films.

    Args:
        workers: None for one more than there are cores, at most four.
    """

    def __init__(self, decode: Decoder, workers: int | None = None) -> None:
        self._decode = _Recent(decode)
        count = workers or min(4, (os.cpu_count() or 1) + 1)
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="decode")

    def start(self, batch: Sequence[Request]) -> PendingBatch:
        """Begin to read a batch's films."""
        return [self._pool.submit(_with_pixels, request, self._decode) for request in batch]

    def close(self) -> None:
        """Stop as soon as the films in hand are read."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def finished(pending: PendingBatch) -> ReadyBatch:
    """Wait for a batch's films."""
    done = [future.result() for future in pending]
    return ReadyBatch(
        [item for item in done if isinstance(item, Request)],
        [item for item in done if isinstance(item, Prediction)],
    )


def decoded_batches(
    batches: Sequence[Sequence[Request]], decode: Decoder | None, workers: int | None = None
) -> Iterator[ReadyBatch]:
    """The batches in order, decoded at most two ahead; `decode=None` passes the requests on as they are."""
    if decode is None:
        for batch in batches:
            yield ReadyBatch(list(batch), [])
        return
    pool = DecodingPool(decode, workers)
    pending: deque[PendingBatch] = deque()
    upcoming = iter(batches)
    try:
        while True:
            for batch in islice(upcoming, _BATCHES_AHEAD + 1 - len(pending)):
                pending.append(pool.start(batch))
            if not pending:
                return
            yield finished(pending.popleft())
    finally:
        pool.close()


class _Recent:
    """Decodes a film once for all requests that follow one another and show it; they share its pixels.

    A film that cannot be read is tried once, too.
    """

    def __init__(self, decode: Decoder) -> None:
        self._decode = decode
        self._lock = Lock()
        self._films: OrderedDict[Path, Future[NDArray[np.uint8]]] = OrderedDict()

    def __call__(self, path: Path) -> NDArray[np.uint8]:
        with self._lock:
            found = self._films.get(path)
            mine = found is None
            if found is None:
                found = self._films[path] = Future()
                if len(self._films) > _FILMS_KEPT:
                    self._films.popitem(last=False)
            else:
                self._films.move_to_end(path)
        if mine:
            try:
                found.set_result(self._decode(path))
            except BaseException as error:
                found.set_exception(error)
        return found.result()


def _with_pixels(request: Request, decode: Decoder) -> Request | Prediction:
    try:
        return replace(request, images=tuple(replace(image, pixels=decode(image.path)) for image in request.images))
    except CxrbenchError as error:
        return Prediction(request.id, status="error", error=error.message)
    except (OSError, ValueError, MemoryError) as error:
        return Prediction(request.id, status="error", error=f"image cannot be read: {type(error).__name__}: {error}")
