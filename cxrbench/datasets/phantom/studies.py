"""Drawing single studies, in this process or in several.

Workers are plain child processes of the same interpreter that hand their rows back as JSON lines: unlike a process
pool this works from any script, notebook or thread, and nothing of the parent is inherited.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from cxrbench.core.conditions import CONDITIONS, NO_FINDING, SUPPORT_DEVICES
from cxrbench.core.errors import CxrbenchError
from cxrbench.core.types import Box


@dataclass(frozen=True, slots=True)
class Written:
    """The rows of one study, and the SHA-256 of its pixels."""

    report: dict[str, str]
    projection: dict[str, str]
    truth: dict[str, Any]
    pixels: str


_WORKER_ENVIRONMENT = {
    # Films are made of arrays of 256 kB. glibc would return each to the system and fault it in
    # again, which takes a fifth of the time.
    "MALLOC_MMAP_THRESHOLD_": "16777216",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
    "OMP_NUM_THREADS": "1",
}


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


def draw_studies(folder: Path, seed: int, uids: range, workers: int) -> Iterator[Written]:
    """Draw studies with the given number of processes; in no particular order.

    Raises:
        OSError: A film cannot be written.
        CxrbenchError: A worker died.
    """
    workers = min(workers, max(1, len(uids) // 32))
    if workers == 1 or not sys.executable:
        for uid in uids:
            yield draw_study(folder, seed, uid)
        return
    rows: queue.Queue[str | None] = queue.Queue()
    processes: list[subprocess.Popen[str]] = []
    try:
        for first in range(workers):
            share = uids[first::workers]
            arguments = [str(folder), *map(str, (seed, share.start, share.stop, share.step))]
            process = subprocess.Popen(
                [sys.executable, "-m", "cxrbench.datasets.phantom.worker", *arguments],
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env={**_WORKER_ENVIRONMENT, **os.environ},
                # Ctrl-C is the parent's to handle; it ends its workers itself.
                start_new_session=True,
            )
            processes.append(process)
            if process.stdout is not None:
                threading.Thread(target=_forward, args=(process.stdout, rows), daemon=True).start()
        running, seen = workers, 0
        while running:
            line = rows.get()
            if line is None:
                running -= 1
                continue
            data = json.loads(line)
            if "errno" in data:
                raise OSError(data["errno"], data["strerror"], data["filename"])
            seen += 1
            yield Written(**data)
        if seen != len(uids):
            codes = [process.wait() for process in processes]
            raise CxrbenchError(f"drawing stopped after {seen} of {len(uids)} studies; workers ended with {codes}")
    finally:
        for process in processes:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _forward(stream: IO[str], rows: queue.Queue[str | None]) -> None:
    try:
        for line in stream:
            rows.put(line)
    except ValueError:
        # The parent gave up and closed the pipe.
        pass
    finally:
        rows.put(None)
