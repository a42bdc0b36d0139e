"""What a copy of IU X-ray holds, held against what it should hold."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cxrbench.core.errors import DataError
from cxrbench.datasets.images import load_image
from cxrbench.datasets.iu_xray import IuXray, frontal, read_iu_xray
from cxrbench.datasets.splits import R2GEN_COUNTS, SPLITS, r2gen_split


@dataclass(frozen=True, slots=True)
class SplitCheck:
    """One split.

    Attributes:
        expected: Studies that the published split has; None for a phantom.
        studies: Of these, how many have a report here.
        with_frontal: How many have a frontal film on disk.
        usable: How many have a frontal film and findings.
    """

    split: str
    expected: int | None
    studies: int
    with_frontal: int
    usable: int

    @property
    def complete(self) -> bool:
        return self.studies == self.with_frontal and self.expected in {None, self.studies}


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The result of a check; nothing here stops a run, everything is worth knowing before one.

    Attributes:
        missing_frontals: Frontal films that the table lists and the folder lacks.
        missing_others: The same for lateral and other films, which no task needs.
        without_frontal: Number of studies without any frontal film on disk.
        empty_findings, empty_impression: Numbers of studies; `empty_reports` lists those without either.
        duplicate_findings: Studies whose findings repeat those of an earlier study word for word.
        unreadable: Image -> reason, of the films that were opened; None when none was.
    """

    root: str
    is_phantom: bool
    fingerprint: str
    studies: int
    images: int
    splits: tuple[SplitCheck, ...]
    missing_frontals: tuple[str, ...]
    missing_others: tuple[str, ...]
    without_frontal: int
    orphan_images: tuple[str, ...]
    unknown_projections: tuple[str, ...]
    empty_findings: int
    empty_impression: int
    empty_reports: tuple[str, ...]
    duplicate_findings: int
    encodings: dict[str, str]
    unreadable: dict[str, str] | None = None

    @property
    def complete(self) -> bool:
        """Whether every split is whole and no opened film is unreadable."""
        return all(split.complete for split in self.splits) and not self.unreadable

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values, with `complete`."""
        return {**asdict(self), "complete": self.complete}


def study_split(data: IuXray) -> dict[str, str]:
    """uid -> split in the data's own default split: a phantom's, else R2Gen's."""
    return dict(data.phantom.split if data.phantom is not None else r2gen_split())


def check_iu_xray(root: Path, *, open_images: bool = False) -> CheckReport:
    """Check a copy of IU X-ray, or a phantom.

    Args:
        root: The folder with the tables, or its parent.
        open_images: Also decode every film (minutes on the full-size collection).

    Raises:
        DataError: The collection cannot be read at all.
    """
    data = read_iu_xray(root)
    assigned = study_split(data)
    missing = set(data.missing_images)
    frontals = {image.path.name for study in data.studies for image in study.images if image.view == "frontal"}
    findings = Counter(study.findings for study in data.studies if study.findings)
    return CheckReport(
        root=str(data.root),
        is_phantom=data.phantom is not None,
        fingerprint=data.fingerprint,
        studies=len(data.studies),
        images=sum(len(study.images) for study in data.studies) - len(missing),
        splits=tuple(_check_split(data, assigned, name) for name in SPLITS),
        missing_frontals=tuple(name for name in data.missing_images if name in frontals),
        missing_others=tuple(name for name in data.missing_images if name not in frontals),
        without_frontal=sum(frontal(study) is None for study in data.studies),
        orphan_images=data.orphan_images,
        unknown_projections=data.unknown_projections,
        empty_findings=sum(not study.findings for study in data.studies),
        empty_impression=sum(not study.impression for study in data.studies),
        empty_reports=data.empty_reports,
        duplicate_findings=sum(findings.values()) - len(findings),
        encodings=data.encodings,
        unreadable=_open_all(data) if open_images else None,
    )


def _check_split(data: IuXray, assigned: dict[str, str], name: str) -> SplitCheck:
    studies = [study for study in data.studies if assigned.get(study.uid) == name]
    shown = [study for study in studies if frontal(study) is not None]
    return SplitCheck(
        split=name,
        expected=None if data.phantom is not None else R2GEN_COUNTS[name],
        studies=len(studies),
        with_frontal=len(shown),
        usable=sum(bool(study.findings) for study in shown),
    )


def _open_all(data: IuXray) -> dict[str, str]:
    unreadable: dict[str, str] = {}
    for study in data.studies:
        for image in study.images:
            if image.path not in study.missing:
                try:
                    load_image(image.path, max_side=64)
                except DataError as error:
                    unreadable[image.path.name] = error.message
    return unreadable
