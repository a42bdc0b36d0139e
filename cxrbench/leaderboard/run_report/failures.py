"""Answers that are none: failed, refused, empty; and examples that took no part."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cxrbench.leaderboard.run_report.contents import RunContents
from cxrbench.leaderboard.run_report.values import Value, from_record

LISTED = 200
_KINDS = ("error", "refused", "empty")
_ERROR_NAME = re.compile(r"[A-Za-z_.]*(?:Error|Exception|Timeout|Interrupt)\b")
_REASON = 300


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Examples with the same outcome for the same reason.

    Attributes:
        status: "error", "refused", "empty" or "excluded".
        ids: At most `LISTED` of them, in the order of the predictions.
        count: All of them.
    """

    status: str
    reason: str
    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failures:
    """Attributes:
    counts: Status -> examples.
    rates: "empty_rate" and "refused_rate", where the run has them.
    groups: Failed, refused and empty answers by reason, most frequent first.
    excluded: Examples that the task left out before any model ran.
    """

    counts: dict[str, int]
    rates: dict[str, Value]
    groups: tuple[FailureGroup, ...]
    excluded: tuple[FailureGroup, ...]


def failures(contents: RunContents) -> Failures:
    """What went wrong, by reason. Of restricted data only the name of an error is kept: its text may quote theirs."""
    results = contents.run.results
    found: dict[tuple[str, str], list[str]] = {}
    for name, prediction in contents.predictions.items():
        if prediction.status in _KINDS:
            reason = kept_reason(prediction.error or "", contents.restricted)
            found.setdefault((prediction.status, reason), []).append(name)
    seen = sum(len(ids) for (status, _), ids in found.items() if status == "error")
    unseen = contents.run.failed - seen
    groups = [_group(status, reason, ids) for (status, reason), ids in found.items()]
    if unseen > 0:
        groups.append(FailureGroup("error", "no readable prediction in the run folder", unseen, ()))
    groups.sort(key=lambda item: (_KINDS.index(item.status), -item.count, item.reason))
    excluded = contents.run.record["data"].get("excluded", {})
    return Failures(
        {status: int(count) for status, count in results["status_counts"].items()},
        {
            name: from_record(results["scores"][name])
            for name in ("empty_rate", "refused_rate")
            if name in results["scores"]
        },
        tuple(groups),
        tuple(_group("excluded", str(reason), map(str, ids)) for reason, ids in excluded.items()),
    )


def _group(status: str, reason: str, ids: Iterable[str]) -> FailureGroup:
    listed = list(ids)
    return FailureGroup(status, reason, len(listed), tuple(listed[:LISTED]))


def kept_reason(message: str, restricted: bool) -> str:
    """The first line of an error; of restricted data only its name."""
    if restricted:
        named = _ERROR_NAME.match(message)
        return named[0] if named else ("text left out: the data are restricted" if message else "")
    first = message.strip().split("\n", 1)[0]
    return first if len(first) <= _REASON else first[: _REASON - 1] + "…"
