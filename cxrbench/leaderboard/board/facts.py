"""What a leaderboard needs of a run: run.json and results.json, checked field by field and cleaned.

The files may come from anybody. A field of another type, a number that is not finite or a document of another schema
makes the run unreadable, with the reason; texts lose control and direction characters and are cut at 300 characters.
"""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from cxrbench.core import jsonio
from cxrbench.core.run_folder import RUN_SCHEMA
from cxrbench.core.scoring import RESULTS_SCHEMA
from cxrbench.core.types import STATUSES
from cxrbench.leaderboard.page.text import plain

_LONGEST = 300
_LONGEST_SIGNATURE = 1500
_MOST_SCORES = 400
_DEEPEST = 20
_PATH = re.compile(r"((?:--?[\w-]+=)?(?:[\w.-]{2,}:)?)((?:~|/|\\|[A-Za-z]:[\\/]).*)", re.DOTALL)


class UnreadableError(Exception):
    """Why a file of a run cannot be used; a clause for the list of runs left out."""


def run_facts(data: bytes) -> dict[str, Any]:
    """What run.json says.

    Raises:
        UnreadableError: Not JSON, of another schema, or a field of another type.
    """
    record = _document(data, "run.json", RUN_SCHEMA)
    identity, model, origin = (_mapping(record, key, "run.json") for key in ("identity", "model", "data"))
    provenance = _mapping(record, "provenance", "run.json")
    config = _mapping(record, "config", "run.json")
    if not _plain_config(config):
        raise UnreadableError(
            "the configuration in run.json is nested too deeply or holds a number that is not finite"
        )
    return {
        "run_id": _text(record, "run_id"),
        "status": _text(record, "status"),
        "identity": {
            **{key: _text(identity, key) for key in ("task", "task_version", "split", "data", "model")},
            "model_fingerprint": _text(identity, "model_fingerprint"),
            "protocols": _texts(identity, "protocols"),
            "inputs": _texts(identity, "inputs"),
            "seed": _whole(identity, "seed"),
            "control": _text(identity, "control", None),
        },
        "config": config,
        "model": {
            **{key: _text(model, key) for key in ("name", "version", "fingerprint")},
            "spec": without_folders(_text(model, "spec", "")),
            "licence": _text(model, "licence", None),
            "trained_on": None if model.get("trained_on") is None else _texts(model, "trained_on"),
            "inputs": _texts(model, "inputs", []),
            "notes": _texts(model, "notes", []),
            "is_baseline": model.get("is_baseline") is True,
        },
        "data": {
            **{key: _text(origin, key) for key in ("name", "split", "fingerprint")},
            "phantom": _truth(origin, "phantom"),
            "restricted": origin.get("restricted") if isinstance(origin.get("restricted"), bool) else None,
            "notes": _texts(origin, "notes", []),
        },
        "provenance": {
            **{key: _text(provenance, key, "") for key in ("cxrbench", "git_commit", "started", "ended")},
            "command": without_folders(_text(provenance, "command", "")),
        },
    }


def results_facts(data: bytes, file: str) -> dict[str, Any]:
    """What results.json says, without its strata.

    Raises:
        UnreadableError: As `run_facts`.
    """
    record = _document(data, file, RESULTS_SCHEMA)
    counts = _mapping(record, "status_counts", file)
    scores = _mapping(record, "scores", file)
    chosen = list(scores)[:_MOST_SCORES]
    return {
        **{key: _text(record, key) for key in ("task", "model", "protocol")},
        "n": _whole(record, "n"),
        "status_counts": {status: _whole(counts, status) for status in STATUSES},
        "complete": _truth(record, "complete"),
        "partial": record.get("partial") is True,
        "phantom": record.get("phantom"),
        "scores": {clean(name): _score(name, scores[name], file) for name in chosen},
        "scores_left_out": len(scores) - len(chosen),
    }


def clean(value: str) -> str:
    """A text as it may stand on a page: `plain`, in one line, at most 300 characters."""
    line = " ".join(plain(value).split()) if not (value.isascii() and value.isprintable()) else value
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def without_folders(text: str) -> str:
    """A command or model spec with every absolute path, home folder and address cut to its last part.

    A site may be published: folders name users and machines.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        return ""
    found = _matched(words)
    if not any(match for _, match in found):
        return text
    shown = [word if match is None else _shown(match) for word, match in found]
    return " ".join(word if " " not in word else f"'{word}'" for word in shown)


def _document(data: bytes, file: str, schema: str) -> dict[str, Any]:
    def no_number(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON number")

    try:
        record = json.loads(data.decode("utf-8-sig"), parse_constant=no_number)
    except UnicodeDecodeError:
        raise UnreadableError(f"{file} is not UTF-8 text") from None
    except RecursionError:
        raise UnreadableError(f"{file} is nested too deeply") from None
    except ValueError as error:
        raise UnreadableError(f"{file} is damaged: {error}") from None
    if not isinstance(record, dict):
        raise UnreadableError(f"{file} holds no JSON object")
    if record.get("schema") != schema:
        seen = clean(str(record.get("schema")))[:60]
        raise UnreadableError(f"{file} is of schema {seen!r}; this version reads {schema!r}: repeat the run")
    return record


def _score(name: str, found: Any, file: str) -> dict[str, Any]:
    where = f"score {clean(name)[:60]!r} of {file}"
    if not isinstance(found, dict) or found.get("direction") not in ("higher", "lower"):
        raise UnreadableError(f"{where} is no score with a direction")
    value, interval = found.get("value"), found.get("ci95")
    bounds = [] if interval is None else interval
    if not isinstance(bounds, list) or len(bounds) not in (0, 2):
        raise UnreadableError(f"{where} has an interval that is none")
    for number in (*bounds, *([] if value is None else [value])):
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not _finite(number):
            raise UnreadableError(f"{where} has a value that is no finite number: {str(number)[:40]}")
    return {
        "value": None if value is None else float(value),
        "ci95": [float(bound) for bound in bounds] or None,
        "n": _whole(found, "n"),
        "direction": found["direction"],
        "signature": _signature(found.get("signature"), where),
        "reason": _text(found, "reason", None),
    }


def _signature(found: Any, where: str) -> str:
    if not isinstance(found, str):
        raise UnreadableError(f"{where} has no signature")
    parts = [_shown(match) if match else part for part, match in _matched(found.split("|"))]
    shown = " ".join(plain("|".join(parts)).split())
    if len(shown) <= _LONGEST_SIGNATURE:
        return shown
    # Two long signatures that begin alike must stay two.
    return f"{shown[:_LONGEST_SIGNATURE]}…{jsonio.digest(found)}"


def _matched(words: Sequence[str]) -> list[tuple[str, re.Match[str] | None]]:
    return [(word, _PATH.fullmatch(word)) for word in words]


def _shown(match: re.Match[str]) -> str:
    """The prefix and the last part of a path; nothing of an address, which may be that of a private machine."""
    return f"{match[1]}…" if match[2].startswith(("//", "\\\\")) else f"{match[1]}…/{_last(match[2])}"


def _last(path: str) -> str:
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1]


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:
        return False


def _plain_config(value: Any, depth: int = 0) -> bool:
    """Whether a configuration is nested sensibly and holds finite numbers only."""
    if isinstance(value, (dict, list)):
        inside = value.values() if isinstance(value, dict) else value
        return depth < _DEEPEST and all(_plain_config(item, depth + 1) for item in inside)
    return not isinstance(value, float) or math.isfinite(value)


def _mapping(record: Mapping[str, Any], key: str, file: str) -> dict[str, Any]:
    found = record.get(key)
    if not isinstance(found, dict):
        raise UnreadableError(f"{file} lacks {key!r}")
    return found


_NEEDED: Any = object()


def _text(record: Mapping[str, Any], key: str, default: Any = _NEEDED) -> Any:
    found = record.get(key)
    if isinstance(found, str):
        return clean(found)
    if found is not None or default is _NEEDED:
        raise UnreadableError(f"{key!r} is {_kind(found)} where a text is due")
    return default


def _texts(record: Mapping[str, Any], key: str, default: Any = _NEEDED) -> Any:
    found = record.get(key)
    if isinstance(found, list) and all(isinstance(item, str) for item in found):
        return [clean(item) for item in found]
    if found is not None or default is _NEEDED:
        raise UnreadableError(f"{key!r} is {_kind(found)} where a list of texts is due")
    return default


def _whole(record: Mapping[str, Any], key: str) -> int:
    found = record.get(key)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < 1 << 53:
        raise UnreadableError(f"{key!r} is {str(found)[:40]!r} where a count is due")
    return found


def _truth(record: Mapping[str, Any], key: str) -> bool:
    found = record.get(key)
    if not isinstance(found, bool):
        raise UnreadableError(f"{key!r} is {_kind(found)} where true or false is due")
    return found


def _kind(value: Any) -> str:
    return "missing" if value is None else f"of type {type(value).__name__}"
