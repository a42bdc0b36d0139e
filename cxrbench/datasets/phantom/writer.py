"""Writing a phantom as an IU X-ray folder in the Kaggle layout.

Frontal films only: no lateral view is drawn, and no lateral row is written. Every study has random streams of its
own, seeded by (seed, uid), so that neither the number of workers nor the number of studies changes any one of them.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError, UsageError
from cxrbench.datasets.phantom.blocks import cores
from cxrbench.datasets.phantom.info import GENERATOR_VERSION, INFO, TRUTH, PhantomInfo
from cxrbench.datasets.phantom.new_folder import new_folder
from cxrbench.datasets.phantom.studies import Written, draw_studies

FIRST_UID = 90001
DEFAULT_STUDIES = 3000
IMAGES = "images/images_normalized"
Progress = Callable[[int, int], None]


def _write_csv(path: Path, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_phantom(
    root: Path,
    *,
    studies: int = DEFAULT_STUDIES,
    seed: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
) -> PhantomInfo:
    """Draw a phantom and write it as an IU X-ray folder, with its truth and its own 70/15/15 split.

    Args:
        root: Folder to write; it must not exist or be empty.
        studies: How many, at least 1; uids count from 90001.
        seed: Non-negative; the same seed gives the same folder, whatever `workers` is.
        workers: Processes; by default one per core.
        progress: Called with (studies done, studies in all).

    Raises:
        UsageError: `studies`, `seed` or `workers` is out of range.
        DataError: The folder is not empty or cannot be written (for example a full disk).
    """
    from cxrbench.datasets.iu_xray import PROJECTION_COLUMNS, PROJECTIONS, REPORT_COLUMNS, REPORTS, read_iu_xray
    from cxrbench.datasets.phantom import plan
    from cxrbench.datasets.phantom.film import SIZE
    from cxrbench.datasets.splits import documented_split

    if studies < 1 or studies > 9999:
        raise UsageError(f"a phantom of {studies} studies cannot be written", valid="1 to 9999 studies")
    with new_folder(root, seed, workers, "about 55 kB a study"):
        images = root / IMAGES
        images.mkdir(parents=True, exist_ok=True)
        uids = range(FIRST_UID, FIRST_UID + studies)
        written: list[Written] = []
        for one in draw_studies(images, seed, uids, workers or cores()):
            written.append(one)
            if progress is not None:
                progress(len(written), studies)
        written.sort(key=lambda one: int(one.report["uid"]))
        _write_csv(root / REPORTS, REPORT_COLUMNS, [one.report for one in written])
        _write_csv(root / PROJECTIONS, PROJECTION_COLUMNS, [one.projection for one in written])
        truth = "".join(json.dumps(one.truth) + "\n" for one in written)
        (root / TRUTH).write_text(truth, encoding="utf-8")
        digest = hashlib.sha256(truth.encode())
        for name in (REPORTS, PROJECTIONS):
            digest.update((root / name).read_bytes())
        for one in written:
            digest.update(one.pixels.encode())
        count = Counter(name for one in written for name, value in one.truth["labels"].items() if value)
        info = PhantomInfo(
            version=GENERATOR_VERSION,
            studies=studies,
            seed=seed,
            fingerprint=digest.hexdigest(),
            files=read_iu_xray(root).fingerprint,
            split=dict(documented_split((str(uid) for uid in uids), seed)),
            prevalence={name: round(count[name] / studies, 4) for name in CONDITIONS},
            parameters={
                "size": SIZE,
                "views": ["frontal"],
                "abnormal_share": plan.ABNORMAL_SHARE,
                "prevalence": plan.PREVALENCE,
                "subtle_share": plan.SUBTLE_SHARE,
            },
        )
        (root / INFO).write_text(json.dumps(info.to_json(), indent=1) + "\n", encoding="utf-8")
    return info


def read_truth(root: Path) -> dict[str, dict[str, Any]]:
    """What is drawn, by uid: "labels" (condition -> 0 or 1), "findings" (with side, zone, severity, kind, boxes in
    pixels), "anatomy" (boxes).

    Raises:
        DataError: The folder is no phantom, or its truth is damaged.
    """
    path = root / TRUTH
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return {record["uid"]: record for record in records}
    except FileNotFoundError as error:
        raise DataError(f"no {TRUTH}: not a phantom", where=str(root), hint="cxrbench data phantom FOLDER") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{TRUTH} is damaged: {error}", where=str(path), hint="cxrbench data phantom FOLDER"
        ) from error
