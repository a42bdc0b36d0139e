"""A copy of MIMIC-Ext-CXR-QBA on disk: zipped in place or unpacked, the whole release or one of its exports."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.core.jsonio import read_json
from cxrbench.datasets.layouts import find_parts
from cxrbench.datasets.mimic_cxr.ids import patient_id as as_patient
from cxrbench.datasets.mimic_cxr.ids import study_id as as_study
from cxrbench.datasets.qba.parse import parse_questions, parse_scene_graph
from cxrbench.datasets.qba.places import Sizes
from cxrbench.datasets.qba.records import SceneGraph, StudyQuestions
from cxrbench.datasets.qba.tables import MetadataTables
from cxrbench.datasets.study_files import StudyFiles, StudyKey, first_folder

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["qa", "scene_graph", "metadata"]
KINDS: Final[tuple[Kind, ...]] = ("qa", "scene_graph", "metadata")
"""Files of a study, by what stands before `.json` in their names; `metadata` repeats a row of the study table."""
_ARCHIVES: Final = {"qa": ("qa",), "scene_graph": ("scene_data", "scene_graph", "scene_graphs")}
_ANYTHING: Final = "qa.zip, scene_data.zip, scene_graph.zip, the same unpacked, or metadata/"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The value sets of `dataset_info.json`, as far as its keys are understood.

    Attributes:
        others: Everything else in the file, as it is.
    """

    regions: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subcategories: tuple[str, ...] = ()
    answer_types: tuple[str, ...] = ()
    others: dict[str, Any] = field(default_factory=dict)


_VOCABULARY_KEYS: Final = {
    "regions": ("regions", "region_names"),
    "entities": ("finding_entities", "entity_names", "obs_entities", "finding_entity_names"),
    "categories": ("finding_categories", "obs_categories", "categories"),
    "subcategories": ("finding_subcategories", "obs_subcategories", "subcategories"),
    "answer_types": ("answer_types",),
}


class QbaFolder:
    """The files of one copy. Can be pickled, and read by threads and processes at once.

    Attributes:
        root: Absolute; the folder with `qa.zip`, `scene_data.zip` and `metadata/`, or some of these.
        questions, graphs: Files of one kind; None where the copy has none.
        tables: The metadata tables; None where the copy has none.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.questions = _study_files(root, "qa")
        self.graphs = _study_files(root, "scene_graph")
        self._study_metadata = _study_files(root, "scene_graph", suffix=".metadata.json")
        folder = root / "metadata"
        self.tables = next(
            (tables for tables in map(MetadataTables, (folder, root)) if tables.folder.is_dir() and tables.names()),
            MetadataTables(folder) if (folder / "dataset_info.json").is_file() else None,
        )

    def studies(self, kind: Kind = "qa") -> Iterator[StudyKey]:
        """(patient_id, study_id) of all files of a kind, by patient and study number."""
        files = self._files(kind)
        yield from files.studies() if files is not None else ()

    def raw(self, kind: Kind, patient_id: str, study_id: str) -> bytes:
        """The bytes of a study's file.

        Raises:
            UnknownNameError: An unknown kind.
            DataError: No such file, an id that is none, or a damaged file.
        """
        files = self._files(kind)
        if files is None:
            raise DataError(f"this copy has no {kind} files", where=str(self.root), valid=_ANYTHING)
        return files.read(patient_id, study_id)

    def read_scene_graph(self, patient_id: str, study_id: str, *, sizes: Sizes | None = None) -> SceneGraph:
        """A study's scene graph. Raises DataError as `raw` and `parse_scene_graph` do."""
        return parse_scene_graph(
            self.raw("scene_graph", patient_id, study_id),
            patient_id=as_patient(patient_id),
            study_id=as_study(study_id),
            sizes=sizes,
            where=self.where("scene_graph", patient_id, study_id),
        )

    def read_questions(self, patient_id: str, study_id: str, *, sizes: Sizes | None = None) -> StudyQuestions:
        """A study's questions. Raises DataError as `raw` and `parse_questions` do."""
        return parse_questions(
            self.raw("qa", patient_id, study_id),
            patient_id=as_patient(patient_id),
            study_id=as_study(study_id),
            sizes=sizes,
            where=self.where("qa", patient_id, study_id),
        )

    def where(self, kind: Kind, patient_id: str, study_id: str) -> str:
        """The file or zip member that `raw` reads, for messages."""
        files = self._files(kind)
        return files.where(patient_id, study_id) if files is not None else str(self.root)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is odd about file names and versions; lists all studies, but opens none."""
        found = [
            f"{kind}: {problem}"
            for kind, files in (("qa", self.questions), ("scene_graph", self.graphs))
            for problem in (files.problems if files is not None else ())
        ]
        return tuple(found)

    def metadata(self, name: str, columns: Sequence[str] | None = None) -> pa.Table | None:
        """A whole metadata table ("patient" ... "answer_image"); None where there is none.

        Tens of millions of rows take gigabytes: `tables.batches` streams.
        """
        return self.tables.table(name, columns) if self.tables is not None else None

    def splits(self) -> dict[str, str]:
        """Patient -> "train", "validate" or "test"; empty without metadata."""
        return self.tables.splits() if self.tables is not None else {}

    @cached_property
    def quality_mappings(self) -> tuple[dict[str, str], ...]:
        """The rows of `quality_mappings.csv`, raw quality code to name and rating; empty where it is not there.

        Its columns are not documented: the rows are handed on as they are.
        """
        for path in (self.root / "quality_mappings.csv", self.root.parent.parent / "quality_mappings.csv"):
            if path.is_file():
                text = path.read_bytes().decode("utf-8-sig", "replace")
                rows = csv.DictReader(io.StringIO(text, newline=""))
                return tuple(
                    {str(key).strip(): str(value or "").strip() for key, value in row.items() if key} for row in rows
                )
        return ()

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The value sets of `dataset_info.json`; empty where it is not there or not understood."""
        folder = self.tables.folder if self.tables is not None else self.root / "metadata"
        paths = [folder / "dataset_info.json", self.root / "dataset_info.json"]
        path = next((path for path in paths if path.is_file()), None)
        info = read_json(path, "dataset_info.json") if path is not None else {}
        if not isinstance(info, dict):
            return Vocabulary(others={"dataset_info.json": info})
        found: dict[str, tuple[str, ...]] = {}
        for attribute, keys in _VOCABULARY_KEYS.items():
            for key in keys:
                names = _names(info.get(key))
                if names:
                    found[attribute] = names
                    break
        used = {key for keys in _VOCABULARY_KEYS.values() for key in keys}
        return Vocabulary(**found, others={key: value for key, value in info.items() if key not in used})

    def _files(self, kind: str) -> StudyFiles | None:
        if kind not in KINDS:
            raise UnknownNameError("kind of study file", kind, KINDS)
        return {"qa": self.questions, "scene_graph": self.graphs, "metadata": self._study_metadata}[kind]


def open_qba(root: Path) -> QbaFolder:
    """Find a copy of the data set and open it; nothing is unpacked and no study is read.

    Args:
        root: The folder with `qa.zip` or what was unpacked from it, an export (`exports/A_frontal`), or a folder that
            holds the data set as `mimic-ext-cxr-qba/1.0.0/`, also below `physionet.org/files/`.

    Raises:
        DataError: No such folder, nothing of the data set in it, or an archive that cannot be read.
    """
    if root.is_dir():
        found = QbaFolder(root.absolute())
        if found.questions is not None or found.graphs is not None or found.tables is not None:
            return found
    return QbaFolder(find_parts(root, "mimic-qba")["qba"].absolute())


def _study_files(root: Path, kind: str, suffix: str | None = None) -> StudyFiles | None:
    suffix = suffix or f".{kind}.json"
    archives = [root / f"{name}.zip" for name in _ARCHIVES[kind]]
    archive = next((path for path in archives if path.is_file()), None)
    # Unpacking a zip that has a prefix into a folder of its own gives qa/qa/, or scene_graphs/scene_data/.
    inside = [root / name for name in _ARCHIVES[kind]]
    folders = [*inside, *(outer / name for outer in inside for name in _ARCHIVES[kind]), root]
    folder = first_folder(folders, suffix)
    return StudyFiles(suffix, archive, folder) if archive is not None or folder is not None else None


def _names(value: Any) -> tuple[str, ...]:
    """The names of a list of texts or of objects with a name, or the keys of an object."""
    if isinstance(value, dict):
        return tuple(str(key) for key in value)
    if not isinstance(value, list):
        return ()
    names = (item.get("name") if isinstance(item, dict) else item for item in value)
    return tuple(name.strip() if isinstance(name, str) else json.dumps(name) for name in names if name is not None)
