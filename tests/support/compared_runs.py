"""Runs, and copies of them, that the tests of `compare` put beside each other."""

import json
import shutil

from cxrbench.core.comparing import compare
from cxrbench.core.reporter import Silent
from cxrbench.core.types import ModelInfo, Prediction

HEADLINE = ["rules_micro_f1_14", "rules_macro_f1_14", "bleu_1", "bleu_4", "rouge_l", "cider", "empty_rate"]


class Half:
    """Answers like a fixed report, but fails on some ids."""

    def __init__(self, fails=lambda id: False, text="Lungs are clear. No pleural effusion or pneumothorax."):
        self.fails = fails
        self.text = text

    def describe(self):
        return ModelInfo("half", "1", "1")

    def predict(self, requests):
        if any(self.fails(request.id) for request in requests):
            raise RuntimeError("flaky device")
        return [Prediction(request.id, text=self.text) for request in requests]


class Notes(Silent):
    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(message)


def found(*paths, **options):
    return compare(paths, **{"resamples": 200, **options}).record


def only(record):
    (comparison,) = record["comparisons"]
    return comparison


def edited(folder, tmp_path, file, change):
    """A copy of a run folder with one JSON file changed."""
    copy = shutil.copytree(folder, tmp_path / f"copy{len(list(tmp_path.iterdir()))}")
    record = json.loads((copy / file).read_text())
    change(record)
    (copy / file).write_text(json.dumps(record))
    return copy
