"""The leaderboard in a real browser, opened from a file."""

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from board_runs import TASK, Model, edited, made

from cxrbench.leaderboard.board.analysis import Settings
from cxrbench.leaderboard.board.build import Options, build

pytestmark = pytest.mark.browser
GOLDEN = Path(__file__).parents[1] / "fixtures" / "golden_run"
OPTIONS = Options(trusted=frozenset({TASK}), settings=Settings(resamples=200, trials=200))
MODELS = (("alpha", 0.62), ("beta", 0.6), ("gamma", 0.5), ("delta", 0.4))
DARK_AND_NARROW = [
    {},
    {"color_scheme": "dark"},
    {"viewport": {"width": 390, "height": 844}},
    {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
]
HOSTILE = "</script><img src=x onerror=window.broken=1>\u202e" + '"' * 50


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    root = tmp_path_factory.mktemp("board")
    made(root / "runs", *(Model(name, skill) for name, skill in MODELS))
    made(root / "runs", Model("floor", 0.3, is_baseline=True), Model("fails", 0.5, fails=("e003",)))
    made(root / "runs", Model("told", 0.7), inputs=("frontal", "indication"))
    for path in (root / "runs").glob("numbers/delta/*/results.json"):
        edited(path.parent, "results.json", without_cost)
    return build(root / "runs", root / "site", OPTIONS)


@pytest.fixture(scope="module")
def board(site):
    return site.folder / "numbers--plain.html"


@pytest.fixture(scope="module")
def golden(tmp_path_factory):
    """A real report task with real scores, a floor alone, and published numbers."""
    return build(GOLDEN, tmp_path_factory.mktemp("golden"), OPTIONS).folder / "iu-report--cxrbench.html"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    folders = made(root / "runs", Model("one", 0.6), Model("two", 0.5))
    for folder, name in zip(folders, (HOSTILE, "=1+1")):
        edited(folder, "run.json", lambda record, name=name: record["model"].update(name=name, notes=[name]))
        edited(folder, "results.json", lambda record, name=name: record.update(model=name))
        score = {"value": 0.5, "ci95": None, "n": 60, "direction": "higher", "signature": HOSTILE}
        edited(folder, "results.json", lambda record, score=score: record["scores"].update({HOSTILE: score}))
    return build(root / "runs", root / "site", OPTIONS).folder / "numbers--plain.html"


def without_cost(record):
    record["scores"]["cost"].update(value=None, ci95=None, reason="for a test")


def labels(page, shown=":visible"):
    return page.locator(f"#board tbody[data-kind=model] tr[id]{shown} th.name a").all_inner_texts()


def header(page, title):
    return page.locator("#board thead button").filter(has_text=title).first


def column(page, name):
    """The visible values of a column, top to bottom."""
    return page.evaluate(
        """(name) => {
            const heads = [...document.querySelectorAll('#board thead th')];
            const place = heads.findIndex((th) => th.dataset.col === name);
            const rows = [...document.querySelectorAll('#board tbody[data-kind=model] tr[id]:not(.out)')];
            return rows.map((row) => row.cells[place].innerText.split('\\n')[0].trim());
        }""",
        name,
    )


@pytest.mark.parametrize("name", ["index.html", "numbers--plain.html"])
def test_pages_open_without_a_complaint_and_ask_for_nothing(site, open_file, name):
    opened = open_file(site.folder / name)
    assert opened.complaints == []
    assert opened.requests == [(site.folder / name).as_uri()]


def test_hostile_names_and_scores_are_only_text(hostile, open_file):
    opened = open_file(hostile)
    assert opened.complaints == []
    assert opened.requests == [hostile.as_uri()]
    assert opened.page.evaluate("window.broken") is None
    assert opened.page.locator("img").count() == 0
    opened.page.locator("#board td a").first.click()
    assert opened.page.locator("dialog").is_visible()
    assert opened.complaints == []


def test_the_policy_is_in_force(board, open_file):
    opened = open_file(board)
    opened.page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'window.broken = 1';
        document.body.append(script);
        fetch('https://example.org/').catch(() => {});
    }""")
    opened.page.wait_for_timeout(100)
    assert opened.page.evaluate("window.broken") is None
    assert len([text for text in opened.complaints if "Content Security Policy" in text]) >= 2
    assert all(address.startswith("file:") for address in opened.requests)


@pytest.mark.parametrize("options", DARK_AND_NARROW)
@pytest.mark.parametrize("name", ["index.html", "numbers--plain.html"])
def test_axe_finds_no_violation(site, open_file, violations, name, options):
    page = open_file(site.folder / name, **options).page
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach((item) => { item.open = true; })")
    assert violations(page) == []


@pytest.mark.parametrize("name", ["hostile", "golden"])
def test_axe_finds_no_violation_on_other_pages(name, request, open_file, violations):
    page = open_file(request.getfixturevalue(name)).page
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach((item) => { item.open = true; })")
    assert violations(page) == []


def test_published_numbers_stand_apart(golden, open_file):
    opened = open_file(golden)
    assert opened.complaints == []
    assert opened.page.get_by_role("heading", name="Reported elsewhere, not measured").is_visible()
    assert "R2Gen" in opened.page.locator("table.published").inner_text()
    assert "R2Gen" not in opened.page.locator("#board").inner_text()


def test_axe_finds_no_violation_in_menus_and_the_dialog(board, open_file, violations):
    page = open_file(board).page
    page.locator("summary", has_text="Columns").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("#board td a").first.click()
    assert violations(page) == []


@pytest.mark.parametrize("name", ["index.html", "numbers--plain.html"])
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_only_tables_scroll_sideways(site, open_file, name, width):
    page = open_file(site.folder / name, viewport={"width": width, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_narrow_screen_keeps_inputs_and_training_in_sight(board, open_file):
    page = open_file(board, viewport={"width": 320, "height": 640}).page
    assert page.locator("#r1 td.inputs").is_hidden()
    assert "trained on this data: unknown" in page.locator("#r1 small.narrow").inner_text()


def test_the_first_click_sorts_best_first_and_the_second_turns_round(board, open_file):
    page = open_file(board).page
    for title, name, best in (("Quality", "quality", True), ("Cost", "cost", False)):
        header(page, title).click()
        values = [float(value) for value in column(page, name)[:3] if value != "–"]
        assert values == sorted(values, reverse=best)
        sorted_by = page.locator("#board th[aria-sort]")
        assert sorted_by.count() == 1
        assert sorted_by.get_attribute("aria-sort") == ("descending" if best else "ascending")
        header(page, title).click()
        values = [float(value) for value in column(page, name)[:3] if value != "–"]
        assert values == sorted(values, reverse=not best)


def test_missing_values_stay_last_in_both_directions(board, open_file):
    page = open_file(board).page
    for _ in range(2):
        header(page, "Cost").click()
        own = page.locator("#board tbody[data-kind=model]").first
        assert own.locator("tr[id] th.name a").all_inner_texts()[-1] == "delta"


def test_rows_stay_in_their_sections(board, open_file):
    page = open_file(board).page
    for title in ("Quality", "Model", "Rank"):
        header(page, title).click()
        kinds = page.locator("#board tbody[data-kind] tr[id] th.name a").all_inner_texts()
        assert kinds[-1] == "floor"
        assert kinds[4] == "told"
        assert kinds[5] == "fails"


def test_text_filters_rows_and_says_when_nothing_is_left(board, open_file):
    page = open_file(board).page
    page.fill("#q", "ALPH")
    assert labels(page) == ["alpha"]
    assert page.locator("#shown").inner_text() == "1 of 7 rows"
    page.fill("#q", "no such model")
    assert labels(page) == []
    assert page.locator("#nothing").inner_text() == "No run matches. Check the filters."
    page.click("#reset")
    assert len(labels(page)) == 5


def test_floors_and_inputs_can_be_filtered(board, open_file):
    page = open_file(board).page
    page.uncheck("#floors")
    assert page.locator("tbody[data-kind=floor] tr:visible").count() == 0
    page.select_option("#inputs", "frontal, indication")
    assert labels(page) == ["told"]


def test_the_address_keeps_sorting_filters_columns_and_rank(board, open_file):
    page = open_file(board).page
    header(page, "Cost").click()
    page.fill("#q", "a")
    page.select_option("#rank", "middle")
    page.locator("summary", has_text="Columns").click()
    page.locator("#chooser input[value=ratio]").uncheck()
    fragment = page.evaluate("location.hash")
    state = dict(part.split("=") for part in fragment[1:].split("&"))
    assert state["sort"] == "cost"
    assert state["dir"] == "asc"
    assert state["q"] == "a"
    assert state["rank"] == "middle"
    assert "ratio" not in state["cols"]
    again = open_file(board, fragment).page
    assert labels(again) == labels(page)
    assert again.locator("#board th[data-col=ratio]").is_hidden()
    assert again.locator("#q").input_value() == "a"
    assert again.locator("#rank").input_value() == "middle"
    assert again.locator("#board th[aria-sort=ascending]").get_attribute("data-col") == "cost"
    again.click("#reset")
    assert again.evaluate("location.hash") in ("", "#")
    assert again.locator("#board th[data-col=ratio]").is_visible()


def test_nonsense_in_the_address_is_ignored(board, open_file):
    opened = open_file(board, "#sort=nothing&dir=up&cols=a,b&rank=x&inputs=y&q=%F0%9F%98%80&floors=2")
    assert opened.complaints == []
    assert opened.page.locator("#nothing").is_visible()


def test_columns_can_be_chosen(board, open_file):
    page = open_file(board).page
    page.locator("summary", has_text="Columns").click()
    page.get_by_role("button", name="none").click()
    assert page.locator("#board thead th:visible").count() == 4
    page.get_by_role("button", name="all", exact=True).click()
    assert page.locator("#board thead th:visible").count() == 8
    page.get_by_role("button", name="headline").click()
    assert page.locator("#chooser input:checked").count() == 4


def verdict(page, one, other):
    """What the matrix shows in the row of one model and the column of another."""
    line = page.locator(f".matrix tr[data-row={one}]")
    order = line.locator("xpath=ancestor::table").get_attribute("data-order").split()
    return line.locator("td").nth(order.index(other)).inner_text()


def test_ranks_follow_the_chosen_score(site, board, open_file):
    page = open_file(board).page
    (table,) = site.summary["tables"]
    for score in ("middle", "quality"):
        page.select_option("#rank", score)
        for row in table["rows"]:
            found = row["ranks"].get(score, {})
            shown = page.locator(f"#{row['id']} td.rank").inner_text().split("\n")[0].strip()
            assert shown == (str(found["rank"]) if "rank" in found else "–")
            for other in found.get("beats", []):
                assert verdict(page, row["id"], other) == "▲"
                assert verdict(page, other, row["id"]) == "▼"


def test_a_cell_shows_its_value_n_signature_and_run(site, board, open_file):
    page = open_file(board).page
    page.locator("#r1 td a").first.click()
    (table,) = site.summary["tables"]
    row = table["rows"][0]
    text = page.locator("dialog").inner_text()
    assert f"{row['scores']['quality']['value']:.4f}" in text
    assert "n\n60" in text
    assert "mean|version:1" in text
    page.locator("dialog a", has_text=row["run"]["id"]).click()
    assert not page.locator("dialog").is_visible()
    assert page.locator(f"#u{row['id']} dl").is_visible()


def test_the_name_of_a_model_leads_to_its_run(board, open_file):
    page = open_file(board).page
    page.locator("#r1 th.name a").click()
    assert page.locator("#ur1 dl").is_visible()
    assert "alpha-0.62" in page.locator("#ur1").inner_text()


def downloaded(page, name):
    page.locator("summary", has_text="Download").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).click()
    page.locator("summary", has_text="Download").click()
    return waiting.value.suggested_filename, waiting.value.path().read_text(encoding="utf-8")


def test_the_view_is_exported_as_it_is_seen(board, open_file):
    page = open_file(board, "#q=alpha&cols=cost,quality").page
    name, text = downloaded(page, "this view, CSV")
    (row,) = csv.DictReader(io.StringIO(text))
    assert name == "numbers--plain-view.csv"
    assert row["model"] == "alpha"
    assert {"quality", "cost", "quality:low", "quality:n", "quality:rank"} <= set(row)
    assert not any(key.startswith("ratio") for key in row)
    name, text = downloaded(page, "this view, JSON")
    record = json.loads(text)
    assert [item["model"] for item in record["rows"]] == ["alpha"]
    assert record["signatures"]["quality"] == "mean|version:1"
    assert record["n"] == 60


def test_everything_is_exported_whatever_is_seen(site, board, open_file):
    page = open_file(board, "#q=alpha&cols=cost").page
    _, text = downloaded(page, "everything, CSV")
    rows = {row["model"]: row for row in csv.DictReader(io.StringIO(text))}
    assert set(rows) == {"alpha", "beta", "gamma", "delta", "told", "fails", "floor"}
    (table,) = site.summary["tables"]
    for row in table["rows"]:
        for score, found in row["scores"].items():
            written = rows[row["label"]][score]
            assert (float(written) if written else None) == found["value"]
    _, text = downloaded(page, "everything, JSON")
    assert len(json.loads(text)["rows"]) == 7


def test_an_exported_name_is_no_formula(hostile, open_file):
    _, text = downloaded(open_file(hostile).page, "everything, CSV")
    assert "'=1+1" in [row["model"] for row in csv.DictReader(io.StringIO(text))]
    assert "\r\n=1+1" not in text


def test_the_keyboard_alone_sorts_moves_and_opens(board, open_file):
    page = open_file(board).page
    header(page, "Cost").focus()
    page.keyboard.press("Enter")
    assert page.locator("#board th[aria-sort]").get_attribute("data-col") == "cost"
    page.keyboard.press("Space")
    assert page.locator("#board th[aria-sort]").get_attribute("aria-sort") == "descending"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("alpha")
    assert labels(page) == ["alpha"]
    page.click("#reset")
    assert page.locator('#board td a[tabindex="0"]').count() == 1
    page.locator('#board td a[tabindex="0"]').focus()
    start = page.evaluate("[document.activeElement.closest('tr').id, document.activeElement.closest('td').cellIndex]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    end = page.evaluate("[document.activeElement.closest('tr').id, document.activeElement.closest('td').cellIndex]")
    assert end[1] == start[1] + 1
    assert end[0] != start[0]
    page.keyboard.press("Enter")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('td').cellIndex") == end[1]


def test_without_a_script_the_table_is_complete(board, open_file):
    page = open_file(board, java_script_enabled=False).page
    assert page.locator("#board tbody tr[id]").count() == 7
    assert page.locator("#board thead th:visible").count() == 8
    assert page.locator("#controls").is_hidden()


def test_dark_is_dark(board, open_file):
    light, dark = (
        open_file(board, color_scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    )
    assert sum(map(int, light[4:-1].split(","))) > 700
    assert sum(map(int, dark[4:-1].split(","))) < 120


def test_print_holds_every_row_and_repeats_the_head(tmp_path, open_file):
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext")
    names = [f"model-{number:02d}" for number in range(40)]
    made(tmp_path / "runs", *(Model(name, 0.4 + place / 100) for place, name in enumerate(names)))
    site = build(tmp_path / "runs", tmp_path / "site", OPTIONS)
    page = open_file(site.folder / "numbers--plain.html", "#q=model-01").page
    page.pdf(path=tmp_path / "out.pdf", prefer_css_page_size=True)
    command = ["pdftotext", "-layout", str(tmp_path / "out.pdf"), "-"]
    sheets = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\f")
    ranking = [sheet for sheet in sheets if "[0." in sheet and "Quality" in sheet]
    assert len(ranking) >= 2
    assert all("Rank" in sheet and "Model" in sheet for sheet in ranking[:2])
    for name in names:
        assert any(name in sheet for sheet in ranking)
    assert not any("Download" in sheet for sheet in sheets)
