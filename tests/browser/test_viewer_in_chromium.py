"""The example viewer in a real browser, opened from a file."""

import re

import pytest
from report_runs import hostile, other, rad, report_config, report_root, rich, sealed  # noqa: F401

from cxrbench.leaderboard.run_pages import PageOptions, write_pages
from cxrbench.leaderboard.viewer.write import ViewerOptions

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def viewer(rich, other, tmp_path_factory):  # noqa: F811
    out = tmp_path_factory.mktemp("viewer")
    return write_pages(rich, PageOptions(out=out, examples=True, others=[other])).viewer


@pytest.fixture
def opened(viewer, open_file):
    return open_file(viewer)


def title(page):
    return page.locator("#example h2").inner_text()


def listed(page):
    return page.locator("#list .id").all_inner_texts()


@pytest.mark.parametrize("name", ["rich", "rad", "hostile", "sealed"])
@pytest.mark.parametrize("films", ["link", "embed", "none"])
def test_every_example_opens_without_a_complaint_and_without_a_request_beyond_the_films(
    name, films, request, open_file, tmp_path
):
    run = request.getfixturevalue(name)
    path = write_pages(run, PageOptions(out=tmp_path, examples=True, viewer=ViewerOptions(films=films))).viewer
    opened = open_file(path)
    page = opened.page
    count = page.locator("#list li").count()
    for _ in range(count):
        page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_load_state("networkidle")
    assert opened.complaints == []
    outside = [url for url in opened.requests if not url.startswith(("file://", "data:"))]
    assert outside == []
    others = {url.split("#")[0] for url in opened.requests} - {path.as_uri()}
    if films == "link" and name in ("rich", "rad", "hostile"):
        assert others
        assert all(url.endswith((".png", ".jpg")) for url in others)
    else:
        assert not any(url.startswith("file:") for url in others)


def test_linked_films_are_shown_under_their_boxes_in_their_own_pixels(opened):
    page = opened.page
    picture = page.locator("figure.film svg").first
    assert picture.get_attribute("viewBox") == "0 0 16 16"
    loaded = page.evaluate("""async () => {
        const image = new Image(); image.src = document.querySelector('figure.film image').getAttribute('href');
        await image.decode(); return image.naturalWidth;
    }""")
    assert loaded == 16
    box = page.locator("figure.film rect.predicted").first
    assert [box.get_attribute(name) for name in ("x", "y", "width", "height")] == ["2", "3", "7", "9"]
    assert (
        page.evaluate("getComputedStyle(document.querySelector('figure.film rect.predicted')).strokeDasharray")
        != "none"
    )


def test_the_policy_allows_films_and_nothing_else(opened):
    opened.page.evaluate("""() => {
        const [image, script] = ['img', 'script'].map((tag) => document.createElement(tag));
        image.src = 'http://127.0.0.1:9/x.png';
        script.textContent = 'window.broken = 1';
        document.body.append(image, script);
    }""")
    opened.page.wait_for_timeout(100)
    assert opened.page.evaluate("window.broken") is None
    assert len([text for text in opened.complaints if "Content Security Policy" in text]) == 2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"color_scheme": "dark"},
        {"viewport": {"width": 390, "height": 844}},
        {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
    ],
)
def test_axe_finds_no_violation(viewer, open_file, violations, options):
    page = open_file(viewer, **options).page
    assert violations(page) == []
    page.keyboard.press("?")
    assert violations(page) == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_wider_than_the_screen_whatever_the_texts(viewer, hostile, open_file, tmp_path, width):  # noqa: F811
    for path in (viewer, write_pages(hostile, PageOptions(out=tmp_path, examples=True)).viewer):
        page = open_file(path, viewport={"width": width, "height": 800}).page
        for _ in range(12):
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.keyboard.press("j")


def test_worst_examples_come_first_and_best_ones_on_request(opened):
    page = opened.page

    def marks():
        return [float(text) for text in page.locator("#list .mark").all_inner_texts() if text != "–"]

    assert marks() == sorted(marks())
    page.select_option("#order", "best")
    assert marks() == sorted(marks(), reverse=True)
    page.select_option("#order", "sure")
    assert marks() == sorted(marks(), reverse=True)
    assert marks()[0] > 0.9
    assert page.locator("#score").is_disabled()


def test_models_disagree_orders_by_the_spread_of_their_scores(opened):
    page = opened.page
    page.select_option("#order", "disagree")
    marks = page.locator("#list .mark").all_inner_texts()
    spreads = [float(text.removeprefix("± ")) for text in marks if text != "–"]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] > 0
    assert page.locator("#example .model").count() == 2


def test_keys_walk_through_examples_maps_boxes_search_and_help(opened):
    page = opened.page
    names = listed(page)
    assert title(page) == names[0]
    for key, expected in (("j", 1), ("ArrowRight", 2), ("k", 1), ("ArrowLeft", 0), ("k", 0)):
        page.keyboard.press(key)
        assert title(page) == names[expected]
    assert page.locator("figure.film rect.box").count() > 0
    page.keyboard.press("b")
    assert page.locator("figure.film rect.box").count() == 0
    assert page.locator("figure.film rect.heat").count() == 0
    page.keyboard.press("a")
    assert page.locator("figure.film rect.heat").count() > 5
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("j")
    assert title(page) == names[0]
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("jk?")
    assert page.locator("#search").input_value() == "jk?"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") != "search"


def test_arrows_walk_the_list_while_it_has_the_focus(opened):
    page = opened.page
    names = listed(page)
    page.locator("#list button").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert title(page) == names[2]
    assert page.evaluate("document.activeElement.getAttribute('aria-current')") == "true"


def test_search_finds_words_of_reference_and_answer_and_says_when_nothing_matches(opened, until):
    page = opened.page
    page.fill("#search", "CONSOLIDATION pneumothorax")
    until(page, "document.getElementById('range').textContent.indexOf('of 44') < 0")
    found = int(page.locator("#range").inner_text().split(" of ")[1])
    assert 0 < found < 44
    for _ in range(found):
        text = page.locator("#example").inner_text().lower()
        assert "consolidation" in text
        assert "pneumothorax" in text
        page.keyboard.press("Escape")
        page.keyboard.press("j")
    page.fill("#search", "no such words <b>")
    page.wait_for_selector("#nothing:visible")
    assert not page.locator("#example").is_visible()
    page.fill("#search", "")
    page.wait_for_selector("#example:visible")


def test_a_choice_shows_only_its_examples(opened):
    page = opened.page
    page.select_option("#show", label="Missed: Cardiomegaly")
    count = page.locator("#list li").count()
    assert 0 < count < 44
    for _ in range(count):
        assert page.locator("#example .chip.missed", has_text="Cardiomegaly").count() >= 1
        page.keyboard.press("j")


def test_the_address_is_a_permalink_to_the_example_and_the_view(opened, viewer, open_file, until):
    page = opened.page
    page.select_option("#order", "best")
    page.select_option("#show", label="Finding: abnormal")
    page.fill("#search", "effusion")
    until(page, "location.hash.includes('q=effusion')")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    fragment = page.evaluate("location.hash")
    names = listed(page)
    again = open_file(viewer, fragment).page
    assert title(again) == title(page)
    assert listed(again) == names
    assert again.locator("#order").input_value() == "best"
    assert again.locator("#search").input_value() == "effusion"
    assert again.locator("#example header a").get_attribute("href") == fragment


def test_a_changed_address_changes_the_example(opened, until):
    page = opened.page
    name = listed(page)[7]
    page.evaluate(f"location.hash = '#id={name}'")
    until(page, f"document.querySelector('#example h2').textContent === '{name}'")
    page.evaluate("location.hash = '#id=unknown&order=nonsense&score=<b>&show=x&q='")
    until(page, "document.querySelector('#list [aria-current]') !== null")
    assert page.locator("#order").input_value() == "worst"


def test_links_of_the_report_open_their_example(rich, viewer, open_file):  # noqa: F811
    report = open_file(viewer.with_name("report.html"))
    link = report.page.locator("a.mono").first
    name = link.inner_text()
    link.click()
    report.page.wait_for_selector("#example h2")
    assert title(report.page) == name


def test_words_that_differ_are_marked_on_both_sides(opened):
    page = opened.page
    assert page.locator("mark.missing").count() > 0
    assert page.locator("mark.extra").count() > 0
    lines = page.evaluate(
        "[...document.querySelectorAll('mark')].map((one) => getComputedStyle(one).textDecorationLine)"
    )
    assert set(lines) == {"underline"}


def test_the_list_is_paged_and_its_buttons_say_where_it_ends(opened):
    page = opened.page
    page.select_option("#order", "data")
    assert page.locator("#list li").count() == 40
    assert re.fullmatch("1–40 of 44", page.locator("#range").inner_text())
    assert page.locator("#page-back").is_disabled()
    page.locator("#page-on").click()
    assert page.locator("#list li").count() == 4
    assert page.locator("#page-on").is_disabled()


def test_print_shows_the_example_alone(opened, tmp_path):
    page = opened.page
    page.emulate_media(media="print")
    assert not page.locator(".list").is_visible()
    assert page.locator("#example").is_visible()
    assert len(page.pdf()) > 2000


def test_without_a_script_it_says_what_it_needs(viewer, open_file):
    page = open_file(viewer, java_script_enabled=False).page
    assert "needs its script" in page.locator("noscript, .banner").first.inner_text()


def test_restricted_examples_show_chips_and_say_why_there_is_no_more(sealed, open_file, tmp_path):  # noqa: F811
    page = open_file(write_pages(sealed, PageOptions(out=tmp_path, examples=True)).viewer).page
    assert "left out" in page.locator(".banner").first.inner_text()
    assert page.locator("#example .chip").count() > 0
    assert page.locator("#example image").count() == 0
    assert "SECRETWORD" not in page.content()
