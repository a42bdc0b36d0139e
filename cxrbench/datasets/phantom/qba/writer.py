"""Writing a phantom of MIMIC: MIMIC-CXR-JPG, the reports of MIMIC-CXR and MIMIC-Ext-CXR-QBA, in one folder."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import UsageError
from cxrbench.datasets.phantom.blocks import cores, run_blocks
from cxrbench.datasets.phantom.info import INFO, PhantomInfo, files_fingerprint
from cxrbench.datasets.phantom.new_folder import new_folder

MIMIC_QBA: Final = "mimic-qba"
GENERATOR_VERSION: Final = "2"
"""Changes whenever the same arguments would give other films, texts, graphs or questions."""
DEFAULT_STUDIES: Final = 1200
DEFAULT_QUESTIONS: Final = 80
MOST_STUDIES: Final = 400_000
Progress = Callable[[int, int], None]


def write_mimic_phantom(
    root: Path,
    *,
    studies: int = DEFAULT_STUDIES,
    seed: int = 0,
    questions: int = DEFAULT_QUESTIONS,
    films: bool = True,
    unpacked: bool = False,
    workers: int | None = None,
    progress: Progress | None = None,
) -> PhantomInfo:
    """Write a phantom of MIMIC-CXR-JPG, MIMIC-CXR and MIMIC-Ext-CXR-QBA, with its truth.

    Memory does not grow with the number of studies. The bytes depend on all arguments but `workers`.

    Args:
        root: Folder to write; it must not exist or be empty.
        studies: How many.
        seed: Non-negative.
        questions: Per study.
        films: Draw the films. Without them a corpus of millions of questions takes minutes; boxes are then measured
            on a coarser grid, and no image file is written.
        unpacked: Reports, graphs and questions as files in folders instead of zip archives.
        workers: Processes; by default one per core.
        progress: Called with (studies done, studies in all).

    Raises:
        UsageError: A number is out of range.
        DataError: The folder is not empty or cannot be written (for example a full disk).
    """
    from cxrbench.datasets.phantom.qba.allotment import FEWEST, MOST
    from cxrbench.datasets.phantom.qba.block import Job
    from cxrbench.datasets.phantom.qba.joining import tasks

    if not 1 <= studies <= MOST_STUDIES or not FEWEST <= questions <= MOST:
        raise UsageError(
            f"a phantom of {studies} studies with {questions} questions each cannot be written",
            valid=f"1 to {MOST_STUDIES} studies, {FEWEST} to {MOST} questions",
        )
    job = Job(str(root), studies, seed, questions, films, unpacked)
    here = f"{__package__}.block:write_block", f"{__package__}.joining:join_block"
    with new_folder(root, seed, workers, "2 kB a question unpacked, a tenth of that zipped, 30 kB a film"):
        processes = workers or cores()
        blocks = len(job.blocks())
        digests: dict[int, str] = {}
        drawn: Counter[str] = Counter()
        done = 0
        for block, made in run_blocks(here[0], asdict(job), blocks, processes):
            digests[block] = made["digest"]
            drawn.update(made["drawn"])
            done += made["studies"]
            if progress is not None:
                progress(done, studies)
        joins = len(tasks(job, blocks))
        for _ in run_blocks(here[1], {"blocks": blocks, **asdict(job)}, joins, processes):
            pass
        shutil.rmtree(root / ".parts")
        info = PhantomInfo(
            version=GENERATOR_VERSION,
            studies=studies,
            seed=seed,
            fingerprint=hashlib.sha256("".join(digests[block] for block in range(blocks)).encode()).hexdigest(),
            files=files_fingerprint(root),
            split={f"p{patient.subject_id}": patient.split for patient in job.patients()},
            prevalence={name: round(drawn[name] / studies, 4) for name in CONDITIONS},
            parameters={"questions": questions, "films": films, "unpacked": unpacked},
            dataset=MIMIC_QBA,
        )
        (root / INFO).write_text(json.dumps(info.to_json(), indent=1) + "\n", encoding="utf-8")
    return info
