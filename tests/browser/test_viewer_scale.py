"""The viewer over as many examples as IU X-ray has studies with a report: quick to open, bounded in memory."""

import time

import numpy as np
import pytest
from PIL import Image

import cxrbench
from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.types import Example, ModelInfo, Prediction, Reference, Request
from cxrbench.core.types import Image as Film
from cxrbench.leaderboard.run_pages import PageOptions, write_pages
from cxrbench.tasks.base import TaskData
from cxrbench.tasks.report_metrics import HEADLINE, METRIC_FAMILIES, REPORT_PROTOCOLS, build_report_metrics

pytestmark = [pytest.mark.browser, pytest.mark.slow]
EXAMPLES = 3858
SENTENCES = (
    "The heart size and mediastinal contours are within normal limits.",
    "There is a small left pleural effusion with adjacent atelectasis.",
    "No focal airspace consolidation, pneumothorax, or large effusion.",
    "Degenerative changes of the thoracic spine are noted.",
    "A right internal jugular central venous catheter terminates in the superior vena cava.",
    "The lungs are hyperexpanded with flattened diaphragms.",
    "There is mild cardiomegaly with pulmonary vascular congestion.",
    "Patchy opacity in the right lower lobe may represent pneumonia.",
)


def text(number, shift):
    draw = np.random.default_rng(number + shift)
    return " ".join(SENTENCES[place] for place in draw.integers(0, len(SENTENCES), 5))


class Many:
    name, version, kind, restricted = "many-reports", "1", "report", False
    protocols, metrics, headline = REPORT_PROTOCOLS, METRIC_FAMILIES, HEADLINE

    def load(self, options):
        films = [options.data_root / f"{place}.png" for place in range(8)]
        examples = [
            Example(
                Request(str(number), "report", (Film(films[number % 8]),), "Write."),
                Reference(str(number), findings=text(number, 0), impression=text(number, 7)[:80]),
                group=str(number),
                strata={"finding": (("normal", "abnormal")[number % 2],)},
            )
            for number in range(EXAMPLES)
        ]
        return TaskData(examples, {}, tuple, "many", options.split, "1", phantom=True)

    def build_metrics(self, protocol, data, selection=None, options=None):
        return build_report_metrics(protocol, data.training, selection, options)


class Attentive:
    def describe(self):
        return ModelInfo("attentive", "1", "1", needs_pixels=False)

    def predict(self, requests):
        found = []
        for request in requests:
            draw = np.random.default_rng(int(request.id))
            maps = draw.random((20, 16, 16)).round(3).tolist()
            names = (*CONDITIONS, "Cardiac", "Left Lung", "Right Lung", "Mediastinum", "Diaphragm", "Spine")
            stated = {name: round(float(value), 3) for name, value in zip(CONDITIONS, draw.random(14))}
            found.append(
                Prediction(
                    request.id,
                    text=text(int(request.id), 3),
                    label_probabilities=stated,
                    attention=dict(zip(names, maps)),
                )
            )
        return found


_TIMED = "(() => { const start = performance.now(); %s; return performance.now() - start; })()"
_ACTS = {
    "next": "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', bubbles: true}))",
    "order": "const order = document.getElementById('order'); order.value = 'sure';"
    "order.dispatchEvent(new Event('change'))",
    "search": "document.getElementById('search').value = 'catheter pneumonia';"
    "document.getElementById('controls').requestSubmit()",
}


@pytest.fixture(scope="module")
def viewer(tmp_path_factory):
    root = tmp_path_factory.mktemp("many")
    for place in range(8):
        pixels = np.random.default_rng(place).integers(0, 255, (2048, 2000), np.uint8)
        Image.fromarray(pixels).resize((1000, 1024)).save(root / f"{place}.png")
    config = cxrbench.RunConfig(
        "module:Attentive", f"{__name__}:Many", root, metrics=("bleu", "rules", "status"), resamples=100, out=root
    )
    run = cxrbench.run(config, adapter=Attentive()).folder.path
    started = time.monotonic()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CXRBENCH_TRUST", f"{__name__}:Many")
        pages = write_pages(run, PageOptions(examples=True))
    print(f"written in {time.monotonic() - started:.1f} s, {pages.viewer.stat().st_size / 2**20:.1f} MiB")
    print(f"report {pages.report.stat().st_size / 1000:.0f} kB")
    return pages.viewer


def test_it_paints_within_a_second_and_answers_at_once(viewer, open_file):
    opened = open_file(viewer)
    page = opened.page
    page.wait_for_selector("#example h2")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    ready = page.evaluate("performance.now()")
    times = {name: page.evaluate(_TIMED % act) for name, act in _ACTS.items()}
    print(f"first paint {paint:.0f} ms, ready {ready:.0f} ms, {times}")
    assert opened.complaints == []
    assert page.locator("#range").inner_text().split(" of ")[1] != str(EXAMPLES)
    assert paint < 1000
    assert times["next"] < 200
    assert times["order"] < 500
    assert times["search"] < 1000


def test_memory_does_not_grow_with_what_was_seen(viewer, open_file):
    page = open_file(viewer).page
    page.wait_for_selector("#example h2")
    session = page.context.new_cdp_session(page)

    def used():
        session.send("HeapProfiler.collectGarbage")
        session.send("Performance.enable")
        found = {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}
        return found["JSHeapUsedSize"] / 2**20, found["Nodes"]

    def walk(count):
        page.select_option("#order", "data")
        for _ in range(count):
            page.keyboard.press("j")

    walk(100)
    before, nodes = used()
    walk(600)
    after, later = used()
    print(f"heap {before:.1f} -> {after:.1f} MiB, nodes {nodes:.0f} -> {later:.0f}")
    assert after < before + 10
    assert later < nodes + 500
    assert after < 100
