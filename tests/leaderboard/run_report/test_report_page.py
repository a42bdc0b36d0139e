"""The page of a run: complete, small, and unbroken by whatever names and texts hold."""

import json
import re
from html.parser import HTMLParser

import pytest
from report_runs import copied

from cxrbench.core.errors import DataError, UsageError
from cxrbench.leaderboard.run_pages import PageOptions, write_pages
from cxrbench.leaderboard.run_report.render import report_html
from cxrbench.leaderboard.run_report.summary import summarise
from cxrbench.leaderboard.run_report.write import report_path

VOID = {"meta", "link", "br", "input", "img", "hr"}


class Elements(HTMLParser):
    """Elements with their attributes, and whether they are closed in order (SVG shapes close themselves)."""

    def __init__(self):
        super().__init__()
        self.found, self.open, self.broken = [], [], []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.broken.append(tag)


def parsed(html):
    elements = Elements()
    elements.feed(html)
    return elements


@pytest.fixture(scope="module")
def page(rich):
    return report_html(summarise(rich, few=3))


def test_the_page_is_well_formed_and_every_id_occurs_once(page):
    elements = parsed(page)
    assert elements.broken == []
    assert elements.open == []
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    names = {name for _, attributes in elements.found for name in attributes.get("aria-labelledby", "").split()}
    assert names <= set(ids)
    anchors = {value[1:] for _, attributes in elements.found if (value := attributes.get("href", "")).startswith("#")}
    assert anchors <= set(ids)


def test_the_page_loads_nothing_and_a_policy_forbids_it(page):
    for tag, attributes in parsed(page).found:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form")
        assert "src" not in attributes
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page


def test_every_chart_has_a_title_and_a_description(page):
    assert len(re.findall("<svg", page)) == len(re.findall("<title id=", page)) == len(re.findall("<desc id=", page))
    assert len(re.findall("<svg", page)) > 10


def test_every_table_has_a_caption_and_headings_with_a_scope(page):
    elements = parsed(page)
    assert page.count("<table") == page.count("<caption")
    assert all("scope" in attributes for tag, attributes in elements.found if tag == "th")


def test_every_score_and_signature_of_the_run_is_on_the_page(page, rich):
    scores = json.loads((rich / "results.json").read_text())["scores"]
    for name, score in scores.items():
        if "/" not in name:
            assert name in page
            assert score["signature"] in page


def test_the_page_without_examples_stays_small(page, rad):
    assert len(page.encode()) < 300_000
    assert len(report_html(summarise(rad)).encode()) < 300_000


def test_an_incomplete_run_says_so_on_top(page):
    assert page.index("Incomplete run.") < page.index("Headline scores")


def test_ids_link_to_the_viewer_where_there_is_one(rich):
    html = report_html(summarise(rich), viewer="viewer.html")
    assert re.search(r'href="viewer\.html#id=\w+"', html)
    assert "viewer.html" not in report_html(summarise(rich))


def test_hostile_names_and_texts_stay_text(hostile):
    html = report_html(summarise(hostile))
    elements = parsed(html)
    assert elements.broken == []
    scripts = [attributes for tag, attributes in elements.found if tag == "script"]
    assert len(scripts) == 1
    assert not any(tag in ("img", "b") for tag, _ in elements.found)
    assert not any(name.startswith("on") for _, attributes in elements.found for name in attributes)
    assert html.count("</script>") == 1
    for character in "\x00\x07\x1b\u202e\u2066\u200f\ud800":
        assert character not in html
    assert "x" * 1000 not in html
    assert "&lt;script&gt;" in html
    html.encode("utf-8")


def test_a_hostile_model_name_is_cut_in_the_title_but_not_lost(hostile):
    html = report_html(summarise(hostile))
    title = re.search("<title>(.*?)</title>", html)[1]
    assert len(title) < 900
    assert "&lt;script&gt;alert(1)" in title


def test_a_page_of_restricted_data_holds_no_text_of_theirs_and_says_so(sealed, tmp_path):
    written = write_pages(sealed, PageOptions(out=tmp_path / "r.html"))
    data = written.report.read_bytes()
    assert b"SECRETWORD" not in data
    assert b"could not encode" not in data
    assert b"Restricted data." in data
    assert any(heading == "Restricted data" for heading, _ in written.banners)


def test_the_report_goes_into_the_run_folder_unless_a_place_is_named(rich, tmp_path):
    run = copied(rich, tmp_path)
    assert write_pages(run).report == run / "report.html"
    assert (run / "report.html").read_text().startswith("<!doctype html>")
    (tmp_path / "site").mkdir()
    assert write_pages(run, PageOptions(out=tmp_path / "site")).report == tmp_path / "site" / "report.html"


def test_a_report_under_another_suffix_is_refused(rich, tmp_path):
    with pytest.raises(UsageError, match=r"report\.pdf"):
        write_pages(rich, PageOptions(out=tmp_path / "report.pdf"))
    with pytest.raises(DataError, match="not a run folder"):
        write_pages(tmp_path)
    assert report_path.__doc__


def test_two_reports_of_one_run_are_equal_byte_for_byte(rich, tmp_path):
    first, second = (write_pages(rich, PageOptions(out=tmp_path / name)).report for name in ("a.html", "b.html"))
    assert first.read_bytes() == second.read_bytes()
