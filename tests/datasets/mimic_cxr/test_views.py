from __future__ import annotations

import pytest

from cxrbench.datasets.mimic_cxr.views import frontal_rank, primary_frontal, view_name


@pytest.mark.parametrize(
    ("view", "code", "name", "frontal"),
    [
        ("PA", "postero-anterior", "PA", True),
        ("AP", "antero-posterior", "AP", True),
        ("ap ", None, "AP", True),
        ("", "postero-anterior", "PA", True),
        (None, "Antero-posterior", "AP", True),
        ("LATERAL", "lateral", "lateral", False),
        ("LL", "left lateral", "lateral", False),
        ("XTABLE LATERAL", "", "lateral", False),
        ("", "left lateral", "lateral", False),
        ("AP AXIAL", "antero-posterior", "AP AXIAL", False),
        ("PA LLD", "postero-anterior", "PA LLD", False),
        ("SWIMMERS", "", "SWIMMERS", False),
        ("", "", "unknown", False),
        (None, None, "unknown", False),
    ],
)
def test_what_a_film_is_called_and_whether_it_is_frontal(
    view: str | None, code: str | None, name: str, frontal: bool
) -> None:
    assert view_name(view, code) == name
    assert (frontal_rank(view, code) is not None) == frontal


def test_the_order_of_frontal_films() -> None:
    films = [("e", "LATERAL", ""), ("d", "", "antero-posterior"), ("c", "", "postero-anterior")]
    assert primary_frontal(films[:1]) is None
    assert primary_frontal(films[:2]) == "d"
    assert primary_frontal(films) == "c"
    assert primary_frontal([*films, ("b", "AP", "")]) == "b"
    assert primary_frontal([*films, ("b", "AP", ""), ("z", "PA", ""), ("y", "PA", "")]) == "y"
