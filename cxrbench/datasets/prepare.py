"""The documented `prepare` step: the splits and the cleaned training targets as files one can look at."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrbench.core.errors import DataError
from cxrbench.datasets.check import study_split
from cxrbench.datasets.iu_xray import frontal, read_iu_xray
from cxrbench.datasets.splits import SPLITS, documented_split, split_hash
from cxrbench.datasets.text import training_target


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was written.

    Attributes:
        splits: `splits.json`: for each scheme its hash, its counts and uid -> split.
        targets: `targets.jsonl`: one usable study a line with uid, image, target and its split in each scheme.
        usable: Number of targets.
        excluded: Reason -> number of studies left out.
    """

    splits: Path
    targets: Path
    usable: int
    excluded: dict[str, int]


def prepare_iu_xray(root: Path, out: Path, seed: int = 42) -> Prepared:
    """Write `splits.json` and `targets.jsonl` for a copy of IU X-ray or a phantom.

    The documented split covers every study with a report, in uid groups; targets are those of `text.training_target`
    for studies with a frontal film on disk.

    Args:
        root: The folder with the tables, or its parent.
        out: Folder to write to; made if it does not exist.
        seed: Of the documented split.

    Raises:
        DataError: The collection cannot be read, or the folder cannot be written.
    """
    data = read_iu_xray(root)
    own = "phantom" if data.phantom is not None else "r2gen"
    default = study_split(data)
    documented = documented_split((study.uid for study in data.studies), seed)
    schemes: dict[str, dict[str, str]] = {own: default, "documented": dict(documented)}
    excluded: Counter[str] = Counter()
    lines: list[str] = []
    for study in data.studies:
        film, target = frontal(study), training_target(study.findings, study.impression)
        if film is None:
            excluded["no frontal film"] += 1
        elif not study.findings:
            excluded["no findings"] += 1
        elif target is None:
            excluded["no findings left after cleaning"] += 1
        else:
            split = {scheme: assigned.get(study.uid) for scheme, assigned in schemes.items()}
            image = film.path.relative_to(data.root).as_posix()
            record = {"uid": study.uid, "image": image, "target": target, "split": split}
            lines.append(json.dumps(record, ensure_ascii=False))
    document = {
        "schema": "cxrbench.splits/1",
        "dataset": "iu-xray",
        "phantom": data.phantom is not None,
        "fingerprint": data.fingerprint,
        "splits": {
            own: _describe(default),
            "documented": {"seed": seed, **_describe(schemes["documented"])},
        },
    }
    splits, targets = out / "splits.json", out / "targets.jsonl"
    try:
        out.mkdir(parents=True, exist_ok=True)
        splits.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        targets.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"cannot write: {error.strerror or error}", where=str(out), hint="name a folder that can be written"
        ) from error
    return Prepared(splits, targets, len(lines), dict(excluded))


def _describe(assigned: dict[str, str]) -> dict[str, Any]:
    counts = Counter(assigned.values())
    return {
        "hash": split_hash(assigned),
        "counts": {name: counts[name] for name in SPLITS},
        "uids": {uid: assigned[uid] for uid in sorted(assigned, key=lambda uid: (len(uid), uid))},
    }
