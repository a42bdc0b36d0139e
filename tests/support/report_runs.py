"""Runs with everything that reports and viewers show, and hostile ones. A conftest imports the fixtures by name."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from iu_folder import small_collection
from vqa_folder import rad_row, write_rad

import cxrbench
from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.types import Box, Example, ModelInfo, Prediction, Reference, Request
from cxrbench.tasks.base import TaskData
from cxrbench.tasks.report_metrics import HEADLINE, METRIC_FAMILIES, REPORT_PROTOCOLS, build_report_metrics

FAMILIES = ("bleu", "rouge", "rules", "status")
TEXTS = (
    "The heart size is normal. The lungs are clear.",
    "Large left pleural effusion. No pneumothorax.",
    "Findings: Right lower lobe consolidation. Impression: Pneumonia.",
    "Heart is mildly enlarged. Small right pleural effusion.",
    "Lungs are clear. No acute disease.",
)
HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)><b>bold</b></script></style>",
    "quotes": "\"'`&quot;&lt;><!-- ]]>",
    "control": "null\x00bell\x07escape\x1b[31m",
    "direction": "safe\u202egnp.exe\u2066\u200f",
    "long": "x" * 10_000,
    "surrogate": "lone \ud800 half",
    "formula": '=HYPERLINK("http://example.invalid","click")',
    "latex": "\\input{/etc/passwd} $x_1$ % {}",
}


class Rich:
    """Answers with text, probabilities, attention, boxes and usage; some refuse, some are empty, some fail."""

    def __init__(self, name="rich", shift=0, fails=True, texts=TEXTS):
        self.name, self.shift, self.fails, self.texts = name, shift, fails, texts

    def describe(self):
        return ModelInfo(self.name, "1", f"{self.name}-{self.shift}-{self.fails}", needs_pixels=False)

    def predict(self, requests):
        return [self.one(request) for request in requests]

    def one(self, request):
        number = int.from_bytes(request.id.encode()[-3:], "big") + self.shift
        draw = np.random.default_rng(number)
        if self.fails and number % 11 == 3:
            raise RuntimeError("flaky device in slot 3")
        if self.fails and number % 11 == 5:
            return Prediction(request.id, status="refused", error="I cannot help with <b>films</b>.")
        if self.fails and number % 11 == 7:
            return Prediction(request.id, status="empty")
        attention = {name: draw.random((4, 4)).round(3).tolist() for name in ("Cardiomegaly", "Left Lung")}
        probabilities = {name: round(float(draw.random()), 3) for name in CONDITIONS}
        return Prediction(
            request.id,
            text=self.texts[number % len(self.texts)],
            label_probabilities=probabilities,
            attention=attention,
            boxes=(Box(2, 3, 9, 12, "Cardiomegaly", 0.8),),
            confidence=round(float(draw.random()), 3),
            usage={"tokens": 10 + number % 5, "cost_usd": 0.001},
            latency_s=0.01 * (number % 7),
        )


class Sealed:
    """Restricted reports with a text that must not get out, boxes and films; a few in each stratum."""

    name, version, kind, restricted = "sealed-reports", "1", "report", True
    protocols, metrics, headline = REPORT_PROTOCOLS, METRIC_FAMILIES, HEADLINE

    def load(self, options):
        films = options.data_root / "films"
        examples = [
            Example(
                Request(key, "report", (cxrbench.core.types.Image(films / f"{key}.png"),), "Write."),
                Reference(key, findings=f"SECRETWORD{number} lungs. Large effusion.", impression="Effusion."),
                group=f"patient-{number // 2}",
                strata={"ward": ("big" if number < 26 else "small",)},
            )
            for number, key in enumerate(f"s{number:03}" for number in range(32))
        ]
        return TaskData(examples, {}, tuple, "sealed", options.split, "7", phantom=False, terms="Agreement 7")

    def build_metrics(self, protocol, data, selection=None, options=None):
        return build_report_metrics(protocol, data.training, selection, options)


class Leaky(Rich):
    """Repeats what it saw of restricted data in its texts and errors."""

    def one(self, request):
        number = int(request.id[1:])
        if number == 30:
            raise RuntimeError("could not encode SECRETWORD30 lungs")
        return Prediction(request.id, text=f"SECRETWORD{number} lungs. Large effusion.", label_probabilities={})


@pytest.fixture(scope="session")
def report_root(tmp_path_factory):
    return small_collection(tmp_path_factory.mktemp("iu"), test=44)


@pytest.fixture(scope="session")
def report_config(report_root, tmp_path_factory):
    return cxrbench.RunConfig(
        "module:Rich",
        "iu-report",
        report_root,
        metrics=FAMILIES,
        protocols=("cxrbench", "coco"),
        resamples=100,
        out=tmp_path_factory.mktemp("runs"),
    )


@pytest.fixture(scope="session")
def rich(report_config):
    """A run of two protocols with every status, probabilities, attention, boxes, usage and confidence."""
    return cxrbench.run(report_config, adapter=Rich()).folder.path


@pytest.fixture(scope="session")
def other(report_config):
    """Another model on the same data, without failures."""
    return cxrbench.run(report_config, adapter=Rich("other", shift=1, fails=False)).folder.path


@pytest.fixture(scope="session")
def hostile(report_config, tmp_path_factory):
    """A run whose texts, model name, error messages, strata and notes try to break out."""
    texts = tuple(HOSTILE.values())
    out = tmp_path_factory.mktemp("hostile")
    adapter = Rich(HOSTILE["markup"] + HOSTILE["direction"], texts=texts)
    path = cxrbench.run(replace(report_config, out=out), adapter=adapter).folder.path
    for file in ("run.json", "results.json"):
        record = json.loads((path / file).read_text())
        if file == "run.json":
            record["data"]["notes"] = list(HOSTILE.values())
            record["data"]["excluded"] = {HOSTILE["markup"]: [HOSTILE["quotes"], HOSTILE["surrogate"]]}
            record["model"]["notes"] = [HOSTILE["markup"]]
            record["provenance"]["command"] = HOSTILE["control"]
        else:
            record["model"] = HOSTILE["markup"] + HOSTILE["long"]
            record["strata"][HOSTILE["quotes"]] = {HOSTILE["markup"]: record["strata"]["finding"]["abnormal"]}
            record["scores"][HOSTILE["markup"]] = record["scores"]["bleu_4"]
        (path / file).write_text(json.dumps(record))
    return path


@pytest.fixture(scope="session")
def sealed(tmp_path_factory):
    """A run of restricted data, its films under `films` of the data root."""
    from PIL import Image

    root = tmp_path_factory.mktemp("sealed")
    (root / "films").mkdir()
    for number in range(32):
        pixels = np.random.default_rng(number).integers(0, 255, (24, 20), np.uint8)
        Image.fromarray(pixels).save(root / "films" / f"s{number:03}.png")
    config = cxrbench.RunConfig(
        "module:Leaky", f"{__name__}:Sealed", root, metrics=FAMILIES, resamples=100, out=root / "runs"
    )
    return cxrbench.run(config, adapter=Leaky("leaky")).folder.path


@pytest.fixture(scope="session")
def rad(tmp_path_factory):
    """A run of yes/no and open questions with answers right, wrong and unparsable, and a confidence each."""
    root = tmp_path_factory.mktemp("rad")
    rows = [
        rad_row(
            number,
            image=f"film {number % 6} #é.jpg",
            question=f"Is there an effusion in film {number}?",
            answer="Yes" if number % 2 else "No",
            question_type="PRES" if number % 3 else "ABN",
            phrase_type="test_freeform",
        )
        for number in range(36)
    ]
    rows += [
        rad_row(
            100 + number,
            image=f"film {number} #é.jpg",
            question="Where is the opacity?",
            answer="left lower lobe",
            answer_type="OPEN",
            question_type="POS",
        )
        for number in range(6)
    ]
    write_rad(root, rows)

    class Answers:
        def describe(self):
            return ModelInfo("answers", "1", "1", needs_pixels=False)

        def predict(self, requests):
            return [
                Prediction(
                    request.id,
                    text=("Yes.", "no", "Perhaps", "the left lower lobe")[int(request.id) % 4],
                    confidence=round((int(request.id) * 7 % 20) / 20, 2),
                )
                for request in requests
            ]

    config = cxrbench.RunConfig("module:Answers", "vqa-rad", root, resamples=100, out=root / "runs")
    return cxrbench.run(config, adapter=Answers()).folder.path


def copied(folder, tmp_path):
    """A copy of a run folder that a test may damage."""
    return shutil.copytree(folder, tmp_path / f"copy{len(list(tmp_path.iterdir()))}")
