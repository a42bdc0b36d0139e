"""Names and numbers of patients, studies and films, in the ranges that the real data leave free."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import numpy as np

from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.course import visit_count
from cxrbench.datasets.phantom.mimic.streams import Streams

_FIRST: Final = 90_000_000
_RANGE: Final = 10_000_000
_PATIENT_STEP: Final = 7_368_787
_STUDY_STEP: Final = 4_637_221
"""Coprime with the range: numbers are spread over it, none twice, and their order says nothing."""
_MOST_A_PATIENT: Final = 16
SPLITS: Final = (*("train",) * 7, "validate", "test", "test")
"""Of ten patients in a row, in a free order. The words are those of the official split; it has far fewer test
patients, but then a small phantom would have none."""


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient and how many visits are written.

    Attributes:
        number: From 0.
        split: "train", "validate" or "test".
    """

    number: int
    visits: int
    split: str

    @property
    def subject_id(self) -> int:
        return _FIRST + (self.number * _PATIENT_STEP + 1_234_567) % _RANGE

    def study_id(self, visit: int) -> int:
        return _FIRST + ((self.number * _MOST_A_PATIENT + visit) * _STUDY_STEP + 2_345_678) % _RANGE


def roster(seed: int, studies: int) -> Iterator[Patient]:
    """The patients of a phantom of so many studies. A larger phantom begins with the same patients; the last one may
    have fewer visits."""
    left, number = studies, 0
    order = np.arange(len(SPLITS))
    while left > 0:
        visits = min(visit_count(Streams(seed, number).of(streams.VISITS)), left)
        group, place = divmod(number, len(SPLITS))
        if place == 0:
            order = Streams(seed, group).of(streams.SPLITS).permutation(len(SPLITS))
        yield Patient(number, visits, SPLITS[order[place]])
        left, number = left - visits, number + 1


def dicom_id(own: Streams, visit: int, image: int) -> str:
    """Five groups of eight hexadecimal digits, as the real ids have."""
    digits = hashlib.blake2b(f"{own.seed}/{own.patient}/{visit}/{image}".encode(), digest_size=20).hexdigest()
    return "-".join(digits[start : start + 8] for start in range(0, 40, 8))


@dataclass(frozen=True)
class Calendar:
    """When the studies of a patient took place, in the shifted years of the data set."""

    own: Streams

    @cached_property
    def first(self) -> date:
        return date(2110, 1, 1) + timedelta(days=int(self.own.of(streams.DATES).integers(0, 85 * 365)))

    def study_date(self, day: int) -> int:
        """`StudyDate`: yyyymmdd."""
        return int((self.first + timedelta(days=day)).strftime("%Y%m%d"))

    def study_time(self, visit: int, image: int) -> float:
        """`StudyTime`: HHMMSS.fff, with no leading zero; films of a study are a minute apart."""
        rng = self.own.of(streams.DATES, visit)
        seconds = int(rng.integers(0, 86_000)) + 60 * image
        hours, rest = divmod(seconds, 3600)
        return float(f"{hours}{rest // 60:02d}{rest % 60:02d}.{int(rng.integers(0, 1000)):03d}")
