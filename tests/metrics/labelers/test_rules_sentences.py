"""The rule-based labeler sentence by sentence: negation, uncertainty, scope, anatomy, sections."""

from pathlib import Path

import pytest

from cxrbench.core.conditions import CONDITIONS
from cxrbench.metrics.labelers.rules.labeler import RulesLabeler

INITIALS = {
    "ECM": "Enlarged Cardiomediastinum",
    "CM": "Cardiomegaly",
    "LO": "Lung Opacity",
    "LL": "Lung Lesion",
    "ED": "Edema",
    "CO": "Consolidation",
    "PN": "Pneumonia",
    "AT": "Atelectasis",
    "PTX": "Pneumothorax",
    "PE": "Pleural Effusion",
    "PO": "Pleural Other",
    "FX": "Fracture",
    "SD": "Support Devices",
    "NF": "No Finding",
}


def sentences():
    for line in (Path(__file__).parent / "sentences.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        text, _, labels = line.rpartition("=>")
        expected = {INITIALS[name]: int(value) for name, value in (label.split(":") for label in labels.split())}
        yield pytest.param(text.strip().replace("\\n", "\n"), expected, id=text.strip()[:60])


@pytest.mark.parametrize(("text", "expected"), sentences())
def test_a_sentence_gives_exactly_these_labels(text, expected):
    labels = RulesLabeler().label([text])[0]
    assert {name: value for name, value in labels.items() if value is not None} == expected
    assert tuple(labels) == CONDITIONS
