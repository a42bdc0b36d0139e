"""Where things stand in a chart."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.leaderboard.charts.bars import Bar, bars
from cxrbench.leaderboard.charts.curve import Line, chart
from cxrbench.leaderboard.charts.forest import Entry, forest
from cxrbench.leaderboard.charts.scale import Scale, spanning
from cxrbench.leaderboard.charts.shade import ends, shade

finite = st.floats(-1e6, 1e6, allow_nan=False)


@given(finite, st.floats(1e-3, 1e6), st.integers(2, 9))
def test_ticks_are_round_inside_and_rise(low, width, about):
    ticks = Scale(low, low + width, 0, 300).ticks(about)
    places = [place for place, _ in ticks]
    assert places == sorted(places)
    assert all(-0.11 <= place <= 300.11 for place in places)
    assert len({label for _, label in ticks}) == len(ticks)
    assert len(ticks) <= about + 1


def test_ticks_say_the_value_at_their_place():
    scale = Scale(0.0, 1.0, 50, 350)
    assert scale.ticks() == [(50, "0.0"), (110, "0.2"), (170, "0.4"), (230, "0.6"), (290, "0.8"), (350, "1.0")]
    assert Scale(-0.1, 0.1, 0, 100).ticks(4) == [
        (0, "−0.10"),
        (25, "−0.05"),
        (50, "0.00"),
        (75, "0.05"),
        (100, "0.10"),
    ]


@given(st.lists(finite), st.lists(finite, max_size=2))
def test_every_value_lies_on_a_spanning_scale(values, include):
    scale = spanning(values, 0, 100, include=include)
    assert scale.high > scale.low
    for value in (*values, *include):
        assert scale.low <= value <= scale.high


def test_a_forest_row_stands_at_its_value_and_spans_its_interval():
    plot = forest("t", [Entry("a", 0.5, (0.4, 0.6)), Entry("b", None, None, "undefined")], reference=0.5)
    first, second = plot.rows
    assert first.low < first.x < first.high
    assert first.x == plot.reference
    assert first.text == "0.50 [0.40, 0.60]"
    assert (second.x, second.low) == (None, None)
    assert second.text == "– undefined"


def test_a_forest_of_nothing_is_no_error():
    assert forest("t", []).rows == []


def test_a_roc_curve_keeps_its_corners_and_chance_is_the_diagonal():
    plot = chart("ROC", [Line("m", [0, 0, 1], [0, 1, 1])], x_title="x", y_title="y", unit_square=True, diagonal=True)
    (line,) = plot.lines
    assert line.points == f"{plot.left},{plot.bottom} {plot.left},{plot.top} {plot.right},{plot.top}"
    assert plot.diagonal == f"{plot.left},{plot.bottom} {plot.right},{plot.top}"


def test_bars_are_as_long_as_their_share():
    plot = bars("b", [Bar("all", 10, "10"), Bar("half", 5, "5"), Bar("none", 0, "0")])
    longest, half, none = (row.length for row in plot.rows)
    assert (half, none) == (longest / 2, 0)


def test_bars_without_any_count_are_no_error():
    assert bars("b", [Bar("a", 0, "0")]).rows[0].length == 0


def test_the_best_value_is_darkest_whichever_direction_is_better():
    low, high = ends([0.1, None, 0.9])
    assert (low, high) == (0.1, 0.9)
    assert [shade(value, low, high) for value in (0.1, 0.9, None)] == ["q0", "q8", "few"]
    assert [shade(value, low, high, higher_is_better=False) for value in (0.1, 0.9)] == ["q8", "q0"]
    assert shade(0.3, 0.3, 0.3) == "q4"


@pytest.mark.parametrize("macro", ["forest(plots[0], 'a')", "curve(plots[1], 'b')", "bars(plots[2], 'c')"])
def test_every_chart_names_itself_for_those_who_do_not_see_it(macro):
    from cxrbench.leaderboard.page.render import _environment

    plots = [
        forest("Scores <of> a & b", [Entry("a", 0.5, (0.4, 0.6))]),
        chart("Curve", [Line("m", [0, 1], [0, 1], [0, 0], [1, 1], marks=True)], x_title="x", y_title="y"),
        bars("Bars", [Bar("a", 1, "1", (0.5, 1.0))]),
    ]
    source = _environment().from_string('{% import "charts.html" as c %}{{ c.' + macro + " }}").render(plots=plots)
    key = macro.split("'")[1]
    assert f'role="img" aria-labelledby="{key}-t {key}-d"' in source
    assert re.search(rf'<title id="{key}-t">[^<]+</title><desc id="{key}-d">[^<]+</desc>', source)
    assert "style=" not in source
