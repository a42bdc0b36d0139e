"""The same table as LaTeX, CSV and Markdown, whatever stands in names."""

import csv
import io
import json
import re
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxrbench.leaderboard.paper.bibliography import _citations, bibtex, cited
from cxrbench.leaderboard.paper.csv_table import COLUMNS, spreadsheet_safe
from cxrbench.leaderboard.paper.document import document
from cxrbench.leaderboard.paper.latex import latex_escape
from cxrbench.leaderboard.paper.markdown import markdown_escape

HOSTILE = r'\input{x} $a_b^c$ #1 50% & {} ~ "q" `t` | <b>x</b> =SUM(A1) ' + "\x00\u202e漢é–−" + "y" * 10_000


@pytest.fixture
def hostile(tabled, as_models, constant, retrieval):
    """A table whose model has a name that LaTeX, Markdown, HTML and spreadsheets would act upon."""
    folders = as_models(one=constant, two=retrieval)
    record = json.loads((folders[0] / "run.json").read_text())
    record["model"]["name"] = HOSTILE
    (folders[0] / "run.json").write_text(json.dumps(record))
    return tabled(*folders)


@given(st.text())
def test_no_escaped_text_holds_a_live_latex_command(text):
    shown = latex_escape(text)
    known = re.sub(
        r"\\(?:text[a-z]+\{\}|dots\{\}|[{}$&#%_,])|\$(?:\^\{\\dagger\}|\\pm|\\times|\\mu|\\beta|-)\$", "", shown
    )
    assert not set(known.replace("-{}-", "")) & set("\\{}$&#%_^~")


@given(st.text())
def test_a_markdown_cell_stays_one_cell_of_text(text):
    shown = markdown_escape(text)
    assert "\n" not in shown
    assert "<" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*\|", shown)


@given(st.text())
def test_no_csv_cell_begins_like_a_formula(text):
    assert not spreadsheet_safe(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_csv_has_one_line_per_row_and_score_with_full_precision(hostile):
    rows = list(csv.DictReader(io.StringIO(document(hostile, "csv"))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 4
    assert float(rows[0]["value"]) == hostile.cells[0]["rouge_l"].value
    assert rows[0]["signature"] == hostile.signatures["rouge_l"]


def test_the_markdown_table_has_as_many_cells_in_every_line(hostile):
    lines = [line for line in document(hostile, "md").splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {4}


def test_footnotes_state_protocol_n_unit_intervals_marks_and_labeler(tabled, constant, retrieval, as_models):
    table = tabled(constant, *as_models(ours=retrieval), scores=("rules_micro_f1_14", "bleu_4"))
    note = document(table, "md").splitlines()[-1]
    for said in (
        "protocol cxrbench",
        "n = 16 examples in 16 studies",
        "100 bootstrap resamples of studies",
        "rule-based labeler of cxrbench (not CheXbert)",
        "uncertain counts as positive",
        "corrected by Holm's method for the 2 tests",
    ):
        assert said in note


def test_the_methods_paragraph_says_only_what_the_runs_say(tabled, constant, retrieval, as_models):
    table = tabled(constant, *as_models(ours=retrieval))
    text = document(table, "md", methods=True)
    assert "2 models were evaluated on the Indiana University chest X-ray collection, split r2gen:test" in text
    assert "500 exchanges" in text
    assert "CIDEr" not in text
    assert "METEOR" not in text
    assert "Rows of several runs" not in text


def test_rows_of_seeds_say_how_their_spread_was_made(tabled, seeds):
    text = document(tabled(*seeds), "md", methods=True)
    assert "±" in text
    assert "Rows of several runs (3 each) give mean and standard deviation over runs" in text
    assert "In brackets" not in text


def test_every_citation_points_to_an_entry_with_author_title_and_year():
    known = _citations()
    pointed = [
        key
        for part in ("scores", "data", "splits", "protocols", "packages", "corrections")
        for keys in known[part].values()
        for key in keys
    ] + known["statistics"]
    assert set(pointed) == set(known["entries"])
    for fields in known["entries"].values():
        assert {"type", "author", "title", "year"} <= set(fields)


def test_the_bibliography_holds_what_the_table_rests_on_and_nothing_else(tabled, constant):
    keys = cited(tabled(constant, scores=("bleu_4",)))
    assert "papineni2002bleu" in keys
    assert "demnerfushman2016iu" in keys
    assert "chen2020r2gen" in keys
    assert "denkowski2014meteor" not in keys
    assert "holm1979" not in keys
    assert bibtex(keys).count("@") == len(keys)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex: apt-get install texlive-latex-base")
def test_the_latex_compiles_with_a_hostile_model_name(hostile, tmp_path):
    (tmp_path / "table.tex").write_text(document(hostile, "latex", methods=True), encoding="utf-8")
    (tmp_path / "cited.bib").write_text(bibtex(cited(hostile)), encoding="utf-8")
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\\usepackage[utf8]{inputenc}\\usepackage[T1]{fontenc}\\usepackage{textcomp,booktabs}\n"
        "\\begin{document}\\input{table}\\bibliographystyle{plain}\\bibliography{cited}\\end{document}\n"
    )
    for command in (["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"], ["bibtex", "paper"]) * 2:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
        assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "paper.pdf").stat().st_size > 10_000
    assert "Warning--" not in (tmp_path / "paper.blg").read_text(errors="replace")
