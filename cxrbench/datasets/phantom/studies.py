"""Drawing single studies, in this process or in several."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cxrbench.core.conditions import CONDITIONS, NO_FINDING, SUPPORT_DEVICES
from cxrbench.core.types import Box
from cxrbench.datasets.phantom.blocks import run_blocks


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of one study, and the SHA-256 of its pixels."""

    report: dict[str, str]
    projection: dict[str, str]
    truth: dict[str, Any]
    pixels: str


_BLOCK = 8
"""Studies a worker draws before it reports them."""


def file_name(uid: int) -> str:
    """Image file name of a uid, as the collection names its frontal films."""
    return f"{uid}_IM-{uid % 10000:04d}-1001.dcm.png"


def _box(box: Box) -> dict[str, Any]:
    return {"x1": box.x1, "y1": box.y1, "x2": box.x2, "y2": box.y2, "label": box.label}


def draw_study(folder: Path, seed: int, uid: int) -> Written:
    """Draw one study and write its film into the folder."""
    from PIL import Image

    from cxrbench.datasets.phantom.film import draw_film
    from cxrbench.datasets.phantom.plan import plan_study
    from cxrbench.datasets.phantom.reports import write_report

    plan = plan_study(np.random.default_rng([seed, uid, 0]), str(uid))
    film = draw_film(np.random.default_rng([seed, uid, 1]), plan)
    report = write_report(np.random.default_rng([seed, uid, 2]), plan)
    name = file_name(uid)
    Image.fromarray(film.pixels).save(folder / name, compress_level=1)
    heads = sorted(plan.conditions - {NO_FINDING, SUPPORT_DEVICES})
    terms = [
        "/".join(filter(None, (f.condition, f.side, f.zone, f.grade)))
        for f in plan.findings
        if f.condition != SUPPORT_DEVICES
    ]
    return Written(
        report={
            "uid": str(uid),
            "MeSH": ";".join(terms) or "normal",
            "Problems": ";".join(heads) or "normal",
            "image": "Phantom chest, frontal view",
            "indication": report.indication,
            "comparison": report.comparison,
            "findings": report.findings,
            "impression": report.impression,
        },
        projection={"uid": str(uid), "filename": name, "projection": "Frontal"},
        truth={
            "uid": str(uid),
            "image": name,
            "labels": {condition: int(condition in plan.conditions) for condition in CONDITIONS},
            "findings": [
                {**asdict(f), "grade": f.grade, "boxes": [_box(box) for box in boxes]}
                for f, boxes in zip(plan.findings, film.boxes)
            ],
            "anatomy": [_box(box) for box in film.anatomy],
        },
        pixels=hashlib.sha256(film.pixels.tobytes()).hexdigest(),
    )


def draw_block(block: int, folder: str, seed: int, start: int, stop: int) -> dict[str, Any]:
    """Draw the studies of one block of uids; {"studies": fields of `Written` each}."""
    first = start + block * _BLOCK
    return {
        "studies": [asdict(draw_study(Path(folder), seed, uid)) for uid in range(first, min(first + _BLOCK, stop))]
    }


def draw_studies(folder: Path, seed: int, uids: range, workers: int) -> Iterator[Written]:
    """Draw studies with the given number of processes; in no particular order.

    Raises:
        OSError: A film cannot be written.
        CxrbenchError: A worker died.
    """
    arguments = {"folder": str(folder), "seed": seed, "start": uids.start, "stop": uids.stop}
    blocks = -(-len(uids) // _BLOCK)
    workers = min(workers, max(1, len(uids) // 32))
    for _, done in run_blocks(f"{__name__}:draw_block", arguments, blocks, workers):
        for study in done["studies"]:
            yield Written(**study)
