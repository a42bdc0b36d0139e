import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.types import Box
from cxrbench.datasets.augment.film.boxes import Size, jitter_boxes, move_boxes
from cxrbench.datasets.augment.film.changes import NO_AUGMENTATION, SSG_VQA, AugmentSettings, Change, draw_change
from cxrbench.datasets.augment.film.pixels import add_noise, change_film
from cxrbench.reference_models.chexquery.augment import apply_changes

SEEDS = st.integers(0, 10**6)
EVERYTHING = AugmentSettings(hflip=True, brightness=0.1, contrast=0.1)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_a_single_film_changes_as_it_does_in_a_batch_on_the_device(seed):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 256, (33, 33), dtype=np.uint8)
    change = draw_change(EVERYTHING, random)
    batch = apply_changes(torch.from_numpy(pixels)[None], [change])[0, 0].numpy()
    np.testing.assert_allclose(change_film(pixels.astype(np.float32) / 255, change), batch, atol=2e-5)


def test_no_change_leaves_the_film():
    film = np.random.default_rng(0).random((5, 7), np.float32)
    np.testing.assert_array_equal(change_film(film, Change()), film)
    assert draw_change(NO_AUGMENTATION, np.random.default_rng(0)) == Change()


def test_mirroring_exchanges_the_columns():
    film = np.random.default_rng(0).random((5, 8), np.float32)
    np.testing.assert_array_equal(change_film(film, Change(mirrored=True)), film[:, ::-1])


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(60, 120), st.integers(60, 120))
def test_what_a_box_holds_stays_inside_it(seed, height, width):
    random = np.random.default_rng(seed)
    x1, y1 = random.integers(12, 30), random.integers(12, 30)
    x2, y2 = x1 + random.integers(4, 24), y1 + random.integers(4, 24)
    film = np.zeros((height, width), np.float32)
    film[y1:y2, x1:x2] = 1.0
    change = draw_change(AugmentSettings(hflip=True, brightness=0, contrast=0), random)
    (box,) = move_boxes([Box(float(x1), float(y1), float(x2), float(y2))], change, Size(width, height))
    bright = change_film(film, change) > 0.5
    rows, columns = np.nonzero(bright)
    assert box is not None
    # A pixel is 1 wide; bilinear resampling spreads its edge over one more.
    assert box.x1 <= columns.min() + 1
    assert columns.max() <= box.x2
    assert box.y1 <= rows.min() + 1
    assert rows.max() <= box.y2
    # And it is not much larger than what it holds: at 5 degrees a side grows by 9 % of the other one at most.
    assert box.x2 - box.x1 <= (columns.max() + 1 - columns.min()) + 0.1 * (y2 - y1) + 3


def test_a_quarter_turn_of_a_box_is_exact():
    (box,) = move_boxes([Box(60, 40, 80, 50, "x")], Change(angle=90.0), Size(100, 100))
    assert (box.x1, box.y1, box.x2, box.y2) == pytest.approx((40, 20, 50, 40))
    assert box.label == "x"


def test_a_box_is_cut_at_the_edge_and_one_that_has_left_the_film_is_none():
    size = Size(100, 100)
    assert move_boxes([Box(80, 0, 100, 20), Box(0, 0, 10, 10)], Change(right=0.1), size) == (
        Box(90, 0, 100, 20),
        Box(10, 0, 20, 10),
    )
    assert move_boxes([Box(92, 0, 100, 20)], Change(right=0.1), size) == (None,)


@given(SEEDS)
def test_the_changes_of_the_ssg_vqa_document_are_within_its_limits(seed):
    change = draw_change(SSG_VQA, np.random.default_rng(seed))
    assert abs(change.angle) <= 5
    assert change[1:4] == (0, 0, 1)
    assert 0.9 <= change.brightness <= 1.1
    assert 0.9 <= change.contrast <= 1.1
    assert not change.mirrored


def test_noise_has_the_given_deviation_and_stays_grey():
    film = np.full((200, 200), 0.5, np.float32)
    noisy = add_noise(film, np.random.default_rng(0))
    assert (noisy - film).std() == pytest.approx(0.01, rel=0.02)
    assert (noisy - film).mean() == pytest.approx(0, abs=3e-4)
    white = add_noise(np.ones((50, 50), np.float32), np.random.default_rng(0), sigma=0.5)
    assert white.max() <= 1
    assert white.min() >= 0


@settings(deadline=None)
@given(SEEDS)
def test_shaken_boxes_move_by_five_per_cent_at_most_and_stay_boxes_inside_the_film(seed):
    random = np.random.default_rng(seed)
    low = random.random((20, 2)) * 0.8
    boxes = np.concatenate([low, low + random.uniform(0.01, 0.2, (20, 2))], 1)
    moved = jitter_boxes(boxes, random)
    extent = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    assert (np.abs(moved - boxes) <= 0.05 * extent + 1e-12).all()
    assert (moved[:, :2] < moved[:, 2:]).all()
    assert moved.min() >= 0
    assert moved.max() <= 1


def test_shaken_boxes_really_move():
    boxes = np.tile([0.2, 0.2, 0.4, 0.4], (2000, 1))
    moved = jitter_boxes(boxes, np.random.default_rng(0)) - boxes
    # Uniform in +-.05 * .2: the deviation is .01 / sqrt 3.
    assert moved.std() == pytest.approx(0.01 / np.sqrt(3), rel=0.05)
