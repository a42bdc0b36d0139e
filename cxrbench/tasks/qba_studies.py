"""What the questions of a study share: films, clinical text, graphs, labels, sex and age."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cxrbench.core.errors import DataError
from cxrbench.core.inputs import ORACLE_GRAPH
from cxrbench.core.types import Labels
from cxrbench.datasets.qba.folder import QbaFolder
from cxrbench.datasets.qba.records import SceneGraph
from cxrbench.tasks.mimic_films import Films, ReportOf
from cxrbench.tasks.mimic_people import People
from cxrbench.tasks.qba_examples import Study
from cxrbench.tasks.qba_graphs import StudyGraph

if TYPE_CHECKING:
    import pyarrow as pa

SOURCES: Final = ("radiologist", "chexpert")
"""Tables of gold labels, the better one first."""
_SHOWN: Final = (
    "observations",
    "regions",
    "located_at_relations",
    "obs_relations",
    "region_region_relations",
    "top_level_obs_ids",
)
"""Keys of a scene graph file that an oracle shows: the nodes and edges, not the sentences of the report."""


class StudyMaker:
    """Makes each study once.

    Args:
        studies: A row per study (`studies_schema`).
        folder: For scene graphs; None where there are no files of the data set.
        report_of: For the clinical text that the inputs ask for.
        detections: Image id -> detected scene graph, where `--inputs scene_graph` asks for it.
    """

    def __init__(
        self,
        studies: pa.Table,
        films: Films,
        folder: QbaFolder | None,
        report_of: ReportOf,
        people: People,
        detections: Mapping[str, Mapping[str, Any]] | None,
    ) -> None:
        self._studies = studies
        self._films = films
        self._folder = folder
        self._report_of = report_of
        self._people = people
        self._detections = detections
        self._oracle = ORACLE_GRAPH in films.inputs
        self._made: dict[int, Study] = {}

    def __call__(self, number: int) -> Study:
        """The study in this row of the table; it must have a primary frontal film."""
        found = self._made.get(number)
        if found is None:
            found = self._made[number] = self._make(self._studies.slice(number, 1).to_pylist()[0])
        return found

    def film(self, number: int) -> Path:
        """Where the primary frontal film of the study in this row is, or should be."""
        row = self._studies.slice(number, 1).to_pylist()[0]
        return self._films.path(row["patient_id"], row["study_id"], row["primary_image_id"])

    def _make(self, row: Mapping[str, Any]) -> Study:
        patient, study, image = row["patient_id"], row["study_id"], row["primary_image_id"]
        place = row["image_ids"].index(image)
        view, width, height = row["views"][place], row["widths"][place], row["heights"][place]
        images = self._films.images(patient, study, image, view)
        size = (width, height) if width and height else None
        labels, source = self._labels(study)
        sex, age = self._people.sex_and_age(patient, study)
        return Study(
            patient_id=patient,
            study_id=study,
            images=images,
            view=images[0].view,
            size=size,
            context=self._films.context(study, self._report_of),
            scene_graph=self._shown_graph(patient, study, image, size),
            graph=StudyGraph(self._graph_reader(patient, study, row), image),
            labels=labels,
            label_source=source,
            sex=sex,
            age=age,
        )

    def _labels(self, study: str) -> tuple[Labels | None, str | None]:
        tables = self._films.mimic.labels if self._films.mimic is not None else {}
        for source in SOURCES:
            try:
                return tables[source][study], source
            except KeyError:
                continue
        return None, None

    def _graph_reader(self, patient: str, study: str, row: Mapping[str, Any]) -> Callable[[], SceneGraph | None]:
        sizes = {
            image: (width, height)
            for image, width, height in zip(row["image_ids"], row["widths"], row["heights"])
            if width and height
        }
        return partial(_read_graph, self._folder if row["has_graph"] else None, patient, study, sizes)

    def _shown_graph(
        self, patient: str, study: str, image: str, size: tuple[int, int] | None
    ) -> Mapping[str, Any] | None:
        if self._detections is not None:
            return self._detections.get(image)
        if not self._oracle or self._folder is None:
            return None
        try:
            content = json.loads(self._folder.raw("scene_graph", patient, study))
        except (DataError, ValueError):
            return None
        width, height = size or (None, None)
        shown = {key: content[key] for key in _SHOWN if key in content}
        return {"source": ORACLE_GRAPH, "image_id": image, "width": width, "height": height, **shown}


def _read_graph(
    folder: QbaFolder | None, patient: str, study: str, sizes: Mapping[str, tuple[int, int]]
) -> SceneGraph | None:
    """None where there is no graph, or none that can be read (the check of the data lists those)."""
    if folder is None:
        return None
    try:
        return folder.read_scene_graph(patient, study, sizes=sizes)
    except DataError:
        return None
