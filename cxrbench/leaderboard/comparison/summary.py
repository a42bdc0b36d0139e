"""What the page of a comparison shows, computed from its record: charts as coordinates, rows, sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cxrbench.core.comparing import RunComparison
from cxrbench.leaderboard.charts.forest import Entry, Forest, forest
from cxrbench.leaderboard.page.names import resampling_unit, score_title
from cxrbench.leaderboard.page.text import signed

ALPHA = 0.05
_SHOWN = 20


@dataclass(frozen=True)
class ScoreRow:
    """One score of a run against the first.

    Attributes:
        verdict: "A is better", "no difference shown", or why there is no difference.
        tone: "good" where the run is better, "bad" where the first one is, "soft" otherwise.
        tests: Sentences of the t-test and McNemar, not corrected.
    """

    score: str
    title: str
    direction: str
    n: int
    against: float | None
    value: float | None
    difference: float | None
    ci95: Sequence[float] | None
    p: float | None
    p_corrected: float | None
    verdict: str
    tone: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class StratumRow:
    """One score within one value of a stratum."""

    value: str
    n: int
    row: ScoreRow


@dataclass(frozen=True)
class Flip:
    """A score with the examples that changed most, (id, value in the first run, value in the run)."""

    title: str
    better: int
    worse: int
    equal: int
    most_better: Sequence[tuple[str, float, float]]
    most_worse: Sequence[tuple[str, float, float]]


@dataclass(frozen=True)
class LabelFlips:
    """How often the label of each condition is right in one run alone: (condition, run, first run)."""

    labeler: str
    conditions: Sequence[tuple[str, int, int]]


@dataclass(frozen=True)
class Pair:
    """One run against the first."""

    key: str
    run: Mapping[str, Any]
    against: Mapping[str, Any]
    plots: Sequence[Forest]
    rows: Sequence[ScoreRow]
    strata: Mapping[str, tuple[Sequence[Forest], Sequence[StratumRow]]]
    flips: Sequence[Flip]
    labels: Sequence[LabelFlips]


@dataclass(frozen=True)
class Page:
    """Everything that the template shows.

    Attributes:
        facts: Label and text, in order.
        dropped: What `--on common` left out, in sentences.
        verdicts: Non-inferiority: (sentence, met).
    """

    title: str
    phantom: bool
    restricted: bool
    facts: Sequence[tuple[str, str]]
    runs: Sequence[Mapping[str, Any]]
    notes: Sequence[str]
    dropped: Sequence[str]
    pairs: Sequence[Pair]
    verdicts: Sequence[tuple[str, bool]]
    signatures: Sequence[tuple[str, str]]
    correction: str


def summarise(comparison: RunComparison) -> Page:
    """The page of a comparison."""
    record = comparison.record
    runs = {run["name"]: run for run in record["runs"]}
    unit = resampling_unit(_dataset(record))
    correction = record["correction"]
    pairs = [_pair(number, item, runs) for number, item in enumerate(record["comparisons"])]
    return Page(
        title=" against ".join(
            [", ".join(str(run["model"]) for run in record["runs"][1:]), record["runs"][0]["model"]]
        ),
        phantom=bool(record["phantom"]),
        restricted=bool(record["restricted"]),
        facts=[
            ("Task", f"{record['task']}, version {record['task_version']}"),
            ("Split", str(record["split"])),
            ("Protocol", str(record["protocol"])),
            ("Examples", f"{record['n']:,} in {record['groups']:,} {unit}, scored by every run"),
            ("Intervals", f"95 %, of the difference, {record['resamples']:,} bootstrap resamples of {unit}"),
            ("Test", f"two-sided paired randomisation by group, {record['resamples']:,} exchanges"),
            (
                "Correction",
                f"{str(correction['method']).capitalize()}, {correction['tests']} tests ({correction['family']})"
                + (
                    f"; {correction['tests_in_strata']} tests in strata apart"
                    if correction["tests_in_strata"]
                    else ""
                ),
            ),
            ("Data", str(record["data"])[:16]),
            ("Statistics from", str(record["statistics_from"])),
        ],
        runs=record["runs"],
        notes=record["notes"],
        dropped=_dropped(record["dropped"]),
        pairs=pairs,
        verdicts=[_verdict(item) for item in record["noninferiority"]],
        signatures=[(score_title(score), signature) for score, signature in record["signatures"].items()],
        correction=str(correction["method"]).capitalize(),
    )


def _dataset(record: Mapping[str, Any]) -> str:
    """Tasks are named after their data set, up to the kind of task."""
    return {"iu-report": "iu-xray", "mimic-report": "mimic-cxr"}.get(str(record["task"]), str(record["task"]))


def _pair(number: int, item: Mapping[str, Any], runs: Mapping[str, Mapping[str, Any]]) -> Pair:
    run, against = runs[item["run"]], runs[item["against"]]
    rows = [_row(score, found, run["name"], against["name"]) for score, found in item["scores"].items()]
    strata = {
        stratum: _stratum(stratum, values, run["name"], against["name"])
        for stratum, values in item.get("strata", {}).items()
    }
    flips = item["flips"]
    return Pair(
        key=f"pair{number}",
        run=run,
        against=against,
        plots=_plots(f"{run['name']} − {against['name']}", rows),
        rows=rows,
        strata=strata,
        flips=[_flip(score, found) for score, found in flips["values"].items()],
        labels=[_labels(labeler, found) for labeler, found in flips["labels"].items()],
    )


def _plots(title: str, rows: Sequence[ScoreRow]) -> list[Forest]:
    """Scores of one scale share a plot: those that lie in [0, 1], and the others (CIDEr)."""
    shares: list[Entry] = []
    others: list[Entry] = []
    for row in rows:
        wide = any(value is not None and abs(value) > 1 for value in (row.value, row.against))
        (others if wide else shares).append(Entry(row.title, row.difference, row.ci95, faint=row.tone == "soft"))
    return [
        forest(
            title, entries, reference=0.0, differences=True, description=f"Differences {title} with 95 % intervals"
        )
        for entries in (shares, others)
        if entries
    ]


def _row(score: str, found: Mapping[str, Any], run: str, against: str) -> ScoreRow:
    verdict, tone = _says(found, run, against)
    tests = []
    if t_test := found.get("t_test"):
        paired = "" if t_test["d_z"] is None else f", d_z = {t_test['d_z']:.2f}"
        tests.append(f"paired t-test: {t_test['line']}{paired}")
    if mcnemar := found.get("mcnemar"):
        tests.append(
            f"McNemar, {mcnemar['of']}: {mcnemar['line']}"
            + (f", discordant {mcnemar['only_run']} : {mcnemar['only_against']}" if mcnemar["p"] is not None else "")
        )
    return ScoreRow(
        score=score,
        title=score_title(score),
        direction=found["direction"],
        n=found["n"],
        against=found["against"],
        value=found["value"],
        difference=found["difference"],
        ci95=found["ci95"],
        p=found["p"],
        p_corrected=found["p_corrected"],
        verdict=verdict,
        tone=tone,
        tests=tuple(tests),
    )


def _says(found: Mapping[str, Any], run: str, against: str) -> tuple[str, str]:
    if found["difference"] is None:
        return str(found.get("reason", "undefined")), "soft"
    if found["p_corrected"] is None or found["p_corrected"] >= ALPHA or found["favours"] is None:
        return "no difference shown", "soft"
    return (f"{run} is better", "good") if found["favours"] == "run" else (f"{against} is better", "bad")


def _stratum(
    stratum: str, values: Mapping[str, Any], run: str, against: str
) -> tuple[Sequence[Forest], Sequence[StratumRow]]:
    rows = [
        StratumRow(value, part["n"], _row(score, found, run, against))
        for value, part in values.items()
        for score, found in part["scores"].items()
    ]
    plots = [
        forest(
            f"{score_title(score)} by {stratum}",
            [
                Entry(
                    item.value,
                    item.row.difference,
                    item.row.ci95,
                    f"n = {item.n}",
                    faint=item.row.tone == "soft",
                )
                for item in rows
                if item.row.score == score
            ],
            reference=0.0,
            differences=True,
        )
        for score in dict.fromkeys(item.row.score for item in rows)
    ]
    return plots, rows


def _flip(score: str, found: Mapping[str, Any]) -> Flip:
    def most(key: str) -> list[tuple[str, float, float]]:
        return [(item["id"], item["against"], item["value"]) for item in found[key][:_SHOWN]]

    counts = found["better"], found["worse"], found["equal"]
    return Flip(score_title(score), *counts, most("most_improved"), most("most_worsened"))


def _labels(labeler: str, found: Mapping[str, Any]) -> LabelFlips:
    rows = [
        (condition, int(count["gained"]), int(count["lost"]))
        for condition, count in found["conditions"].items()
        if count["gained"] or count["lost"]
    ]
    return LabelFlips(labeler, sorted(rows, key=lambda row: abs(row[1] - row[2]), reverse=True))


def _dropped(dropped: Mapping[str, Any] | None) -> list[str]:
    if dropped is None:
        return []
    missing = ", ".join(f"{count} not scored in {name}" for name, count in dropped["missing_in"].items() if count)
    found = [f"{dropped['n']} examples were left out" + (f" ({missing})." if missing else ".")]
    if dropped["failed_in_all"]:
        found.append(f"{dropped['failed_in_all']} more failed in every run.")
    for stratum, values in dropped["strata"].items():
        shares = [
            f"{value} {count['dropped']} of {count['dropped'] + count['kept']}"
            for value, count in values.items()
            if count["dropped"]
        ]
        if len(values) > 1 and shares:
            found.append(f"By {stratum}: {', '.join(shares)}.")
    return found


def _verdict(item: Mapping[str, Any]) -> tuple[str, bool]:
    bound = (
        "there is no interval" if item["lower"] is None else f"lower bound of the advantage {signed(item['lower'])}"
    )
    sentence = (
        f"{item['run']} is {'' if item['met'] else 'not shown to be '}not inferior to {item['against']} in "
        f"{score_title(item['score'])} by more than {item['margin']:g} ({bound})."
    )
    return sentence, bool(item["met"])
