"""The seven metadata tables: collected study by study, turned into columns block by block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.datasets.phantom.mimic.report_text import examination_of
from cxrbench.datasets.phantom.mimic.study import Study
from cxrbench.datasets.phantom.qba import quality
from cxrbench.datasets.phantom.qba.answers import KINDS, Rows
from cxrbench.datasets.phantom.qba.facts import Facts
from cxrbench.datasets.phantom.qba.graph import image_quality, study_quality

if TYPE_CHECKING:
    import pyarrow as pa

INDEX: Final[dict[str, tuple[str, ...]]] = {
    "patient_metadata": ("patient_id",),
    "study_metadata": ("patient_id", "study_id"),
    "image_metadata": ("patient_id", "study_id", "image_id"),
    "question_metadata": ("patient_id", "study_id", "question_id"),
    "question_image_metadata": ("patient_id", "study_id", "question_id", "image_id"),
    "answer_metadata": ("patient_id", "study_id", "question_id", "answer_id"),
    "answer_image_metadata": ("patient_id", "study_id", "question_id", "answer_id", "image_id"),
}
"""Table -> the columns that are stored as a pandas index."""
_DAY: Final = 86_400.0
_Integers = NDArray[np.integer[Any]]


class Tables:
    """The rows of the studies of one block.

    Attributes:
        rows: What the writers of the questions fill.
    """

    def __init__(self) -> None:
        self.rows = Rows()
        self._patients: list[dict[str, Any]] = []
        self._studies: list[dict[str, Any]] = []
        self._images: list[dict[str, Any]] = []
        self._questions: list[int] = []
        self._films: list[int] = []

    def add(self, facts: Facts, before: Study | None) -> None:
        """Add a study, whose questions were just written.

        Args:
            before: The patient's study before it.
        """
        study = facts.study
        ids = {"patient_id": f"p{study.patient.subject_id}", "study_id": f"s{study.study_id}"}
        codes, per_image = study_quality(facts), image_quality(facts)
        self._studies.append(
            {
                **ids,
                "study.num_observations": sum(1 + len(fact.parts) for fact in facts.stated),
                "study.num_images": len(study.films),
                "study.procedure": examination_of(tuple(film.view for film in study.films)),
                "study.timestamp_since_first": study.visit.day * _DAY,
                "study.timespan_since_prev": None if before is None else (study.visit.day - before.visit.day) * _DAY,
                **{f"study.quality.{key}": code for key, code in codes.items()},
            }
        )
        for film in study.films:
            self._images.append(
                {
                    **ids,
                    "image_id": film.dicom_id,
                    "img.view_position": film.view.recorded or None,
                    "img.patient_orientation": film.view.orientation or None,
                    "img.size": [film.view.rows, film.view.columns],
                    "img.localization_quality": per_image[film.dicom_id],
                }
            )
        self._questions.append(len(self.rows.question_id) - sum(self._questions))
        self._films.append(len(study.films))

    def add_patient(self, last: Study) -> None:
        """Add the patient whose last study this is."""
        self._patients.append(
            {
                "patient_id": f"p{last.patient.subject_id}",
                "patient.split": last.patient.split,
                "patient.total_studies": last.patient.visits,
                "patient.total_study_timespan": last.visit.day * _DAY,
            }
        )

    def arrow(self) -> dict[str, pa.Table]:
        """Table name -> rows, in the order of the studies."""
        import pyarrow as pa

        def listed(records: Sequence[dict[str, Any]]) -> pa.Table:
            return pa.Table.from_pylist(list(records))

        return {
            "patient_metadata": listed(self._patients),
            "study_metadata": listed(self._studies),
            "image_metadata": listed(self._images),
            **self._long_tables(),
        }

    def _long_tables(self) -> dict[str, pa.Table]:
        import pyarrow as pa

        rows = self.rows
        films, images = np.asarray(self._films), [image["image_id"] for image in self._images]
        image_start = np.cumsum(films) - films
        study_of = np.repeat(np.arange(len(films)), self._questions)
        question_of = np.repeat(np.arange(len(study_of)), rows.answers)
        ids = {name: pa.array([study[name] for study in self._studies]) for name in ("patient_id", "study_id")}

        def keys(questions: _Integers) -> dict[str, Any]:
            named = {name: values.take(pa.array(study_of[questions])) for name, values in ids.items()}
            return {**named, "question_id": pa.array(rows.question_id).take(pa.array(questions))}

        def named_images(studies: _Integers) -> Any:
            return pa.array(images).take(pa.array(_runs(image_start[studies], films[studies])))

        questions, answers = np.arange(len(study_of)), np.arange(len(question_of))
        question_of_image = np.repeat(questions, films[study_of])
        answer_of_image = np.repeat(answers, films[study_of[question_of]])
        places = list({id(place): place for place in rows.answer_place}.values())
        number = {id(place): place_number for place_number, place in enumerate(places)}
        sizes = np.asarray([len(place.rows) for place in places])
        shown = np.asarray([row for place in places for row in place.rows], np.int32)
        used = np.asarray([number[id(place)] for place in rows.answer_place])
        on_film = shown[_runs((np.cumsum(sizes) - sizes)[used], sizes[used])]
        on_image = [code for codes in rows.image_quality for code in codes]
        return {
            "question_metadata": pa.table({**keys(questions), **_question_columns(rows)}),
            "question_image_metadata": pa.table(
                {
                    **keys(question_of_image),
                    "image_id": named_images(study_of),
                    "question_img.localization_quality": np.asarray(on_image, np.int8),
                }
            ),
            "answer_metadata": pa.table({**keys(question_of), **_answer_columns(rows)}),
            "answer_image_metadata": pa.table(
                {
                    **keys(question_of[answer_of_image]),
                    "answer_id": np.asarray(rows.answer_id, np.int32)[answer_of_image],
                    "image_id": named_images(study_of[question_of]),
                    "answer_img.is_localization_missing": on_film[:, 0].astype(bool),
                    "answer_img.num_regions": on_film[:, 1].astype(np.int16),
                    "answer_img.has_bboxes": on_film[:, 2].astype(bool),
                    "answer_img.has_masks": on_film[:, 3].astype(bool),
                    "answer_img.quality.localization_quality": on_film[:, 4].astype(np.int8),
                }
            ),
        }


def _runs(starts: _Integers, counts: _Integers) -> _Integers:
    """start, start + 1, ... of every run, behind one another."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()))


def _codes(codes: Sequence[tuple[int, ...]], names: Sequence[str], prefix: str) -> dict[str, Any]:
    """One column per code; -1 is null."""
    values = np.asarray(codes, np.int8)
    return {f"{prefix}{name}": _nullable(values[:, place]) for place, name in enumerate(names)}


def _nullable(values: NDArray[np.int8]) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, mask=values < 0)


def _question_columns(rows: Rows) -> dict[str, Any]:
    return {
        "question.question_type": rows.question_type,
        "question.question_strategy": rows.strategy,
        "question.quality.rating": rows.rating,
        "question.quality.clarity": _nullable(np.asarray(rows.clarity, np.int8)),
        **_codes(rows.extraction, quality.EXTRACTION_KEYS, "question.quality."),
        "question.contains_report_answers": rows.from_report,
        "question.contains_template_answers": rows.from_template,
        "question.num_answers": np.asarray(rows.answers, np.int32),
    }


def _answer_columns(rows: Rows) -> dict[str, Any]:
    import pyarrow as pa

    return {
        "answer_id": np.asarray(rows.answer_id, np.int32),
        "answer.answer_type": pa.array(KINDS).take(pa.array(rows.answer_kind)),
        "answer.answer_level": np.asarray(rows.answer_level, np.int8),
        "answer.from_report": rows.answer_report,
        **_codes(rows.answer_codes, quality.ANSWER_KEYS, "answer.quality."),
    }
