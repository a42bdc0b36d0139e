"""Reading MIMIC at full size: the tables of 377,110 films, and archives of 227,835 study files.

Usage: python benchmarks/mimic_readers.py [--patients N] [--folder FOLDER]

Tables and archives are written first, with invented ids and as many rows as release 2.1.0 has; the archive's members
are nearly empty, since it is the directory that is read. Times are the best of three by processor time, each
in a process of its own; memory is that process's peak above what its imports take.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from support.memory import PeakMemory, tree_memory

IMAGES, STUDIES, PATIENTS = 377_110, 227_835, 65_379
HEADER = (
    "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,StudyDate,StudyTime,"
    "ProcedureCodeSequence_CodeMeaning,ViewCodeSequence_CodeMeaning,PatientOrientationCodeSequence_CodeMeaning"
)
CONDITIONS = (
    "Atelectasis,Cardiomegaly,Consolidation,Edema,Enlarged Cardiomediastinum,Fracture,Lung Lesion,Lung Opacity,"
    "No Finding,Pleural Effusion,Pleural Other,Pneumonia,Pneumothorax,Support Devices"
)


def write(folder: Path, patients: int) -> None:
    """Tables and an archive of question files, in proportion to the number of patients."""
    share = patients / PATIENTS
    draw = random.Random(1)
    owners = [*range(patients), *(draw.randrange(patients) for _ in range(round(STUDIES * share) - patients))]
    studies = [(10_000_032 + owner, 50_000_000 + number) for number, owner in enumerate(sorted(owners))]
    filmed = [*studies, *draw.choices(studies, k=round(IMAGES * share) - len(studies))]
    films, split = [], []
    for patient, study in sorted(filmed):
        image = "-".join(f"{draw.getrandbits(32):08x}" for _ in range(5))
        part = "test" if patient % 200 == 0 else "train"
        view, code = draw.choice([("PA", "postero-anterior"), ("AP", "antero-posterior"), ("LATERAL", "lateral")])
        row = [
            "CHEST (PA AND LAT)",
            view,
            2544,
            3056,
            21000101,
            f"{draw.randrange(235959)}.5",
            "CHEST",
            code,
            "Erect",
        ]
        films.append([image, patient, study, *row])
        split.append([image, study, patient, part])
    labels = [[p, s, *draw.choices(["1.0", "0.0", "-1.0", "", "", ""], k=14)] for p, s in studies]
    for name, header, rows in (
        ("metadata", HEADER, films),
        ("split", "dicom_id,study_id,subject_id,split", split),
        ("chexpert", f"subject_id,study_id,{CONDITIONS}", labels),
        ("negbio", f"subject_id,study_id,{CONDITIONS}", labels),
    ):
        path = folder / f"mimic-cxr-2.0.0-{name}.csv.gz"
        with gzip.open(path, "wt", compresslevel=6, newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([header.split(","), *rows])
    with zipfile.ZipFile(folder / "qa.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for patient, study in studies:
            archive.writestr(f"qa/p{str(patient)[:2]}/p{patient}/s{study}.qa.json", b'{"questions": []}')


def tables(folder: Path) -> str:
    from cxrbench.datasets.mimic_cxr.collection import read_mimic_cxr

    data = read_mimic_cxr(folder)
    return f"{len(data.table.image_ids):,} films, {len(data):,} studies"


def walk(folder: Path) -> str:
    from cxrbench.datasets.mimic_cxr.collection import read_mimic_cxr

    data = read_mimic_cxr(folder)
    started = time.process_time()
    count = sum(1 for _ in data.studies())
    return f"{count:,} study records in {time.process_time() - started:.1f} s of it"


def listing(folder: Path) -> str:
    from cxrbench.datasets.qba.folder import open_qba

    return f"{sum(1 for _ in open_qba(folder).studies()):,} studies listed"


def members(folder: Path) -> str:
    from cxrbench.datasets.qba.folder import open_qba

    copy = open_qba(folder)
    keys = list(copy.studies())[::10]
    started = time.process_time()
    for key in keys:
        copy.raw("qa", *key)
    return f"{(time.process_time() - started) / len(keys) * 1e6:.0f} us per member read"


def standard(folder: Path) -> str:
    with zipfile.ZipFile(folder / "qa.zip") as archive:
        return f"{len(archive.infolist()):,} members, by zipfile"


STEPS: dict[str, Callable[[Path], str]] = {
    "tables": tables,
    "studies": walk,
    "archive": listing,
    "members": members,
    "zipfile": standard,
}


def measure(step: str, folder: Path) -> None:
    """One step in this process: prints what it did, seconds and MiB."""
    import pyarrow.compute
    import pyarrow.csv  # noqa: F401

    import cxrbench.datasets.qba.folder  # noqa: F401

    before = tree_memory()
    with PeakMemory(interval=0.01) as memory:
        started, computed = time.perf_counter(), time.process_time()
        done = STEPS[step](folder)
        wall, seconds = time.perf_counter() - started, time.process_time() - computed
    print(f"{seconds:.2f}\t{wall:.2f}\t{(memory.peak - before) / 2**20:.0f}\t{done}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step is not None:
        measure(arguments.step, arguments.folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "qa.zip").is_file():
            write(folder, arguments.patients)
        for step in STEPS:
            command = [sys.executable, __file__, "--step", step, "--folder", str(folder)]
            runs = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(3)]
            best = min(runs, key=lambda run: float(run.split("\t")[0])).strip()
            seconds, wall, peak, done = best.split("\t")
            print(
                f"{step:8} {float(seconds):6.2f} s of processor, {float(wall):6.2f} s  {float(peak):5.0f} MiB  {done}"
            )


if __name__ == "__main__":
    main()
