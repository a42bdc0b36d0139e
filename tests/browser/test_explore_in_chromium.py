"""The page of `data explore` in a real browser, from a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from qba_index_folder import write_qba

from cxrbench.datasets.qba.explore.summary import explore
from cxrbench.datasets.qba.index.build import build_index
from cxrbench.datasets.qba.index.query import open_index
from cxrbench.leaderboard.explore import write_exploration

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("explored")
    write_qba(root / "in", 6)
    build_index(root / "in", root / "index", workers=1)
    with open_index(root / "index") as index:
        write_exploration(explore(index), root / "page.html")
    return root / "page.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("script", [True, False])
def test_it_complains_of_nothing_and_asks_for_nothing(open_file, page: Path, scheme: str, script: bool) -> None:
    opened = open_file(page, color_scheme=scheme, java_script_enabled=script)
    assert opened.page.locator("svg").count() == 30
    assert opened.page.locator("#polarity").is_visible()
    assert not opened.complaints
    assert opened.requests == [page.resolve().as_uri()]


def test_it_does_not_scroll_sideways_on_a_narrow_screen(open_file, page: Path) -> None:
    opened = open_file(page, viewport={"width": 340, "height": 800})
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= 340
