"""Every example runs as its page says."""

import json
import shlex
import sys
from pathlib import Path

import pytest
from iu_folder import small_collection

from cxrbench.adapters.recipes import load_recipe
from cxrbench.cli import main as entry

EXAMPLES = Path(__file__).parents[2] / "examples"


def cxrbench(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        entry.main([str(item) for item in arguments])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


@pytest.mark.parametrize(
    "model", ["my_model:Mine", f"exec:{shlex.quote(sys.executable)} {shlex.quote(str(EXAMPLES / 'exec_model.py'))}"]
)
def test_a_model_of_the_examples_runs(tmp_path, monkeypatch, capsys, model):
    monkeypatch.syspath_prepend(EXAMPLES)
    code, out, _ = cxrbench(
        capsys, "run", "--model", model, "--task", "iu-report", "--data-root", small_collection(tmp_path / "iu"),
        "--metrics", "rules,status", "--resamples", "100", "--out", tmp_path / "runs", "--json",
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["status_counts"]["ok"] == 12


def test_the_predictions_of_the_examples_score(capsys):
    code, out, _ = cxrbench(
        capsys, "score", "--predictions", EXAMPLES / "predictions.jsonl",
        "--references", EXAMPLES / "references.jsonl",
        "--metrics", "rules,bleu", "--resamples", "100", "--json",
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["n"] == 3


def test_the_recipe_of_the_examples_loads():
    assert load_recipe(EXAMPLES / "recipe.yaml").read_vqa.startswith("after:")


def test_the_page_of_the_examples_names_every_file():
    page = (EXAMPLES / "README.md").read_text()
    names = {path.name for path in EXAMPLES.iterdir() if path.suffix != ".md" and path.is_file()}
    assert not {name for name in names if name not in page}
