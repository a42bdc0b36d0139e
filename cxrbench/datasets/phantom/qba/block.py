"""One block of a phantom: some patients with all their files. What it writes depends on its number alone."""

from __future__ import annotations

import hashlib
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.identity import Patient, roster
from cxrbench.datasets.phantom.mimic.report_text import report_text
from cxrbench.datasets.phantom.mimic.study import Study, studies_of
from cxrbench.datasets.phantom.mimic.tables import CXR, JPG, TABLES, report_path, table_rows
from cxrbench.datasets.phantom.parts import add_member, csv_lines
from cxrbench.datasets.phantom.qba.allotment import questions_of
from cxrbench.datasets.phantom.qba.answers import Writer
from cxrbench.datasets.phantom.qba.facts import Facts
from cxrbench.datasets.phantom.qba.graph import metadata_file, scene_graph
from cxrbench.datasets.phantom.qba.metadata import Tables
from cxrbench.datasets.phantom.qba.table_files import write_part

QBA: Final = "mimic-ext-cxr-qba/1.0.0"
REPORTS_ZIP: Final = f"{CXR}/mimic-cxr-reports.zip"
SCENES_ZIP: Final = f"{QBA}/scene_data.zip"
QUESTIONS_ZIP: Final = f"{QBA}/qa.zip"
ARCHIVES: Final = {"reports": REPORTS_ZIP, "scenes": SCENES_ZIP, "questions": QUESTIONS_ZIP}
"""Kind of file -> the archive that holds them."""
TRUTH_PART: Final = "truth.jsonl"
FILENAMES_PART: Final = "filenames.txt"
_STUDIES_DRAWN: Final = 10
_STUDIES_UNDRAWN: Final = 160
_JPEG_QUALITY: Final = 92


@dataclass(frozen=True, slots=True)
class Job:
    """What a phantom consists of; JSON with plain values.

    Attributes:
        root: Its folder.
        questions: Per study.
        films: Draw them; without, only the boxes are known and no image file is written.
        unpacked: Reports, scene graphs and questions as files in folders instead of zip archives.
    """

    root: str
    studies: int
    seed: int
    questions: int
    films: bool
    unpacked: bool

    def patients(self) -> list[Patient]:
        """In the order of the files: by patient id."""
        return sorted(roster(self.seed, self.studies), key=lambda patient: patient.subject_id)

    def blocks(self) -> list[list[Patient]]:
        """Patients that are written together."""
        most = _STUDIES_DRAWN if self.films else _STUDIES_UNDRAWN
        blocks: list[list[Patient]] = [[]]
        count = 0
        for patient in self.patients():
            if count >= most:
                blocks.append([])
                count = 0
            blocks[-1].append(patient)
            count += patient.visits
        return blocks

    def part(self, block: int, name: str) -> Path:
        """A file that a block leaves to be joined."""
        return Path(self.root) / ".parts" / f"{block:05d}" / name


def write_block(block: int, **job: Any) -> dict[str, Any]:
    """Write a block; returns the number of its studies, a digest of all it wrote, and what is drawn how often."""
    made = _Block(Job(**job), block)
    with ExitStack() as stack:
        made.open(stack)
        for patient in made.job.blocks()[block]:
            made.add_patient(patient)
    made.finish()
    return {"studies": made.studies, "digest": made.digest.hexdigest(), "drawn": made.drawn}


class _Block:
    def __init__(self, job: Job, block: int) -> None:
        self.job, self.block = job, block
        self.digest = hashlib.sha256()
        self.tables = Tables()
        self.studies = 0
        self.drawn: dict[str, int] = {}
        self._lines: dict[str, list[list[str]]] = {name: [] for name in TABLES}
        self._truth: list[bytes] = []
        self._filenames: list[str] = []
        self._archives: dict[str, zipfile.ZipFile] = {}

    def open(self, stack: ExitStack) -> None:
        folder = self.job.part(self.block, "")
        folder.mkdir(parents=True, exist_ok=True)
        if not self.job.unpacked:
            for kind in ARCHIVES:
                self._archives[kind] = stack.enter_context(zipfile.ZipFile(folder / f"{kind}.zip", "w"))

    def add_patient(self, patient: Patient) -> None:
        before: Study | None = None
        for study in studies_of(self.job.seed, patient, films=self.job.films):
            self._add(study, before)
            before = study
        if before is not None:
            self.tables.add_patient(before)

    def _add(self, study: Study, before: Study | None) -> None:
        import orjson

        self.studies += 1
        views = tuple(film.view for film in study.films)
        text = report_text(study.own.of(streams.REPORT, study.visit.number, 1), study.story, views)
        self._file("reports", report_path(study), text.encode())
        facts = Facts(study)
        name = f"{study.folder}/s{study.study_id}"
        self._file("scenes", f"scene_data/{name}.scene_graph.json", scene_graph(facts))
        self._file("scenes", f"scene_data/{name}.metadata.json", metadata_file(facts))
        questions = Writer(facts, self.tables.rows).file(questions_of(facts, self.job.questions))
        self._file("questions", f"qa/{name}.qa.json", questions)
        self.tables.add(facts, before)
        for table, rows in table_rows(study).items():
            self._lines[table] += rows
        truth = study.truth()
        for condition, drawn in truth["labels"].items():
            self.drawn[condition] = self.drawn.get(condition, 0) + drawn
        self._truth.append(orjson.dumps(truth, option=orjson.OPT_APPEND_NEWLINE))
        self._filenames += [study.image_path(film) for film in study.films]
        if self.job.films:
            self._save(study)

    def _file(self, kind: str, name: str, data: bytes) -> None:
        """A member of an archive, or a file beside where the archive would be."""
        self.digest.update(data)
        if archive := self._archives.get(kind):
            add_member(archive, name, data)
        else:
            path = (Path(self.job.root) / ARCHIVES[kind]).parent / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def _save(self, study: Study) -> None:
        from PIL import Image

        for film in study.films:
            assert film.drawing.pixels is not None
            path = Path(self.job.root) / JPG / study.image_path(film)
            path.parent.mkdir(parents=True, exist_ok=True)
            self.digest.update(film.drawing.pixels.tobytes())
            Image.fromarray(film.drawing.pixels).save(path, quality=_JPEG_QUALITY)

    def finish(self) -> None:
        """Leave the parts that are to be joined."""
        parts = {Path(name).name: csv_lines(rows).encode() for name, rows in self._lines.items()}
        parts[TRUTH_PART] = b"".join(self._truth)
        parts[FILENAMES_PART] = "".join(f"{name}\n" for name in self._filenames).encode()
        for name, data in parts.items():
            self.digest.update(data)
            self.job.part(self.block, name).write_bytes(data)
        for name, table in self.tables.arrow().items():
            write_part(table, self.job.part(self.block, f"{name}.arrow"))
