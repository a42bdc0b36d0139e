"""How `compare` prints what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from cxrbench.cli.show_results import PHANTOM_BANNER
from cxrbench.cli.tables import print_table
from cxrbench.core import jsonio
from cxrbench.core.comparing import RunComparison
from cxrbench.statistics.paired import p_text

_SHOWN_FLIPS = 5
_NAME_WIDTH = 60
_CORRECTIONS = {"holm": "Holm", "bonferroni": "Bonferroni"}


def print_compared(found: RunComparison, *, as_json: bool) -> None:
    """The comparison on stdout: as JSON, or as tables and the lines for a report."""
    record = found.record
    if as_json:
        click.echo(jsonio.dumps(record, indent=2))
        return
    _print_head(record)
    for comparison in record["comparisons"]:
        _print_scores(record, comparison)
        _print_tests(comparison)
        _print_flips(comparison)
        _print_strata(record, comparison)
    if record["noninferiority"]:
        click.echo()
    for verdict in record["noninferiority"]:
        _print_verdict(verdict)


def _print_head(record: Mapping[str, Any]) -> None:
    for run in record["runs"]:
        click.echo(f"{run['name']} = {_printable(run['model'])}  ({_printable(run['path'], None)})")
    click.echo(f"{record['task']} {record['split']}, protocol {record['protocol']}")
    click.echo(
        f"n = {record['n']} examples in {record['groups']} groups, scored by every run; "
        f"95% CI of the difference from {record['resamples']} bootstrap resamples of groups"
    )
    if record["phantom"]:
        click.echo(PHANTOM_BANNER)
    if record["dropped"] is not None:
        _print_dropped(record["dropped"])
    for note in record["notes"]:
        click.echo(f"note: {note}")


def _print_dropped(dropped: Mapping[str, Any]) -> None:
    missing = ", ".join(f"{count} not scored in {name}" for name, count in dropped["missing_in"].items() if count)
    click.echo(f"left out: {dropped['n']} examples" + (f" ({missing})" if missing else ""))
    if dropped["failed_in_all"]:
        click.echo(f"          {dropped['failed_in_all']} more failed in every run")
    for stratum, values in dropped["strata"].items():
        if len(values) < 2:
            continue
        shares = ", ".join(
            f"{_printable(value)} {count['dropped']} of {count['dropped'] + count['kept']}"
            for value, count in values.items()
            if count["dropped"]
        )
        click.echo(f"          by {stratum}: {shares}")


def _print_scores(record: Mapping[str, Any], comparison: Mapping[str, Any]) -> None:
    run, against = comparison["run"], comparison["against"]
    correction = record["correction"]
    corrected = f"p {_CORRECTIONS[correction['method']]}"
    header = ["score", "", against, run, f"{run} − {against}", "95% CI", "p", corrected, ""]
    rows = [
        [
            score,
            "↑" if found["direction"] == "higher" else "↓",
            _number(found["against"]),
            _number(found["value"]),
            _signed(found["difference"]),
            _interval(found["ci95"]),
            _p(found["p"]),
            _p(found["p_corrected"]),
            _verdict_of(found, run, against),
        ]
        for score, found in comparison["scores"].items()
    ]
    click.echo()
    print_table(
        header,
        rows,
        title=f"{run} against {against}",
        right=(2, 3, 4, 6, 7),
        caption=f"p: two-sided paired randomisation by group; corrected for {correction['tests']} tests"
        f" ({correction['family']})",
    )


def _verdict_of(found: Mapping[str, Any], run: str, against: str) -> str:
    if found["difference"] is None:
        return str(found.get("reason", "undefined"))
    if found["p_corrected"] is None or found["p_corrected"] >= 0.05:
        return "no difference shown"
    return f"{run if found['favours'] == 'run' else against} is better"


def _print_tests(comparison: Mapping[str, Any]) -> None:
    rows, without = [], []
    for score, found in comparison["scores"].items():
        t_test, mcnemar = found["t_test"], found["mcnemar"]
        if t_test is None and mcnemar is None:
            without.append(score)
            continue
        if t_test is not None:
            paired = "" if t_test["d_z"] is None else f", d_z = {t_test['d_z']:.2f}"
            rows.append([score, "paired t-test", t_test["line"] + paired])
        if mcnemar is not None:
            only = (
                f", discordant {mcnemar['only_run']} : {mcnemar['only_against']}" if mcnemar["p"] is not None else ""
            )
            rows.append([score, f"McNemar, {mcnemar['of']}", mcnemar["line"] + only])
    if rows:
        click.echo()
        print_table(["score", "test", "result (not corrected)"], rows, title="Tests on values per example")
    if without:
        names = ", ".join(without)
        click.echo(f"no test per example (the score is no mean of values per example): {names}")


def _print_flips(comparison: Mapping[str, Any]) -> None:
    run, against, flips = comparison["run"], comparison["against"], comparison["flips"]
    changed = {score: found for score, found in flips["values"].items() if found["better"] or found["worse"]}
    if changed:
        click.echo()
    for score, found in changed.items():
        counts = f"better on {found['better']} examples, worse on {found['worse']}, equal on {found['equal']}"
        click.echo(f"{score}: {run} is {counts}")
    score = next(iter(changed), None)
    if score is not None:
        found = changed[score]
        rows = [
            [_printable(item["id"]), _number(item["against"]), _number(item["value"]), _signed(item["difference"])]
            for side in ("most_improved", "most_worsened")
            for item in found[side][:_SHOWN_FLIPS]
        ]
        if rows:
            click.echo()
            header = ["example", against, run, f"{run} − {against}"]
            print_table(header, rows, title=f"Changed most by {score}", right=(1, 2, 3))
    for labeler, found in flips["labels"].items():
        _print_labels(labeler, found, run, against)


def _print_labels(labeler: str, found: Mapping[str, Any], run: str, against: str) -> None:
    click.echo()
    click.echo(
        f"labels ({labeler}): {found['gained']} right in {run} alone, {found['lost']} right in {against} alone, "
        f"in {found['examples_changed']} examples"
    )
    rows = [
        [_printable(item["id"]), ", ".join(item["gained"]), ", ".join(item["lost"])]
        for item in found["examples"][:_SHOWN_FLIPS]
    ]
    if rows:
        print_table(["example", f"right in {run} alone", f"right in {against} alone"], rows)


def _print_strata(record: Mapping[str, Any], comparison: Mapping[str, Any]) -> None:
    run, against = comparison["run"], comparison["against"]
    for stratum, values in comparison["strata"].items():
        rows = [
            [
                _printable(value),
                score,
                str(found["n"]),
                _number(found["against"]),
                _number(found["value"]),
                _signed(found["difference"]),
                _interval(found["ci95"]),
                _p(found["p"]),
                _p(found["p_corrected"]),
            ]
            for value, part in values.items()
            for score, found in part["scores"].items()
        ]
        corrected = f"p {_CORRECTIONS[record['correction']['method']]}"
        header = [stratum, "score", "n", against, run, f"{run} − {against}", "95% CI", "p", corrected]
        caption = (
            f"corrected for the {record['correction']['tests_in_strata']} tests in strata, apart from those above"
        )
        click.echo()
        print_table(header, rows, title=f"By {stratum}", right=(2, 3, 4, 5, 7, 8), caption=caption)


def _print_verdict(verdict: Mapping[str, Any]) -> None:
    run, against, margin = verdict["run"], verdict["against"], verdict["margin"]
    if verdict["lower"] is None:
        seen = "there is no interval"
    else:
        sign = ">" if verdict["met"] else "≤"
        seen = f"lower bound of the advantage {_signed(verdict['lower'])} {sign} {_signed(-margin)}"
    shown = "shown" if verdict["met"] else "NOT SHOWN"
    click.echo(f"{run} not inferior to {against} in {verdict['score']} by more than {margin:g}: {shown} ({seen})")


def _number(value: float | None) -> str:
    return "null" if value is None else f"{value:.4f}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.4f}"


def _interval(bounds: Sequence[float] | None) -> str:
    return "" if bounds is None else f"{bounds[0]:+.4f} to {bounds[1]:+.4f}"


def _p(value: float | None) -> str:
    return "" if value is None else p_text(value).removeprefix("p").removeprefix(" = ").strip()


def _printable(text: str, width: int | None = _NAME_WIDTH) -> str:
    """Names come from files: control and direction characters must not reach the terminal."""
    kept = "".join(character if character.isprintable() else "?" for character in text)
    return kept if width is None or len(kept) <= width else kept[: width - 1] + "…"
