"""How names and numbers are written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.leaderboard.page import text


@given(st.text())
def test_no_control_or_direction_character_survives(source):
    shown = text.plain(source)
    assert len(shown) == len(source)
    assert not set(shown) & {"\x00", "\x1b", "\u202e", "\u2066", "\u200b", "\ufeff"}


def test_line_ends_and_tabs_stay_so_that_reports_keep_their_shape():
    assert text.plain("a\n\tb") == "a\n\tb"


@given(st.text(), st.integers(1, 80))
def test_a_shortened_name_is_one_line_of_the_asked_width(source, width):
    shown = text.shortened(source, width)
    assert len(shown) <= width
    assert "\n" not in shown


@pytest.mark.parametrize(
    ("value", "interval", "shown"),
    [
        (0.27184, (0.26, 0.284), "0.272"),
        (0.27184, (0.1, 0.4), "0.27"),
        (12.3456, (10.0, 15.0), "12.35"),
        (0.5, None, "0.500"),
        (-0.0, (-0.0, 0.0), "0.000"),
        (-0.0001, (-0.01, 0.01), "0.000"),
        (None, None, "–"),
    ],
)
def test_digits_follow_the_width_of_the_interval(value, interval, shown):
    assert text.number(value, interval) == shown


def test_differences_carry_a_sign_and_a_true_minus():
    assert text.signed(-0.1234, (-0.4, 0.2)) == "−0.12"
    assert text.signed(0.1234, (0.12, 0.13)) == "+0.123"


@pytest.mark.parametrize(("p", "shown"), [(0.00049, "< 0.001"), (0.04999, "0.050"), (1.0, "1.000"), (None, "–")])
def test_a_p_value_is_never_written_as_zero(p, shown):
    assert text.p_value(p) == shown


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6), st.floats(0, 1e3))
def test_a_written_number_reads_back_as_the_value_to_its_last_digit(value, width):
    digits = text.decimals((value, value + width))
    assert 2 <= digits <= 3
    assert math.isclose(float(text.number(value, (value, value + width))), value, abs_tol=0.51 * 10**-digits)
