"""The random streams of a patient: every purpose has one of its own, so that no part disturbs another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

COURSE, PERSON, VIEWS, POSE, PLACE, TEXTURE, REPORT, LABELS, GRAPH, QUESTIONS, DEPTH, NAMES, VISITS, DATES, SPLITS = (
    range(15)
)


@dataclass(frozen=True, slots=True)
class Streams:
    """Random generators of one patient.

    Attributes:
        seed: Of the phantom.
        patient: Number of the patient, from 0.
    """

    seed: int
    patient: int

    def of(self, purpose: int, *numbers: int) -> np.random.Generator:
        """The generator of a purpose; equal arguments give equal numbers."""
        return np.random.default_rng([self.seed, self.patient, purpose, *numbers])
