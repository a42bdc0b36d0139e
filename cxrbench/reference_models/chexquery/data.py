"""Training samples: frontal films in memory, cleaned target texts, and labels read off the reports."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cxrbench.core.errors import DataError
from cxrbench.core.types import Labels
from cxrbench.datasets.images import load_image
from cxrbench.datasets.iu_xray import IuStudy, frontal
from cxrbench.datasets.text import training_target
from cxrbench.metrics.labelers.base import Labeler
from cxrbench.reference_models.chexquery.preprocess import resize


@dataclass(frozen=True, slots=True)
class Samples:
    """What a model is trained or validated on; all parts are aligned.

    Attributes:
        ids: Study uids.
        pixels: uint8 [N, S, S], resized once as at inference.
        targets: What the decoder learns to write behind the prompt.
        labels: Of the uncleaned report, by condition name.
        skipped: Reason -> uids that are no samples.
    """

    ids: tuple[str, ...]
    pixels: NDArray[np.uint8]
    targets: tuple[str, ...]
    labels: tuple[Labels, ...]
    skipped: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def label_matrix(self, conditions: Sequence[str]) -> NDArray[np.float32]:
        """[N, C] in the order of `conditions`: positive and uncertain 1, negative and not mentioned 0.

        The "rrg" convention of f1chexbert.
        """
        return np.array(
            [[labels[name] in (1, -1) for name in conditions] for labels in self.labels], dtype=np.float32
        )


NO_FINDINGS, NO_FILM, BAD_FILM = "no findings", "no frontal film on disk", "unreadable film"


def collect_samples(studies: Sequence[IuStudy], image_size: int, labeler: Labeler, *, workers: int = 4) -> Samples:
    """Read the studies that have findings and a frontal film on disk.

    Args:
        image_size: Side in pixels that films are resized to.

    Raises:
        DataError: Nothing is left to learn from.
    """
    usable: list[tuple[IuStudy, Path, str]] = []
    skipped: dict[str, list[str]] = {NO_FINDINGS: [], NO_FILM: [], BAD_FILM: []}
    for study in studies:
        target = training_target(study.findings, study.impression)
        film = frontal(study)
        if target is None:
            skipped[NO_FINDINGS].append(study.uid)
        elif film is None:
            skipped[NO_FILM].append(study.uid)
        else:
            usable.append((study, film.path, target))

    def read(path: Path) -> NDArray[np.uint8] | None:
        try:
            return resize(load_image(path), image_size)
        except DataError:
            return None

    with ThreadPoolExecutor(workers) as pool:
        films = list(pool.map(read, [path for _, path, _ in usable]))
    skipped[BAD_FILM] = [study.uid for (study, _, _), film in zip(usable, films) if film is None]
    whole = [(study, target, film) for (study, _, target), film in zip(usable, films) if film is not None]
    if not whole:
        raise DataError(
            f"none of {len(studies)} studies has findings and a readable frontal film",
            valid="; ".join(f"{len(uids)}: {reason}" for reason, uids in skipped.items()),
            hint="cxrbench data check iu-report --data-root DIR",
        )
    texts = ["\n".join(filter(None, (study.findings, study.impression))) for study, _, _ in whole]
    return Samples(
        ids=tuple(study.uid for study, _, _ in whole),
        pixels=np.stack([film for _, _, film in whole]),
        targets=tuple(target for _, target, _ in whole),
        labels=tuple(labeler.label(texts)),
        skipped={reason: tuple(uids) for reason, uids in skipped.items() if uids},
    )
