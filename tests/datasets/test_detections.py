import json

import pytest

from cxrbench.core.errors import DataError
from cxrbench.datasets.detections import CLASSES, DETECTIONS, read_detections


def box(name="left_lung", place=(0.5, 0.1, 0.9, 0.8), **more):
    return {"class": name, "category": CLASSES.get(name, "finding"), "xyxy_norm": list(place), "score": 0.9, **more}


def record(image="synpic1", boxes=None, **more):
    detector = {"name": "mine", "version": "2", "weights_sha256": "ab"}
    return {"image_id": image, "width": 100, "height": 80, "boxes": boxes or [box()], "detector": detector, **more}


def read(folder, *records):
    (folder / DETECTIONS).write_text(json.dumps(records))
    return read_detections(folder)


def test_there_are_26_regions_17_findings_and_9_devices():
    counts = [list(CLASSES.values()).count(name) for name in ("anatomy", "finding", "device")]
    assert counts == [26, 17, 9]


def test_a_record_is_kept_as_a_request_will_carry_it(tmp_path):
    found = read(tmp_path, record(), record("synpic2", [box("Pleural Effusion", category="finding")]))
    assert found.graphs["synpic1"] == {
        "source": "detections.json",
        "image_id": "synpic1",
        "width": 100,
        "height": 80,
        "detector": {"name": "mine", "version": "2", "weights_sha256": "ab"},
        "boxes": [{"class": "left_lung", "category": "anatomy", "xyxy_norm": [0.5, 0.1, 0.9, 0.8], "score": 0.9}],
    }
    assert found.graphs["synpic2"]["boxes"][0]["class"] == "pleural_effusion"
    assert found.detectors == ("mine 2",)


def test_an_unknown_class_is_refused_with_the_nearest_ones(tmp_path):
    with pytest.raises(DataError, match="unknown class 'left_lungg', did you mean 'left_lung'"):
        read(tmp_path, record(boxes=[box("left_lungg")]))


@pytest.mark.parametrize(
    "place",
    [
        (0.5, 0.1, 1.2, 0.8),
        (-0.1, 0, 1, 1),
        (0.9, 0.1, 0.5, 0.8),
        (0.5, 0.5, 0.5, 0.6),
        (0, 0, 1),
        (0, 0, 1, "1"),
        (0, 0, float("nan"), 1),
    ],
)
def test_a_box_outside_the_image_or_without_area_is_refused(tmp_path, place):
    with pytest.raises(DataError, match="xyxy_norm of left_lung"):
        read(tmp_path, record(boxes=[box(place=place)]))


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (record(boxes=[box(score=1.5)]), "score of left_lung"),
        (record(boxes=[box(category="device")]), "is of category anatomy, not 'device'"),
        (record(detector="mine"), "detector must be an object"),
        (record(detector={}), "detector has no name"),
        (record(width=0), "width must be a number of pixels"),
        (record(height="80"), "height must be a number of pixels"),
        ({**record(), "boxes": {}}, "boxes must be a list"),
        ({**record(), "image_id": None}, "no image_id"),
    ],
)
def test_damaged_records_are_refused_and_named(tmp_path, bad, said):
    with pytest.raises(DataError, match=said):
        read(tmp_path, record("other"), bad)


def test_an_image_with_two_records_is_refused(tmp_path):
    with pytest.raises(DataError, match="1 image_id more than once: synpic1"):
        read(tmp_path, record(), record())


def test_a_missing_file_says_how_to_get_one_or_do_without(tmp_path):
    with pytest.raises(DataError, match="needs detections.json") as caught:
        read_detections(tmp_path)
    assert "leave scene_graph out of --inputs" in str(caught.value)
