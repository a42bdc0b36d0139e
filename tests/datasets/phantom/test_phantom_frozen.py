"""The generators are frozen: checkpoints and published numbers refer to their versions.

A changed text, answer, box or film needs a new version in the writer of its data set. Boxes and films are floating
point and may differ in the last digit between machines, so they are held to a tolerance, words to their hash.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from cxrbench.datasets.phantom.kinds import KINDS
from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.identity import roster
from cxrbench.datasets.phantom.mimic.report_text import report_text
from cxrbench.datasets.phantom.mimic.study import Study, studies_of
from cxrbench.datasets.phantom.qba.allotment import questions_of
from cxrbench.datasets.phantom.qba.answers import Rows, Writer
from cxrbench.datasets.phantom.qba.facts import Facts
from cxrbench.datasets.phantom.slake import questions as slake
from cxrbench.datasets.phantom.transfer.pictures import Picture, draw_chest, draw_section
from cxrbench.datasets.phantom.vqa_rad import questions as vqa_rad


def short(*words: object) -> str:
    return hashlib.sha256(repr(words).encode()).hexdigest()[:16]


def test_the_versions_are_those_whose_output_is_written_down_here() -> None:
    assert {name: kind.version for name, kind in KINDS.items()} == {
        "iu-xray": "1",
        "mimic-qba": "2",
        "vqa-rad": "1",
        "slake": "1",
    }


@pytest.fixture(scope="module")
def studies() -> list[Study]:
    return [study for patient in roster(0, 24) for study in studies_of(0, patient, films=patient.number < 2)]


def test_ids_reports_and_questions_of_mimic_are_frozen(studies: list[Study]) -> None:
    words: list[object] = []
    for study in studies:
        views = tuple(film.view for film in study.films)
        words.append((study.study_id, study.patient.split, [(film.dicom_id, film.view) for film in study.films]))
        words.append(report_text(study.own.of(streams.REPORT, study.visit.number, 1), study.story, views))
        rows, facts = Rows(), Facts(study)
        file = json.loads(Writer(facts, rows).file(questions_of(facts, 60)))
        words += [(q["question_id"], q["question"], [a["text"] for a in q["answers"]]) for q in file["questions"]]
        words.append(rows.rating)
    assert short(*words) == "def22ff6aac051c3"


def test_films_and_boxes_of_mimic_are_frozen(studies: list[Study]) -> None:
    films = [film for study in studies for film in study.films if film.drawing.pixels is not None]
    means = [float(film.drawing.pixels.mean()) for film in films[:6] if film.drawing.pixels is not None]
    assert means == pytest.approx([103.9, 98.9, 117.2, 121.0, 100.2, 112.1], abs=0.1)
    boxes = [box for study in studies for film in study.films for some in film.drawing.boxes.values() for box in some]
    assert np.mean([(box.x1, box.y1, box.x2, box.y2) for box in boxes], axis=0) == pytest.approx(
        [84.9, 75.4, 161.2, 147.2], abs=0.5
    )


def pictures() -> list[tuple[np.random.Generator, Picture]]:
    found = []
    for number in range(9):
        rng = np.random.default_rng([11, number])
        found.append((rng, draw_chest(rng) if number < 6 else draw_section(rng, "head" if number < 8 else "abdomen")))
    return found


def test_pictures_and_questions_of_vqa_rad_and_slake_are_frozen() -> None:
    drawn = pictures()
    means = [91.8, 88.0, 79.4, 74.7, 88.9, 109.0, 45.5, 39.0, 49.6]
    assert [float(picture.pixels.mean()) for _, picture in drawn] == pytest.approx(means, abs=0.1)
    asked = [(a.texts, a.answer, a.closed, a.type) for rng, picture in drawn for a in vqa_rad.ask(rng, picture)]
    items = [tuple(item) for rng, picture in drawn for item in slake.ask(rng, picture)]
    assert (short(*asked), short(*items)) == ("54784ea693c23dcc", "27f487a5d531c69a")
