"""Average precision against pycocotools and against a plain reading of the definition."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.types import Box, Prediction, Reference
from cxrbench.metrics.base import Pairs
from cxrbench.metrics.spatial import MeanAveragePrecision

LABELS = ("effusion", "nodule", "opacity")


def random_image(rng, name, *, distinct_scores=True):
    def box(label, score=None):
        x, y = rng.uniform(0, 60, 2)
        w, h = rng.uniform(5, 40, 2)
        return Box(x, y, x + w, y + h, label, score)

    gold = [box(rng.choice(LABELS[:2] if rng.random() < 0.8 else LABELS)) for _ in range(rng.integers(0, 4))]
    found = []
    for item in gold:
        if rng.random() < 0.8:
            shift = rng.normal(0, 1.5, 4)
            found.append(
                Box(item.x1 + shift[0], item.y1 + shift[1], item.x2 + shift[2], item.y2 + shift[3], item.label)
            )
    found += [box(rng.choice([*LABELS, "elsewhere"])) for _ in range(rng.integers(0, 4))]
    draw = rng.random if distinct_scores else lambda: rng.integers(0, 4) / 4
    found = [Box(b.x1, b.y1, b.x2, b.y2, b.label, float(draw())) for b in found]
    return Reference(id=name, boxes=tuple(gold)), Prediction(id=name, boxes=tuple(found))


def random_images(seed, count, **options):
    rng = np.random.default_rng(seed)
    return [random_image(rng, str(index), **options) for index in range(count)]


def scored(images, weights=None):
    metric = MeanAveragePrecision()
    references = [reference for reference, _ in images]
    statistics = metric.measure(Pairs(references, [found for _, found in images]), metric.fit(references))
    weights = np.ones((1, len(images))) if weights is None else weights
    return metric.aggregate(statistics, weights)


def coco_scores(images):
    coco = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    numbers = {name: k for k, name in enumerate([*LABELS, "elsewhere", ""], start=1)}

    def entry(box):
        return {"bbox": [box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1], "category_id": numbers[box.label or ""]}

    gold, found = [], []
    for image, (reference, prediction) in enumerate(images, start=1):
        for box in reference.boxes:
            area = (box.x2 - box.x1) * (box.y2 - box.y1)
            gold.append({**entry(box), "image_id": image, "id": len(gold) + 1, "iscrowd": 0, "area": area})
        found += [{**entry(box), "image_id": image, "score": box.score} for box in prediction.boxes]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO()
        truth.dataset = {
            "images": [{"id": k} for k in range(1, len(images) + 1)],
            "categories": [{"id": k, "name": name} for name, k in numbers.items()],
            "annotations": gold,
            "info": {},
        }
        truth.createIndex()
        run = evaluation.COCOeval(truth, truth.loadRes(found), "bbox")
        run.params.iouThrs = np.array([0.5, 0.75])
        run.evaluate()
        run.accumulate()
    precision = run.eval["precision"][:, :, :, 0, 2]
    return [float(part[part > -1].mean()) for part in precision]


@pytest.mark.parametrize(("seed", "distinct"), [(0, True), (1, True), (2, False), (3, False)])
def test_average_precision_equals_pycocotools(seed, distinct):
    images = random_images(seed, 60, distinct_scores=distinct)
    expected = coco_scores(images)
    found = scored(images)
    assert found["map_50"][0] == pytest.approx(expected[0], abs=1e-9)
    assert found["map_75"][0] == pytest.approx(expected[1], abs=1e-9)
    assert found["map_50_75"][0] == pytest.approx(sum(expected) / 2, abs=1e-9)
    assert 0.05 < expected[1] < expected[0] < 0.98


def test_only_the_hundred_best_detections_of_a_class_and_image_count_as_in_pycocotools():
    gold = Box(0, 0, 10, 10, "nodule")
    junk = [Box(50, 50, 60, 60, "nodule", 0.9 - k / 1000) for k in range(100)]
    image = (Reference(id="a", boxes=(gold,)), Prediction(id="a", boxes=(*junk, Box(0, 0, 10, 10, "nodule", 0.1))))
    assert scored([image])["map_50"][0] == coco_scores([image])[0] == 0.0


def plain_average_precision(images, label, threshold):
    """The definition, detection by detection, with plain loops."""
    detections, total = [], 0
    for index, (reference, prediction) in enumerate(images):
        gold = [box for box in reference.boxes if box.label == label]
        total += len(gold)
        taken = set()
        for box in sorted((b for b in prediction.boxes if b.label == label), key=lambda b: -b.score):
            best, where = threshold, None
            for k, other in enumerate(gold):
                if k not in taken and iou(box, other) >= best:
                    best, where = iou(box, other), k
            if where is not None:
                taken.add(where)
            detections.append((box.score, index, where is not None))
    if not total:
        return None
    detections.sort(key=lambda item: -item[0])
    points, hits = [], 0
    for rank, (_, _, hit) in enumerate(detections, start=1):
        hits += hit
        points.append((hits / total, hits / rank))
    levels = np.linspace(0, 1, 101)
    recalls, precisions = np.array(points).T if points else np.zeros((2, 0))
    return sum(precisions[recalls >= level].max(initial=0.0) for level in levels) / 101


def iou(a, b):
    width = min(a.x2, b.x2) - max(a.x1, b.x1)
    height = min(a.y2, b.y2) - max(a.y1, b.y1)
    common = max(width, 0) * max(height, 0)
    return common / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - common)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_average_precision_equals_its_definition(seed, count):
    images = random_images(seed, count)
    for name, threshold in (("map_50", 0.5), ("map_75", 0.75)):
        values = [plain_average_precision(images, label, threshold) for label in LABELS]
        values = [value for value in values if value is not None]
        found = scored(images)[name][0]
        if values:
            assert found == pytest.approx(np.mean(values), abs=1e-12)
        else:
            assert np.isnan(found)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_whole_number_weights_equal_repeated_images(seed, count):
    images = random_images(seed, count)
    repeats = np.random.default_rng(seed).integers(0, 4, count)
    weighted = scored(images, repeats[None].astype(float))
    spread = scored([images[i] for i in np.repeat(np.arange(count), repeats)])
    for name in ("map_50", "map_75", "map_50_75"):
        assert weighted[name][0] == pytest.approx(spread[name][0], abs=1e-12, nan_ok=True)


def test_weights_of_groups_equal_weights_of_their_images():
    images = random_images(5, 40)
    metric = MeanAveragePrecision()
    references = [reference for reference, _ in images]
    statistics = metric.measure(Pairs(references, [found for _, found in images]), metric.fit(references))
    groups = np.arange(40) % 7
    weights = np.random.default_rng(0).integers(0, 3, (50, 7)).astype(float)
    by_group = metric.grouped(statistics, groups, 7)(weights)
    by_image = metric.aggregate(statistics, weights[:, groups])
    for name in metric.scores:
        assert np.array_equal(by_group[name], by_image[name], equal_nan=True)


def test_a_class_with_many_hits_equals_its_definition():
    rng = np.random.default_rng(2)
    gold = Box(0, 0, 10, 10, "nodule")
    images = []
    for k in range(700):
        found = [Box(0, 0, 10, 10, "nodule", rng.random())] if rng.random() < 0.9 else []
        found += [Box(50, 50, 60, 60, "nodule", rng.random() * 0.8)]
        images.append((Reference(id=str(k), boxes=(gold,)), Prediction(id=str(k), boxes=tuple(found))))
    weights = rng.integers(0, 3, (2, 700)).astype(float)
    for row, value in zip(weights, scored(images, weights)["map_50"]):
        spread = [images[k] for k in np.repeat(np.arange(700), row.astype(int))]
        assert value == pytest.approx(scored(spread)["map_50"][0], abs=1e-12)
        assert value == pytest.approx(plain_average_precision(spread, "nodule", 0.5), abs=1e-12)


GOLD = Box(0, 0, 10, 10, "nodule")


def single(boxes, gold=(GOLD,), **fields):
    return scored([(Reference(id="a", boxes=gold), Prediction(id="a", boxes=boxes, **fields))])["map_50"][0]


def test_a_box_without_a_score_counts_as_certain():
    sure = Box(0, 0, 10, 10, "nodule")
    assert single((Box(50, 50, 60, 60, "nodule", 0.99), sure)) == pytest.approx(1.0)


def test_a_box_without_a_label_is_a_class_of_its_own():
    assert single((Box(0, 0, 10, 10),)) == 0.0
    assert single((Box(0, 0, 10, 10),), gold=(Box(0, 0, 10, 10),)) == pytest.approx(1.0)


def test_a_box_without_area_is_a_false_positive_and_gold_without_area_is_left_out():
    flat = Box(3, 3, 3, 9, "nodule", 0.9)
    assert single((flat, Box(0, 0, 10, 10, "nodule", 0.5))) == pytest.approx(0.5)
    assert single((Box(0, 0, 10, 10, "nodule", 0.5),), gold=(GOLD, Box(1, 1, 1, 1, "nodule"))) == pytest.approx(1.0)


def test_a_second_hit_on_the_same_gold_is_a_false_positive():
    again = (Box(0, 0, 10, 10, "nodule", 0.9), Box(0, 0, 10, 9.9, "nodule", 0.8))
    two = (GOLD, Box(40, 40, 50, 50, "nodule"))
    assert single((*again, Box(40, 40, 50, 50, "nodule", 0.7)), gold=two) == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_a_refused_answer_has_no_detection():
    assert single((Box(0, 0, 10, 10, "nodule", 0.9),), status="refused") == 0.0


def test_a_detection_on_an_image_without_gold_is_a_false_positive():
    images = [
        (Reference(id="a", boxes=(GOLD,)), Prediction(id="a", boxes=(Box(0, 0, 10, 10, "nodule", 0.5),))),
        (Reference(id="b", boxes=()), Prediction(id="b", boxes=(Box(0, 0, 10, 10, "nodule", 0.9),))),
    ]
    assert scored(images)["map_50"][0] == pytest.approx(0.5)


def test_without_any_gold_or_any_example_the_score_is_undefined():
    assert np.isnan(single((Box(0, 0, 10, 10, "nodule", 0.9),), gold=()))
    found = scored([], np.ones((3, 0)))
    assert all(np.isnan(value).all() and value.shape == (3,) for value in found.values())
    assert "gold box" in MeanAveragePrecision().why_undefined("map_50")
    assert not MeanAveragePrecision().usable(Reference(id="a"))
