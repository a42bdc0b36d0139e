"""A real Chromium that opens pages from `file://` and keeps what they complain about and ask for."""

import shutil
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest


def _chromium() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@dataclass
class Opened:
    """A page with its console and its requests.

    Attributes:
        page: The playwright page.
        complaints: Errors and warnings of the console, uncaught exceptions, failed requests.
        requests: Addresses that were asked for.
    """

    page: object
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", lambda item: self._complain(item.type, item.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


@pytest.fixture(scope="session")
def chromium():
    """A running browser; the test is skipped where playwright or a Chromium is missing."""
    playwright = pytest.importorskip("playwright.sync_api")
    program = _chromium()
    if program is None:
        pytest.skip("no Chromium on the path")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_file(chromium):
    """Opens a file: `open_file(path, fragment="", **context options)` -> Opened."""
    contexts = []

    def open_it(path: Path, fragment: str = "", **options) -> Opened:
        context = chromium.new_context(**options)
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.watch()
        opened.page.goto(path.resolve().as_uri() + fragment)
        return opened

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def until():
    """Waits until an expression holds: `until(page, "expression")`.

    Unlike playwright's own `wait_for_function`, it evaluates nothing inside the page, which the policy forbids.
    """

    def wait(page, expression: str, seconds: float = 5.0) -> None:
        end = time.monotonic() + seconds
        while not page.evaluate(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            page.wait_for_timeout(20)

    return wait


@pytest.fixture(scope="session")
def violations():
    """Violations that axe-core finds on a page, as sentences: `violations(page)`."""
    if find_spec("axe_playwright_python") is None:
        pytest.skip("no axe-core: pip install axe-playwright-python")
    import axe_playwright_python

    source = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

    def run(page) -> list[str]:
        # Evaluated by the debugger, so that the content security policy of the page stays as it is.
        page.evaluate(source)
        found = page.evaluate("axe.run()")
        return [f"{item['id']}: {item['help']}: {_node(item['nodes'][0])}" for item in found["violations"]]

    return run


def _node(node) -> str:
    return f"{node['html'][:200]} {node['failureSummary'][:300]}"
