"""The table as LaTeX (package booktabs), every name escaped."""

from __future__ import annotations

import unicodedata

from cxrbench.leaderboard.page.names import score_heading
from cxrbench.leaderboard.page.text import plain
from cxrbench.leaderboard.paper.footnotes import footnotes
from cxrbench.leaderboard.paper.table import Cell, PaperTable
from cxrbench.leaderboard.paper.values import MARK, bounds_text, value_text

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "±": r"$\pm$",
    "−": "$-$",
    "×": r"$\times$",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "…": r"\dots{}",
    "†": r"$^{\dagger}$",
    "µ": r"$\mu$",
    "β": r"$\beta$",
    "\u2009": r"\,",
}
_NAME = 60


def latex_escape(text: object, width: int | None = None) -> str:
    """Text that LaTeX sets as it stands; no character of it is a command.

    Letters beyond Latin-1 lose their accents where they have some, and become "?" otherwise: the standard fonts of
    pdfLaTeX lack them.
    """
    source = " ".join(plain(text).split())
    if width is not None and len(source) > width:
        source = source[: width - 1] + "…"
    # Two hyphens would be set as a dash.
    return "".join(_character(character) for character in source).replace("--", "-{}-").replace("--", "-{}-")


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isascii() and character.isprintable():
        return character
    if unicodedata.category(character) in ("Ll", "Lu") and ord(character) < 0x100:
        return character
    base = unicodedata.normalize("NFKD", character)[:1]
    return base if base.isascii() and base.isalnum() else "?"


def latex(table: PaperTable) -> str:
    """A table environment; `\\usepackage{booktabs}` and `\\usepackage[T1]{fontenc}`, `{textcomp}` set it."""
    arrows = {"higher": r"$\uparrow$", "lower": r"$\downarrow$"}
    heads = [
        _stack(f"{latex_escape(first)} {arrows[table.directions[score]]}", latex_escape(second))
        for score in table.scores
        for first, second in (score_heading(score),)
    ]
    lines = [
        "% Written by cxrbench; needs \\usepackage{booktabs}, \\usepackage[T1]{fontenc} and \\usepackage{textcomp}.",
        r"\begin{table}[t]",
        r"\centering",
        r"\small",
        r"\setlength{\tabcolsep}{4pt}",
        r"\begin{tabular}{l" + "c" * len(table.scores) + "}",
        r"\toprule",
        " & ".join(["Model", *heads]) + r" \\",
        r"\midrule",
    ]
    previous: bool | None = None
    for row, cells in sorted(zip(table.rows, table.cells), key=lambda pair: not pair[0].baseline):
        if previous is True and not row.baseline:
            lines.append(r"\midrule")
        previous = row.baseline
        lines.append(
            " & ".join(["{}" + latex_escape(row.label, _NAME), *(_cell(cells[score]) for score in table.scores)])
            + r" \\"
        )
    note = " ".join(latex_escape(sentence) for sentence in footnotes(table))
    lines += [
        r"\bottomrule",
        r"\end{tabular}",
        r"\par\smallskip",
        r"\begin{minipage}{\linewidth}\footnotesize " + note + r"\end{minipage}",
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def _cell(cell: Cell) -> str:
    value = latex_escape(value_text(cell))
    if cell.place == 1:
        value = rf"\textbf{{{value}}}"
    elif cell.place == 2:
        value = rf"\underline{{{value}}}"
    mark = _ESCAPES[MARK] if cell.differs else ""
    bounds = bounds_text(cell)
    return _stack(value + mark, rf"\scriptsize {latex_escape(bounds)}" if bounds else "")


def _stack(first: str, second: str) -> str:
    """Two lines in one cell, so that many columns fit on a page; `\\shortstack` needs no package."""
    return rf"\shortstack{{{first}\\{second}}}" if second else first
