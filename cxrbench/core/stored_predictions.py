"""Predictions of a run by id, read from predictions.jsonl when they are asked for.

Kept in memory is where each line begins, not what it says: a run of a million answers needs no more than its ids.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from cxrbench.core.predictions import from_record
from cxrbench.core.types import STATUSES, InvalidPrediction, Prediction

_ABSENT: Final = -1


class StoredPredictions(Mapping[str, Prediction]):
    """The last prediction of each id in a file of JSON lines.

    Args:
        path: predictions.jsonl; need not exist.
        ids: The ids of interest; lines of others are passed over.

    Attributes:
        damaged_lines: Numbers of the lines that cannot be read, from 1.
    """

    def __init__(self, path: Path, ids: Sequence[str]) -> None:
        self._path = path
        self._place = {name: place for place, name in enumerate(dict.fromkeys(ids))}
        self._start = array("q", [_ABSENT]) * len(self._place)
        self._status = array("b", [_ABSENT]) * len(self._place)
        self._count = 0
        self.damaged_lines: list[int] = []
        self._scan()

    def _scan(self) -> None:
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            start = 0
            for number, line in enumerate(file, start=1):
                if line.strip():
                    try:
                        prediction = from_record(json.loads(line))
                    except (ValueError, RecursionError, InvalidPrediction):
                        prediction = None
                    # A line without its end is cut off before more is appended, even if it happens to be whole.
                    if prediction is None or not line.endswith(b"\n"):
                        self.damaged_lines.append(number)
                    else:
                        self.record(prediction, start)
                start += len(line)

    def record(self, prediction: Prediction, start: int) -> None:
        """Note a line that was appended to the file; `start` is where it begins, in bytes."""
        place = self._place.get(prediction.id)
        if place is not None:
            self._count += self._start[place] == _ABSENT
            self._start[place] = start
            self._status[place] = STATUSES.index(prediction.status)

    def status(self, name: str) -> str | None:
        """The status of an id without reading its line; None where there is no prediction."""
        place = self._place.get(name)
        number = _ABSENT if place is None else self._status[place]
        return None if number == _ABSENT else STATUSES[number]

    def take(self, ids: Iterable[str]) -> Iterator[Prediction | None]:
        """The predictions of these ids, in their order, with the file opened once; None for those without."""
        if not self._count:
            yield from (None for _ in ids)
            return
        with self._path.open("rb") as file:
            for name in ids:
                place = self._place.get(name)
                start = _ABSENT if place is None else self._start[place]
                yield None if start == _ABSENT else _read(file, start)

    def __getitem__(self, name: str) -> Prediction:
        found = next(self.take([name]))
        if found is None:
            raise KeyError(name)
        return found

    def __contains__(self, name: object) -> bool:
        place = self._place.get(name) if isinstance(name, str) else None
        return place is not None and self._start[place] != _ABSENT

    def __iter__(self) -> Iterator[str]:
        return (name for name, place in self._place.items() if self._start[place] != _ABSENT)

    def __len__(self) -> int:
        return self._count


def _read(file: BinaryIO, start: int) -> Prediction:
    file.seek(start)
    return from_record(json.loads(file.readline()))


def take_predictions(predictions: Mapping[str, Prediction], ids: Sequence[str]) -> list[Prediction | None]:
    """The predictions of these ids, in their order; None for those without."""
    if isinstance(predictions, StoredPredictions):
        return list(predictions.take(ids))
    return [predictions.get(name) for name in ids]
