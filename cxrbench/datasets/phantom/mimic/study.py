"""One study, complete: films, what they show, and the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.types import Box
from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.course import Visit, visits_of
from cxrbench.datasets.phantom.mimic.frontal import Drawing, draw_frontal
from cxrbench.datasets.phantom.mimic.identity import Patient, dicom_id
from cxrbench.datasets.phantom.mimic.lateral_film import draw_lateral
from cxrbench.datasets.phantom.mimic.story import Story, tell_visit
from cxrbench.datasets.phantom.mimic.streams import Streams
from cxrbench.datasets.phantom.mimic.views import View, views_of


@dataclass(frozen=True, slots=True)
class Film:
    """A film of a study: its id, how it was taken, what it shows."""

    dicom_id: str
    view: View
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class Study:
    """One study of one patient."""

    own: Streams
    patient: Patient
    visit: Visit
    films: tuple[Film, ...]
    story: Story

    @property
    def study_id(self) -> int:
        return self.patient.study_id(self.visit.number)

    @property
    def folder(self) -> str:
        """`p90/p90000001`."""
        subject = self.patient.subject_id
        return f"p{str(subject)[:2]}/p{subject}"

    def image_path(self, film: Film) -> str:
        """Of a film, below the release's folder."""
        return f"files/{self.folder}/s{self.study_id}/{film.dicom_id}.jpg"

    def truth(self) -> dict[str, Any]:
        """What is drawn, for `truth.jsonl`; boxes by dicom id, in pixels of the film."""
        conditions = self.visit.plan.conditions
        return {
            "subject_id": self.patient.subject_id,
            "study_id": self.study_id,
            "split": self.patient.split,
            "visit": self.visit.number,
            "day": self.visit.day,
            "labels": {name: int(name in conditions) for name in CONDITIONS},
            "findings": [
                {
                    "key": item.key,
                    "change": item.change,
                    **asdict(item.finding),
                    "grade": item.finding.grade,
                    "boxes": {film.dicom_id: _corners(film.drawing.boxes[item.key]) for film in self.films},
                }
                for item in self.visit.present
            ],
            "resolved": [{"key": item.key, **asdict(item.finding)} for item in self.visit.resolved],
            "films": {
                film.dicom_id: {
                    "projection": film.view.projection,
                    "rows": film.view.rows,
                    "columns": film.view.columns,
                    "regions": {name: _corners(boxes) for name, boxes in film.drawing.regions.items()},
                }
                for film in self.films
            },
        }


def _corners(boxes: tuple[Box, ...]) -> list[list[float]]:
    return [corners(box) for box in boxes]


def corners(box: Box) -> list[float]:
    """[x1, y1, x2, y2] with one decimal."""
    return [round(box.x1, 1), round(box.y1, 1), round(box.x2, 1), round(box.y2, 1)]


def studies_of(seed: int, patient: Patient, *, films: bool = True) -> Iterator[Study]:
    """The studies of a patient in the order of time.

    Args:
        films: Draw the films; else only find out where things would lie on them.
    """
    own = Streams(seed, patient.number)
    for visit in visits_of(own.of(streams.COURSE), patient.visits):
        made = []
        for view in views_of(own.of(streams.VIEWS, visit.number), visit):
            draw = draw_frontal if view.frontal else draw_lateral
            drawing = draw(own, visit, view, films=films)
            made.append(Film(dicom_id(own, visit.number, view.number), view, drawing))
        yield Study(own, patient, visit, tuple(made), tell_visit(own, visit))
