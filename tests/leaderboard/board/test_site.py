"""The folder of pages: what is written, what an earlier build leaves, hostile names, sizes, and no arithmetic."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from board_runs import Model, edited, made

import cxrbench.leaderboard
from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.jsonio import StorageError
from cxrbench.leaderboard.board.analysis import Settings
from cxrbench.leaderboard.board.build import Options, build

HOSTILE = {
    "markup": "<script>alert(1)</script><b>bold</b>",
    "closing": "</script></td></table><img src=x onerror=alert(1)>",
    "quotes": "\"'><svg onload=alert(1)>",
    "formula": '=HYPERLINK("http://evil","x")',
    "latex": r"\input{/etc/passwd} $x_1$ 100% & #",
    "rtl": "abc\u202egnp.exe\u2066",
    "null": "nu\0ll",
    "long": "x" * 10_000,
    "surrogate": "lone \ud800",
    "template": "{{ 7 * 7 }} {% raw %}",
}


class Elements(HTMLParser):
    """Start tags with their attributes, and the text outside scripts and styles."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.text, self._raw = [], [], 0
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._raw += tag in ("script", "style")

    def handle_endtag(self, tag):
        self._raw -= tag in ("script", "style")

    def handle_data(self, data):
        if not self._raw:
            self.text.append(data)


def page_of(site, name="numbers--plain.html"):
    return (site.folder / name).read_text(encoding="utf-8")


def test_every_run_and_score_is_on_the_page_without_a_script(site, table):
    elements = Elements(page_of(site))
    text = " ".join(elements.text)
    for row in table["rows"]:
        assert row["label"] in text
    rows = [attributes for tag, attributes in elements.tags if tag == "tr" and "id" in attributes]
    assert len(rows) == len(table["rows"])
    assert sum(tag == "svg" for tag, _ in elements.tags) >= 4 * 3


def test_headers_are_buttons_with_scope(site):
    elements = Elements(page_of(site))
    headers = [attributes for tag, attributes in elements.tags if tag == "th" and "data-col" in attributes]
    assert len(headers) == 4 + 4
    assert all(attributes["scope"] == "col" for attributes in headers)


def test_nothing_is_fetched_and_nothing_is_styled_or_scripted_inline(site):
    for name in site.files:
        if not name.endswith(".html"):
            continue
        for tag, attributes in Elements(page_of(site, name)).tags:
            assert "src" not in attributes
            assert "style" not in attributes
            assert not any(key.startswith("on") for key in attributes)
            assert tag not in ("link", "iframe", "object", "embed", "base", "img")


def test_links_lead_to_pages_of_the_site_or_places_on_the_page(site):
    for name in ("index.html", "numbers--plain.html"):
        elements = Elements(page_of(site, name))
        ids = {attributes["id"] for _, attributes in elements.tags if "id" in attributes}
        for tag, attributes in elements.tags:
            target = attributes.get("href") if tag == "a" else None
            if target is None:
                continue
            file, _, place = target.partition("#")
            assert not file or (site.folder / file).is_file(), target
            assert not place or file or place in ids, target


def test_ids_are_unique(site):
    ids = [attributes["id"] for _, attributes in Elements(page_of(site)).tags if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, options):
    root = tmp_path_factory.mktemp("hostile")
    for number, (name, text) in enumerate(HOSTILE.items()):
        (folder,) = made(root / "runs", Model(name, 0.4 + number / 40))
        for file in ("run.json", "results.json"):
            edited(folder, file, lambda record, text=text: hostile_record(record, text))
    return build(root / "runs", root / "site", options)


def hostile_record(record, text):
    if "scores" in record:
        record["model"] = text
        record["scores"][text] = dict(record["scores"]["quality"], signature=text)
    else:
        record["model"].update(name=text, version=text, notes=[text], licence=text, trained_on=[text])
        record["provenance"].update(command=text, git_commit=text, ended=text)


def test_hostile_names_are_text(hostile):
    (table,) = hostile.summary["tables"]
    assert len(table["rows"]) == len(HOSTILE)
    for name in hostile.files:
        if not name.endswith(".html"):
            continue
        source = page_of(hostile, name)
        elements = Elements(source)
        tags = {tag for tag, _ in elements.tags}
        assert not tags & {"img", "b onclick"}
        assert sum(tag == "script" for tag, _ in elements.tags) == (2 if name.startswith("numbers") else 1)
        assert not any(key.startswith("on") for _, attributes in elements.tags for key in attributes)
        assert "<script>alert" not in source.split("<script type")[0]
        assert "\u202e" not in source
        assert "\0" not in source
        assert "x" * 1600 not in source
        assert "7 * 7" in source or name == "index.html"


def test_hostile_data_still_parse_as_json(hostile):
    source = page_of(hostile)
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', source, re.DOTALL)[1])
    assert len(data["rows"]) == len(HOSTILE)
    assert json.loads((hostile.folder / "leaderboard.json").read_text())["schema"] == "cxrbench.leaderboard/1"


def test_a_spreadsheet_reads_no_formula(hostile, site):
    rows = list(csv.reader(io.StringIO((hostile.folder / "numbers--plain.csv").read_text(encoding="utf-8"))))
    assert all(not cell.startswith(("=", "+", "@", "\t")) for row in rows for cell in row)
    assert any(cell.startswith("'=HYPERLINK") for row in rows for cell in row)
    header, *body = csv.reader(io.StringIO((site.folder / "numbers--plain.csv").read_text()))
    first = dict(zip(header, body[0]))
    (table,) = site.summary["tables"]
    assert float(first["quality"]) == table["rows"][0]["scores"]["quality"]["value"]
    assert first["quality:rank"] == "1"
    assert first["n"] == "60"


def test_pages_of_an_earlier_build_go_and_other_files_stay(tmp_path, options):
    made(tmp_path / "runs", Model("alpha", 0.6), protocols=("plain", "other"))
    site = tmp_path / "site"
    build(tmp_path / "runs", site, options)
    (site / "mine.html").write_text("mine")
    assert (site / "numbers--other.html").is_file()
    for path in (tmp_path / "runs").glob("**/results-other.json"):
        path.unlink()
    found = build(tmp_path / "runs", site, options)
    assert not (site / "numbers--other.html").exists()
    assert not (site / "numbers--other.csv").exists()
    assert (site / "mine.html").read_text() == "mine"
    assert "results-other.json is missing" in page_of(found, "index.html")


def test_a_manifest_from_elsewhere_removes_nothing(tmp_path, options):
    made(tmp_path / "runs", Model("alpha", 0.6))
    site = tmp_path / "site"
    site.mkdir()
    (tmp_path / "outside.html").write_text("keep")
    names = ["../outside.html", "/etc/passwd", 7, "notes.txt"]
    (site / "notes.txt").write_text("keep")
    (site / "leaderboard.json").write_text(json.dumps({"schema": "cxrbench.leaderboard/1", "files": names}))
    build(tmp_path / "runs", site, options)
    assert (tmp_path / "outside.html").read_text() == (site / "notes.txt").read_text() == "keep"


def test_reports_beside_runs_are_linked_by_a_relative_path_or_not_at_all(tmp_path, options):
    (folder,) = made(tmp_path / "runs", Model("alpha", 0.6))
    (folder / "report.html").write_text("a report")
    text = page_of(build(tmp_path / "runs", tmp_path / "site", options))
    assert f'href="../{folder.relative_to(tmp_path)}/report.html"' in text
    without = Options(trusted=options.trusted, settings=options.settings, links=False)
    text = page_of(build(tmp_path / "runs", tmp_path / "site", without))
    assert "report.html" not in text
    assert str(tmp_path) not in text


def test_only_left_out_runs_make_a_site_that_says_so(tmp_path, options):
    (tmp_path / "runs" / "broken").mkdir(parents=True)
    (tmp_path / "runs" / "broken" / "run.json").write_text("{")
    site = build(tmp_path / "runs", tmp_path / "site", options)
    assert site.files == ("index.html", "leaderboard.json")
    assert "run.json is damaged" in page_of(site, "index.html")
    assert "No run could be shown" in page_of(site, "index.html")


def test_errors_name_what_to_do(tmp_path, runs, options):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no run below"):
        build(tmp_path / "empty", tmp_path / "site")
    with pytest.raises(UsageError, match="resamples must be at least 100"):
        build(runs, tmp_path / "site", Options(settings=Settings(resamples=10)))
    with pytest.raises(UsageError, match="seed must not be negative, got -1"):
        build(runs, tmp_path / "site", Options(settings=Settings(seed=-1)))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write"):
        build(runs, tmp_path / "file", options)


def test_twenty_models_and_forty_scores_stay_under_300_kilobytes(tmp_path, options):
    made(tmp_path / "runs", *[Model(f"model-{number:02d}-of-twenty", 0.4 + number / 60) for number in range(20)])
    for path in (tmp_path / "runs").glob("**/results.json"):
        edited(path.parent, "results.json", lambda record: record["scores"].update(more_scores(record)))
    site = build(tmp_path / "runs", tmp_path / "site", options)
    (table,) = site.summary["tables"]
    assert (len(table["rows"]), len(table["scores"])) == (20, 40)
    assert len(table["ranked_by"]) == 4
    size = len(page_of(site).encode())
    # Eight headline scores, as report tasks have, are four more than here.
    tests = sum(len(found["tests"]) for pool in table["pools"] for found in pool["by"].values())
    assert size + tests * 180 < 300_000


def more_scores(record):
    found = dict(record["scores"]["quality"], signature="x" * 200)
    return {f"rules_f1/Condition number {number}": found for number in range(36)}


def test_published_numbers_stand_apart_on_real_pages_of_their_data(tmp_path):
    golden = Path(__file__).parents[2] / "fixtures" / "golden_run"
    site = build(golden, tmp_path / "site", Options(settings=Settings(resamples=100, trials=100)))
    text = page_of(site, "iu-report--cxrbench.html")
    assert "Reported elsewhere, not measured" in text
    assert "R2GenCMN" in text
    assert "R2GenCMN" not in (site.folder / "leaderboard.json").read_text()
    (table, *_) = site.summary["tables"]
    assert table["main"] == "rules_micro_f1_14"
    assert table["pools"][0]["by"]["bleu_4"]["groups"] == 12


def test_templates_compute_nothing():
    room = Path(cxrbench.leaderboard.__file__).parent / "templates"
    for path in room.glob("leaderboard_*.html"):
        for expression in re.findall(r"\{[{%](.*?)[}%]\}", path.read_text(), re.DOTALL):
            bare = re.sub(r'"[^"]*"', "", expression)
            assert not re.search(r"[-+*/]\s|\b(round|sum|abs|min|max)\b", bare), (path.name, expression)


def test_python_writes_no_markup():
    room = Path(cxrbench.leaderboard.__file__).parent / "board"
    for path in room.glob("*.py"):
        assert not re.search(r"</?(td|tr|th|div|span|table|a|p|svg|path)\b", path.read_text()), path.name
