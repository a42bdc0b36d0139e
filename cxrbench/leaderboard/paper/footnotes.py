"""What must stand below a table so that its numbers can be read: protocol, labeler, n, resampling unit, marks."""

from __future__ import annotations

from cxrbench.leaderboard.page.names import resampling_unit, score_title
from cxrbench.leaderboard.paper.signatures import label_conventions
from cxrbench.leaderboard.paper.table import ALPHA, PaperTable

_CORRECTIONS = {"holm": "Holm", "bonferroni": "Bonferroni"}


def footnotes(table: PaperTable) -> list[str]:
    """Sentences in reading order, plain text."""
    first = table.first
    identity, data = first.record["identity"], first.record["data"]
    unit = resampling_unit(data["name"])
    found = [
        f"Task {identity['task']} (version {identity['task_version']}), split {identity['split']}, "
        f"protocol {first.results['protocol']}, n = {table.n} examples in {table.groups} {unit}."
    ]
    if data["phantom"]:
        found.append("Phantom data: drawn pictures; these numbers say nothing about real patients.")
    intervals = (
        f"In brackets: 95 % percentile intervals from {first.results['resamples']:,} bootstrap resamples of {unit}."
    )
    spread = "± is the standard deviation over the runs (seeds) of the row, whose mean is shown."
    if not table.seeds:
        found.append(intervals)
    elif all(len(row.runs) > 1 for row in table.rows):
        found.append(spread)
    else:
        found += [intervals, spread]
    if any(cell.place for cells in table.cells for cell in cells.values()):
        found.append("Bold: best; underlined: second best; baselines take no part in this.")
    if table.tests:
        bootstrap = " (rows of several runs: bootstrap of the difference of their means)" if table.seeds else ""
        found.append(
            f"†: differs from the best row, p < {ALPHA:g}, two-sided paired randomisation by "
            f"{resampling_unit(data['name'], many=False)}{bootstrap}, corrected by "
            f"{_CORRECTIONS[table.correction]}'s method for the {table.tests} tests of the table."
        )
    found += [f"{sentence}." for sentence in label_conventions(table.signatures)]
    undefined = [score_title(score) for score in table.scores if any(c[score].value is None for c in table.cells)]
    if undefined:
        found.append(f"–: undefined ({', '.join(undefined)}).")
    return found + _cautions(table)


def _cautions(table: PaperTable) -> list[str]:
    """What differs between rows that may stand in one table all the same."""
    found: list[str] = []
    shown = {row.label: ", ".join(row.runs[0].record["identity"]["inputs"]) for row in table.rows}
    if len(set(shown.values())) > 1:
        each = "; ".join(f"{label}: {inputs}" for label, inputs in shown.items())
        found.append(f"The models were shown different inputs ({each}); differences may come from that.")
    if any(run.partial for row in table.rows for run in row.runs):
        found.append("Partial: the runs were limited to a sample of the split and cannot be ranked.")
    return found
