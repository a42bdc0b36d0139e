"""Films from the front and the side: boxes contain what is drawn, sides and regions agree with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cxrbench.core.types import Box
from cxrbench.datasets.phantom.mimic import streams
from cxrbench.datasets.phantom.mimic.course import Present, Visit, visits_of
from cxrbench.datasets.phantom.mimic.frontal import Drawing, draw_frontal
from cxrbench.datasets.phantom.mimic.lateral_film import draw_lateral
from cxrbench.datasets.phantom.mimic.naming import name_finding
from cxrbench.datasets.phantom.mimic.streams import Streams
from cxrbench.datasets.phantom.mimic.views import View, views_of
from cxrbench.datasets.phantom.plan import Finding

PA = View(0, "PA", "PA", 288, 256, "Erect")
AP = View(0, "AP", "AP", 256, 288, "")
LATERAL = View(1, "LATERAL", "LL", 288, 256, "Erect")
LOCAL = [
    Finding("Lung Opacity", "right", "upper", 0.6),
    Finding("Lung Lesion", "left", "upper", 0.5, "nodule"),
    Finding("Lung Lesion", "right", "mid", 0.6, "mass"),
    Finding("Consolidation", "left", "lower", 0.6),
    Finding("Pneumonia", "right", "lower", 0.7),
    Finding("Pleural Effusion", "left", severity=0.6),
    Finding("Support Devices", "left", kind="pacemaker", severity=1.0),
    Finding("Support Devices", "right", kind="port", severity=1.0),
    Finding("Support Devices", "right", kind="chest tube", severity=1.0),
]


def draw(view: View, *findings: Finding, patient: int = 3, number: int = 0, films: bool = True) -> Drawing:
    visit = Visit(number, number, tuple(Present(key, finding) for key, finding in enumerate(findings)))
    return (draw_frontal if view.frontal else draw_lateral)(Streams(0, patient), visit, view, films=films)


def inside(boxes: tuple[Box, ...], shape: tuple[int, int], margin: float = 0) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for box in boxes:
        rows = slice(max(int(box.y1 - margin), 0), int(np.ceil(box.y2 + margin)))
        mask[rows, max(int(box.x1 - margin), 0) : int(np.ceil(box.x2 + margin))] = True
    return mask


@pytest.mark.parametrize("view", [PA, AP, LATERAL], ids=lambda view: view.projection)
@pytest.mark.parametrize("finding", LOCAL, ids=lambda f: f"{f.condition} {f.kind}".strip())
def test_the_box_holds_what_the_finding_changed(finding: Finding, view: View) -> None:
    with_it, without = draw(view, finding), draw(view)
    assert with_it.pixels is not None
    assert without.pixels is not None
    assert with_it.pixels.shape == (view.rows, view.columns)
    change = np.abs(with_it.pixels.astype(float) - without.pixels.astype(float))
    strong = change > 0.35 * change.max()
    kept = inside(with_it.boxes[0], change.shape, 8)
    assert strong[kept].sum() > 0.85 * strong.sum()
    assert kept.mean() < 0.5


@pytest.mark.parametrize("view", [PA, AP], ids=lambda view: view.projection)
@pytest.mark.parametrize("finding", LOCAL, ids=lambda f: f"{f.condition} {f.kind}".strip())
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_patients_left_is_on_the_images_right(finding: Finding, view: View, side: str) -> None:
    drawn = draw(view, replace(finding, side=side))
    spine = drawn.regions["spine"][0]
    middle = (spine.x1 + spine.x2) / 2
    center = np.mean([(box.x1 + box.x2) / 2 for box in drawn.boxes[0]])
    assert (center > middle) == (side == "left")
    assert drawn.regions["left lung"][0].x1 > drawn.regions["right lung"][0].x1


@pytest.mark.parametrize("patient", range(24))
def test_a_finding_lies_in_the_regions_that_its_name_says(patient: int) -> None:
    own = Streams(7, patient)
    for visit in visits_of(own.of(streams.COURSE), 2):
        drawn = draw_frontal(own, visit, PA, films=False)
        for item in visit.present:
            words = name_finding(own.of(streams.NAMES, item.key), item.finding)
            for name in words.regions:
                boxes = drawn.regions[name]
                assert any(
                    a.x1 < b.x2 and b.x1 < a.x2 and a.y1 < b.y2 and b.y1 < a.y2
                    for a in drawn.boxes[item.key]
                    for b in boxes
                ), (item.finding, name)


def test_a_finding_keeps_its_place_from_visit_to_visit() -> None:
    nodule = Finding("Lung Lesion", "left", "upper", 0.5, "nodule")
    places = []
    for number in range(4):
        drawn = draw(PA, nodule, number=number)
        box, lung = drawn.boxes[0][0], drawn.regions["left lung"][0]
        center = (
            ((box.x1 + box.x2) / 2 - lung.x1) / (lung.x2 - lung.x1),
            ((box.y1 + box.y2) / 2 - lung.y1) / (lung.y2 - lung.y1),
        )
        places.append(center)
    assert np.ptp(places, axis=0).max() < 0.12
    other = draw(PA, nodule, patient=4)
    assert not np.array_equal(other.pixels, draw(PA, nodule).pixels)


@pytest.mark.parametrize("view", [PA, AP, LATERAL], ids=lambda view: view.projection)
def test_boxes_without_films_are_those_of_the_films_up_to_the_coarser_grid(view: View) -> None:
    for finding in LOCAL:
        fine, coarse = draw(view, finding), draw(view, finding, films=False)
        assert coarse.pixels is None
        assert len(fine.boxes[0]) == len(coarse.boxes[0])
        for a, b in zip(fine.boxes[0], coarse.boxes[0]):
            assert np.allclose((a.x1, a.y1, a.x2, a.y2), (b.x1, b.y1, b.x2, b.y2), atol=12)
        assert fine.regions.keys() == coarse.regions.keys()


@pytest.mark.parametrize("view", [PA, AP, LATERAL], ids=lambda view: view.projection)
def test_every_box_lies_inside_its_film(view: View) -> None:
    for patient in range(12):
        drawn = draw(view, *LOCAL[:3], patient=patient, films=False)
        for boxes in [*drawn.boxes.values(), *drawn.regions.values()]:
            for box in boxes:
                assert 0 <= box.x1 < box.x2 <= view.columns
                assert 0 <= box.y1 < box.y2 <= view.rows


def test_an_air_gap_a_rib_fracture_and_thick_pleura_do_not_show_from_the_side() -> None:
    hidden = [
        Finding("Pneumothorax", "left", severity=0.6),
        Finding("Fracture", "right", "mid", 0.6, "displaced"),
        Finding("Pleural Other", "left", "mid", 0.6, "thickening"),
    ]
    drawn = draw(LATERAL, *hidden)
    assert all(boxes == () for boxes in drawn.boxes.values())
    assert all(boxes for boxes in draw(PA, *hidden).boxes.values())


def test_studies_have_the_usual_sets_of_views() -> None:
    sets: dict[tuple[str, ...], int] = {}
    views: list[View] = []
    for patient in range(1500):
        own = Streams(0, patient)
        made = views_of(own.of(streams.VIEWS, 0), Visit(0, 0, ()))
        views += made
        key = tuple(view.projection for view in made)
        sets[key] = sets.get(key, 0) + 1
    assert sets[("PA", "LATERAL")] > 0.5 * 1500
    assert {("PA", "LATERAL"), ("PA",), ("AP",), ("AP", "AP"), ("AP", "LATERAL"), ("LATERAL",)} <= sets.keys()
    assert 1.5 < len(views) / 1500 < 1.9
    recorded = {view.recorded for view in views}
    assert recorded == {"PA", "AP", "LATERAL", "LL", ""}
    assert {(view.rows, view.columns) for view in views} == {(288, 256), (256, 288)}
