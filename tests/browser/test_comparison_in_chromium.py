"""The page of a comparison in a real browser: quiet, self-contained, accessible, and printed whole."""

import pytest
from small_runs import base, constant, iu_root, retrieval

from cxrbench.core.comparing import compare
from cxrbench.leaderboard.comparison.write import write_comparison

__all__ = ["base", "constant", "iu_root", "retrieval"]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(constant, retrieval, tmp_path_factory):
    path = tmp_path_factory.mktemp("comparison") / "comparison.html"
    found = compare([constant, retrieval], strata=["finding"], noninferior={"rouge_l": 0.1}, resamples=200)
    write_comparison(found, path)
    return path


def test_it_opens_without_a_complaint_and_asks_for_nothing_else(open_file, page_file):
    opened = open_file(page_file)
    assert opened.complaints == []
    assert opened.requests == [page_file.resolve().as_uri()]


def test_a_script_that_is_not_its_own_does_not_run(open_file, page_file):
    opened = open_file(page_file)
    opened.page.evaluate(
        "() => { const added = document.createElement('script'); added.textContent = 'window.ran = 1';"
        " document.body.append(added) }"
    )
    assert opened.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in text for text in opened.complaints)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_blame(open_file, page_file, violations, scheme):
    assert violations(open_file(page_file, color_scheme=scheme).page) == []


def test_it_fits_a_narrow_screen(open_file, page_file):
    page = open_file(page_file, viewport={"width": 320, "height": 700}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_what_is_folded_opens_from_the_keyboard(open_file, page_file):
    page = open_file(page_file).page
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('details').open")


def test_it_prints(open_file, page_file):
    assert open_file(page_file).page.pdf()[:5] == b"%PDF-"
