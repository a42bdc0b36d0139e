"""A table in one of the three formats, with its methods where asked for."""

from __future__ import annotations

from cxrbench.leaderboard.page.text import plain
from cxrbench.leaderboard.paper.bibliography import cited
from cxrbench.leaderboard.paper.csv_table import csv_table
from cxrbench.leaderboard.paper.latex import latex, latex_escape
from cxrbench.leaderboard.paper.markdown import PROSE, markdown, markdown_escape
from cxrbench.leaderboard.paper.methods import methods as paragraph
from cxrbench.leaderboard.paper.methods import signature_lines
from cxrbench.leaderboard.paper.table import PaperTable


def document(table: PaperTable, form: str, *, methods: bool = False) -> str:
    """The text of the table.

    Args:
        form: "latex", "csv" or "md". CSV has no place for prose: `methods` adds nothing to it.
    """
    if form == "csv":
        return csv_table(table)
    if form == "latex":
        return latex(table) + (_latex_methods(table) if methods else "")
    return markdown(table) + (_markdown_methods(table) if methods else "")


def _latex_methods(table: PaperTable) -> str:
    signatures = [rf"\item {latex_escape(line)}" for line in signature_lines(table)]
    return "\n".join(
        [
            r"\paragraph{Evaluation.}",
            latex_escape(paragraph(table)) + rf"~\cite{{{','.join(cited(table))}}}",
            r"\paragraph{Signatures of the scores.}",
            r"\begin{itemize}\footnotesize\raggedright",
            *signatures,
            r"\end{itemize}",
            "",
        ]
    )


def _markdown_methods(table: PaperTable) -> str:
    lines = [f"- {_code(line)}" for line in signature_lines(table)]
    text = markdown_escape(paragraph(table), PROSE)
    return "\n".join(["", f"**Evaluation.** {text}", "", "**Signatures**", "", *lines, ""])


def _code(line: str) -> str:
    title, _, signature = line.partition(": ")
    return f"{markdown_escape(title)}: `{' '.join(plain(signature).split()).replace('`', chr(39))}`"
