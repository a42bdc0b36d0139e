"""The page of attention maps."""

import numpy as np
import pytest
from PIL import Image

from cxrbench.core.errors import UsageError
from cxrbench.reference_models.chexquery.attention_overlay import draw_overlay, enlarge, focus, relative
from cxrbench.reference_models.chexquery.config import QUERY_CONDITIONS, QUERY_REGIONS
from cxrbench.reference_models.chexquery.predictor import GeneratedReport


def report(spot: int | None) -> GeneratedReport:
    grid = np.full((16, 16), 1 / 256, np.float32)
    if spot is not None:
        grid = np.zeros((16, 16), np.float32)
        grid[spot - 1 : spot + 2, spot - 1 : spot + 2] = 1 / 9
    names = (*QUERY_CONDITIONS, *QUERY_REGIONS)
    probabilities = dict.fromkeys(QUERY_CONDITIONS, 0.25)
    return GeneratedReport("Findings: Clear lungs.", probabilities, 0.5, 4, True, dict.fromkeys(names, grid))


def test_the_page_shows_colour_where_the_queries_looked(tmp_path):
    film = np.full((90, 120), 128, np.uint8)
    pages = [
        np.asarray(Image.open(draw_overlay(film, report(spot), tmp_path / f"{spot}.png")).convert("RGB")).astype(int)
        for spot in (3, 12)
    ]
    assert pages[0].shape == pages[1].shape
    assert min(pages[0].shape[:2]) > 800
    assert (abs(pages[0] - pages[1]).max(-1) > 60).sum() > 2000
    assert (pages[0].max(-1) - pages[0].min(-1) > 60).sum() > 2000


def test_a_report_without_maps_says_how_to_get_them(tmp_path):
    plain = GeneratedReport("x", {}, 0.5, 1, True)
    with pytest.raises(UsageError, match="no attention maps"):
        draw_overlay(np.zeros((8, 8), np.uint8), plain, tmp_path / "a.png")


def test_focus_is_a_tenth_when_uniform_and_one_when_on_one_patch():
    assert focus(np.full((10, 10), 0.3)) == pytest.approx(0.1)
    assert focus(np.eye(1, 100).reshape(10, 10)) == 1.0
    assert focus(np.zeros((4, 4))) == 0.0


def test_maps_are_scaled_to_their_own_maximum():
    assert relative(np.array([[0.0, 2.0]])).tolist() == [[0.0, 1.0]]
    assert relative(np.zeros((2, 2))).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_an_enlarged_map_keeps_its_peak_in_place():
    grid = np.zeros((16, 16))
    grid[4, 12] = 1.0
    big = enlarge(grid, (320, 160))
    assert big.shape == (160, 320)
    row, column = np.unravel_index(big.argmax(), big.shape)
    assert abs(row - 45) <= 5
    assert abs(column - 250) <= 10
