import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.errors import UsageError
from cxrbench.core.types import Box
from cxrbench.reference_models.chexquery.augment import (
    NO_AUGMENTATION,
    AugmentSettings,
    Change,
    apply_changes,
    draw_change,
    mirror_boxes,
    swap_sides,
)

SIDE = 64


def film(row: int, column: int) -> torch.Tensor:
    """A black film with one bright blob."""
    pixels = torch.zeros(1, SIDE, SIDE, dtype=torch.uint8)
    pixels[0, row - 2 : row + 3, column - 2 : column + 3] = 255
    return pixels


def blob(films: torch.Tensor) -> tuple[float, float]:
    """Row and column of the centre of mass."""
    weight = films[0, 0] / films[0, 0].sum()
    axis = torch.arange(SIDE, dtype=torch.float32)
    return float((weight.sum(1) * axis).sum()), float((weight.sum(0) * axis).sum())


def expected(row: float, column: float, change: Change) -> tuple[float, float]:
    """Where a point goes, by the definition: mirror, then scale and turn about the centre, then shift."""
    centre = (SIDE - 1) / 2
    x, y = column - centre, row - centre
    if change.mirrored:
        x = -x
    angle = np.deg2rad(change.angle)
    x, y = x * np.cos(angle) + y * np.sin(angle), -x * np.sin(angle) + y * np.cos(angle)
    return (
        y * change.scale + centre + change.down * SIDE,
        x * change.scale + centre + change.right * SIDE,
    )


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), row=st.integers(12, 51), column=st.integers(12, 51), hflip=st.booleans())
def test_a_spot_lands_where_the_change_says(seed, row, column, hflip):
    change = draw_change(AugmentSettings(hflip=hflip, brightness=0, contrast=0), np.random.default_rng(seed))
    found = blob(apply_changes(film(row, column), [change]))
    assert found == pytest.approx(expected(row, column, change), abs=0.25)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), row=st.integers(8, 55), column=st.sampled_from([14, 20, 43, 49]))
def test_left_and_right_never_get_mixed_up(seed, row, column):
    words = {True: "Opacity in the left lung.", False: "Opacity in the right lung."}
    # The patient's left is on the right side of the image.
    text = words[column > SIDE // 2]
    change = draw_change(AugmentSettings(hflip=True), np.random.default_rng(seed))
    _, after = blob(apply_changes(film(row, column), [change]))
    told = swap_sides(text) if change.mirrored else text
    assert told == words[after > SIDE / 2]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_without_the_option_no_film_is_ever_mirrored(seed):
    assert not draw_change(AugmentSettings(), np.random.default_rng(seed)).mirrored


def test_with_the_option_about_half_of_the_films_are_mirrored():
    random = np.random.default_rng(0)
    drawn = [draw_change(AugmentSettings(hflip=True), random).mirrored for _ in range(1000)]
    assert 440 < sum(drawn) < 560


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_changes_stay_within_the_documented_limits(seed):
    change = draw_change(AugmentSettings(), np.random.default_rng(seed))
    assert abs(change.angle) <= 5
    assert abs(change.right) <= 0.03
    assert abs(change.down) <= 0.03
    assert 0.97 <= change.scale <= 1.03
    assert 0.95 <= change.brightness <= 1.05
    assert 0.95 <= change.contrast <= 1.05


def test_no_augmentation_returns_the_film():
    pixels = torch.randint(0, 256, (3, SIDE, SIDE), dtype=torch.uint8)
    changes = [draw_change(NO_AUGMENTATION, np.random.default_rng(0))] * 3
    torch.testing.assert_close(apply_changes(pixels, changes), pixels[:, None] / 255.0, rtol=0, atol=1e-5)


def test_what_lies_outside_the_film_is_black():
    white = torch.full((1, SIDE, SIDE), 255, dtype=torch.uint8)
    shifted = apply_changes(white, [Change(right=0.25)])
    assert float(shifted[0, 0, :, : SIDE // 4 - 1].max()) == 0
    assert float(shifted[0, 0, :, SIDE // 4 + 1 :].min()) == pytest.approx(1)


def test_brightness_scales_and_contrast_stretches_about_the_mean():
    grey = torch.full((1, SIDE, SIDE), 100, dtype=torch.uint8)
    grey[0, : SIDE // 2] = 50
    brighter = apply_changes(grey, [Change(brightness=1.05)])
    torch.testing.assert_close(brighter, grey[:, None] / 255 * 1.05, rtol=0, atol=1e-5)
    stretched = apply_changes(grey, [Change(contrast=1.05)])
    assert float(stretched.mean()) == pytest.approx(75 / 255, abs=1e-5)
    assert float(stretched.max() - stretched.min()) == pytest.approx(50 / 255 * 1.05, abs=1e-5)


def test_a_film_changes_the_same_whatever_batch_it_is_in():
    pixels = torch.randint(0, 256, (4, SIDE, SIDE), dtype=torch.uint8)
    changes = [draw_change(AugmentSettings(hflip=True), np.random.default_rng(seed)) for seed in range(4)]
    together = apply_changes(pixels, changes)
    for index, change in enumerate(changes):
        alone = apply_changes(pixels[index : index + 1], [change])
        torch.testing.assert_close(alone[0], together[index], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "swapped"),
    [
        ("Left lower lobe opacity.", "Right lower lobe opacity."),
        ("Small right-sided effusion, larger on the LEFT.", "Small left-sided effusion, larger on the RIGHT."),
        ("RUL nodule; LLL atelectasis", "LUL nodule; RLL atelectasis"),
        ("left_lung", "right_lung"),
        ("The trachea deviates rightward.", "The trachea deviates leftward."),
        ("Upright film. Cleft. Bilateral effusions. Brightness.",) * 2,
        ("the patient's leftmost rib", "the patient's rightmost rib"),
    ],
)
def test_sides_are_exchanged_in_words_and_nowhere_else(text, swapped):
    assert swap_sides(text) == swapped
    assert swap_sides(swapped) == text


@given(
    st.lists(st.sampled_from(["left", "Right", "LEFT", "RUL", "lung", "upright", "bilateral", ".", "LLL", "-sided"]))
)
def test_exchanging_twice_gives_the_text_back(words):
    text = " ".join(words)
    assert swap_sides(swap_sides(text)) == text


def test_boxes_are_mirrored_with_their_labels():
    (box,) = mirror_boxes([Box(10, 20, 30, 60, label="left_lung", score=0.5)], 100)
    assert box == Box(70, 20, 90, 60, label="right_lung", score=0.5)
    assert mirror_boxes([box], 100) == (Box(10, 20, 30, 60, label="left_lung", score=0.5),)


def test_impossible_limits_are_refused():
    with pytest.raises(UsageError, match="impossible augmentation"):
        AugmentSettings(scale=(1.2, 0.8))
