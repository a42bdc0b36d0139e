"""How `run`, `score`, `verify`, `rerun` and `show` print results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from cxrbench.cli.tables import print_table
from cxrbench.core import jsonio
from cxrbench.core.rescoring import Comparison
from cxrbench.core.results import Results, Score
from cxrbench.core.runner import RunOutcome

_LABEL_HEADING = "Label F1 (rules)"
_REPORT_SCORES = ("rules_micro_f1_14", "bleu_4", "rouge_l")
_ANSWER_SCORES = ("exact_match", "token_f1", "spatial_relation_accuracy")
"""Scores by stratum, of reports and of answers."""
PHANTOM_BANNER = "PHANTOM DATA: drawn pictures. These numbers say nothing about real patients."


def print_run(outcome: RunOutcome, verdicts: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """A finished run on stdout."""
    if as_json:
        _print_json(outcome.results, {"requirements": list(verdicts)} if verdicts else {})
        return
    _print_protocols(outcome.results)
    for verdict in verdicts:
        seen = "null" if verdict["seen"] is None else f"{verdict['seen']:.4f}"
        click.echo(f"requirement {verdict['requirement']}: {'met' if verdict['met'] else 'MISSED'} (seen {seen})")
    click.echo(f"run folder: {outcome.folder.path}")


def print_scores(results: Mapping[str, Results], *, as_json: bool) -> None:
    """Scores without a run folder."""
    if as_json:
        _print_json(results, {})
    else:
        _print_protocols(results)


def print_comparison(comparison: Comparison, *, as_json: bool) -> None:
    """Whether two forms of a run are identical, and where they differ."""
    if as_json:
        record = {
            "run": comparison.run,
            "identical": comparison.identical,
            "differences": list(comparison.differences),
        }
        click.echo(jsonio.dumps(record))
        return
    click.echo(f"{comparison.run}: {'identical' if comparison.identical else 'DIFFERENT'}")
    for sentence in comparison.differences:
        click.echo(f"  {sentence}")


def print_results(results: Results) -> None:
    """One protocol in full: text scores, label scores, conditions, strata."""
    record = results.record
    _print_head(results)
    names = list(results)
    labels = [name for name in names if name.startswith("rules_")]
    summary = [name for name in labels if "/" not in name]
    others = [name for name in names if name not in labels]
    _print_block("Scores", [results[name] for name in others if "/" not in name])
    _print_single([results[name] for name in others if "/" in name])
    _print_block(_LABEL_HEADING, [results[name] for name in summary])
    _print_block(f"{_LABEL_HEADING}, per condition", [results[name] for name in labels if "/" in name])
    shown = _ANSWER_SCORES if "exact_match" in results else _REPORT_SCORES
    _print_strata(record["strata"], [name for name in shown if name in results])


def _print_json(results: Mapping[str, Results], extra: Mapping[str, Any]) -> None:
    records = {name: item.record for name, item in results.items()}
    document = next(iter(records.values())) if len(records) == 1 else {"protocols": records}
    click.echo(jsonio.dumps({**document, **extra}, indent=2))


def _print_protocols(results: Mapping[str, Results]) -> None:
    first = next(iter(results.values()))
    if len(results) == 1:
        print_results(first)
        return
    _print_head(first)
    names = [name for name in first if "/" not in name]
    rows = [[name, *(_cell(item[name]) for item in results.values())] for name in names]
    print_table(["score", *results], rows, title="One set of predictions under each protocol", right=range(1, 9))


def _print_head(results: Results) -> None:
    record = results.record
    counts = ", ".join(f"{count} {name}" for name, count in record["status_counts"].items() if count or name == "ok")
    click.echo(f"{record['model']} on {record['task']} {record['split']}, protocol {record['protocol']}")
    click.echo(f"n = {record['n']} ({counts}), 95% CI from {record['resamples']} bootstrap resamples of groups")
    if record["sections_cut"]:
        click.echo(f"sections were cut out of {record['sections_cut']:.1%} of the texts, as the protocol asks")
    if record["phantom"]:
        click.echo(PHANTOM_BANNER)
    if record["partial"]:
        click.echo("PARTIAL: --limit was used; this run cannot be ranked.")
    if not record["complete"]:
        failed = record["status_counts"]["error"]
        click.echo(f"INCOMPLETE: {failed} examples failed and are unscored; repeat the command to try them again.")


def _print_block(title: str, scores: Sequence[Score]) -> None:
    if not scores:
        return
    rows = [
        [
            score.name,
            "↑" if score.direction == "higher" else "↓",
            "null" if score.value is None else f"{score.value:.4f}",
            "" if score.ci95 is None else f"{score.ci95[0]:.4f} to {score.ci95[1]:.4f}",
            str(score.n),
            score.reason or "",
        ]
        for score in scores
    ]
    header = ["score", "", "value", "95% CI", "n", ""]
    if not any(row[5] for row in rows):
        header, rows = header[:5], [row[:5] for row in rows]
    click.echo()
    print_table(header, rows, title=title, right=(2, 4))


def _print_single(scores: Sequence[Score]) -> None:
    """Scores of single conditions or bands; those that are null are counted, since a model without label
    probabilities has more than a hundred of them."""
    known = [score for score in scores if score.value is not None]
    _print_block("Per condition", known)
    if len(known) < len(scores):
        click.echo(f"\n{len(scores) - len(known)} scores of single conditions are null: results.json says why")


def _print_strata(strata: Mapping[str, Any], names: Sequence[str]) -> None:
    rows = [
        [stratum, value, str(content["n"]), *(_cell(_estimate(content["scores"][name])) for name in names)]
        for stratum, values in strata.items()
        for value, content in values.items()
    ]
    if rows and names:
        click.echo()
        print_table(["stratum", "value", "n", *names], rows, title="Strata", right=range(2, 9))


def _estimate(found: Mapping[str, Any]) -> Score:
    ci95 = found["ci95"]
    return Score("", found["value"], None if ci95 is None else (ci95[0], ci95[1]), found["n"], "", "")


def _cell(score: Score) -> str:
    if score.value is None:
        return "null"
    return f"{score.value:.3f}" + ("" if score.ci95 is None else f" [{score.ci95[0]:.3f}, {score.ci95[1]:.3f}]")
