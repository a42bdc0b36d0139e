"""Helpers of the text metric tests: scoring two lists of texts, real and random texts."""

import csv
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from cxrbench.core.types import Prediction, Reference
from cxrbench.metrics.base import Metric, Pairs
from cxrbench.metrics.java import java_executable

# Read here, because tests run without the settings of the user.
DATA = Path(os.environ.get("CXRBENCH_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")
Score = Callable[[Metric, Sequence[str], Sequence[str]], dict[str, float]]


def plain_pairs(hypotheses: Sequence[str], references: Sequence[str]) -> Pairs:
    return Pairs(
        [Reference(id=str(i), text=text) for i, text in enumerate(references)],
        [Prediction(id=str(i), text=text) for i, text in enumerate(hypotheses)],
    )


@pytest.fixture(scope="session")
def score() -> Score:
    def run(metric: Metric, hypotheses: Sequence[str], references: Sequence[str]) -> dict[str, float]:
        pairs = plain_pairs(hypotheses, references)
        statistics = metric.measure(pairs, metric.fit(pairs.references))
        found = metric.aggregate(statistics, np.ones((1, len(pairs))))
        assert list(found) == list(metric.scores)
        return {name: float(values[0]) for name, values in found.items()}

    return run


@pytest.fixture(scope="session")
def make_pairs() -> Callable[[Sequence[str], Sequence[str]], Pairs]:
    return plain_pairs


@pytest.fixture(scope="session")
def random_texts() -> tuple[list[str], list[str]]:
    """120 hypotheses and references of 0 to 40 words from a small vocabulary; some sides are empty."""
    generator = random.Random(5)
    words = ["the", "heart", "is", "normal", "lungs", "are", "clear", "no", "effusion", "or", "pneumothorax"]
    words += ["seen", ".", "opacities", "opacity", "2.5", "x-ray"]

    def text() -> str:
        return " ".join(generator.choices(words, k=generator.choice([0, 1, 2, 3, 5, 8, 20, 40])))

    hypotheses, references = ([text() for _ in range(120)] for _ in range(2))
    # Packages disagree with each other on two empty sides; a test of its own pins that case.
    references = [r or "the heart is normal ." for r in references]
    return hypotheses, references


@pytest.fixture(scope="session")
def real_texts() -> tuple[list[str], list[str]]:
    """200 real findings, each with the findings of another study as the hypothesis."""
    file = DATA / "iu-xray" / "indiana_reports.csv"
    if not file.is_file():
        pytest.skip("no real IU X-ray reports: set CXRBENCH_DATA")
    with file.open(encoding="utf-8", newline="") as stream:
        texts = [row["findings"] for row in csv.DictReader(stream) if row["findings"].strip()][:200]
    return texts[1:] + texts[:1], texts


@pytest.fixture
def java_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """pycocoevalcap starts whatever `java` it finds first."""
    monkeypatch.setenv("PATH", f"{java_executable().parent}{os.pathsep}{os.environ.get('PATH', '')}")
