"""The report in a real browser, opened from a file."""

import re

import pytest
from report_runs import hostile, other, rad, report_config, report_root, rich, sealed  # noqa: F401

from cxrbench.leaderboard.run_pages import PageOptions, write_pages

pytestmark = pytest.mark.browser
DARK_AND_NARROW = [
    {},
    {"color_scheme": "dark"},
    {"viewport": {"width": 390, "height": 844}},
    {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
]


@pytest.fixture(scope="module")
def report(rich, tmp_path_factory):  # noqa: F811
    return write_pages(rich, PageOptions(out=tmp_path_factory.mktemp("report"))).report


@pytest.mark.parametrize("name", ["rich", "rad", "hostile", "sealed"])
def test_the_page_opens_without_a_complaint_and_asks_for_nothing(name, request, open_file, tmp_path):
    path = write_pages(request.getfixturevalue(name), PageOptions(out=tmp_path)).report
    opened = open_file(path)
    assert opened.complaints == []
    assert opened.requests == [path.as_uri()]
    assert opened.page.locator("h1").count() == 1


def test_the_policy_is_in_force(report, open_file):
    opened = open_file(report)
    opened.page.evaluate("""() => {
        const [image, script] = ['img', 'script'].map((tag) => document.createElement(tag));
        image.src = 'data:image/gif;base64,R0lGODlhAQABAAAAACw=';
        script.textContent = 'window.broken = 1';
        document.body.append(image, script);
    }""")
    assert opened.page.evaluate("window.broken") is None
    assert len([text for text in opened.complaints if "Content Security Policy" in text]) == 2


@pytest.mark.parametrize("options", DARK_AND_NARROW)
def test_axe_finds_no_violation(report, open_file, violations, options):
    assert violations(open_file(report, **options).page) == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_only_tables_and_charts_scroll_sideways(report, open_file, width):
    page = open_file(report, viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_tables_are_offered_as_csv_that_no_spreadsheet_takes_for_formulas(report, open_file):
    page = open_file(report).page
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV: Headline scores").click()
    text = waiting.value.path().read_text(encoding="utf-8")
    assert waiting.value.suggested_filename == "headline-scores.csv"
    assert text.startswith("Score,Value,95 % interval,n,")
    assert "BLEU-4" in text
    assert not re.search(r"(^|,)[=+@]", text, re.MULTILINE)


def test_it_reads_without_a_script(report, open_file):
    page = open_file(report, java_script_enabled=False).page
    assert page.get_by_role("heading", name="Strata").is_visible()
    assert page.locator("table").count() > 5


def test_print_holds_every_row_of_every_table(report, open_file, tmp_path):
    page = open_file(report).page
    rows = page.locator("tbody tr").count()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    hidden = page.evaluate("[...document.querySelectorAll('tbody tr')].filter((row) => !row.offsetHeight).length")
    assert rows > 60
    assert hidden == 0
    assert not page.locator(".contents").is_visible()
    page.pdf(path=tmp_path / "report.pdf")
    text = pdf_text(tmp_path / "report.pdf")
    for words in ("Enlarged Cardiomediastinum", "Refused rate", "rules_labels|protocol", "Started, ended"):
        assert words.replace(" ", "") in text.replace(" ", "")


def test_print_is_dark_on_light_whatever_the_screen_prefers(report, open_file):
    page = open_file(report, color_scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    read = "((element, name) => getComputedStyle(element)[name])"
    assert page.evaluate(f"{read}(document.body, 'backgroundColor')") == "rgb(255, 255, 255)"
    assert page.evaluate(f"{read}(document.querySelector('td.q8, td.q7, td.q6'), 'color')") == "rgb(0, 0, 0)"


def pdf_text(path):
    """The text of a PDF; the test is skipped where no program can read one."""
    import shutil
    import subprocess

    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext")
    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode().replace("\n", " ")


def test_links_of_the_contents_lead_to_their_sections(report, open_file):
    page = open_file(report).page
    for link in page.locator("nav.contents a").all():
        name = link.get_attribute("href").removeprefix("#")
        assert page.locator(f"[id='{name}']").count() == 1
