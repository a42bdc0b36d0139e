"""A run folder that may be shown to anybody: numbers and settings stay, texts, ids, paths and small strata go.

The copy is a run folder itself, so that leaderboards, tables and comparisons work on it. Ids become keyed hashes
(HMAC-SHA256): with one key, runs over the same examples still match each other, and nobody without the key can try
out ids. What was taken out stands in `removed.json`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cxrbench.core import jsonio
from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.predictions import to_record
from cxrbench.core.run_folder import RunFolder

REMOVED_FILE = "removed.json"
REMOVED_SCHEMA = "cxrbench.removed/1"
SMALLEST_STRATUM = 10
"""Examples below which a stratum could point to single patients."""
_HASH_DIGITS = 20
_KEPT_OF_PREDICTION = ("status", "confidence", "label_probabilities", "usage", "latency_s")
_KEPT_OF_CONFIG = (
    "task", "split", "limit", "inputs", "protocols", "metrics", "batch_size", "device", "seed", "resamples",
    "metric_options", "control", "executor", "workers",
)  # fmt: skip
_KEPT_OF_PROVENANCE = ("cxrbench", "git_commit", "python", "packages", "hardware", "started", "ended")
_PATH_LIKE = re.compile(r"(?:[A-Za-z]:)?[\\/~]|://|\\\\")


def export_run(run: Path, out: Path, key: bytes) -> dict[str, Any]:
    """Write the public copy of a run folder.

    Args:
        out: A new or empty folder.
        key: See `read_key`.

    Returns:
        What stands in removed.json.

    Raises:
        DataError: `run` is no run folder, or is damaged.
        UsageError: `out` is not empty.
        StorageError: It cannot be written.
    """
    folder = RunFolder.open(run)
    record = folder.read_run()
    if record["status"] not in ("complete", "incomplete"):
        raise DataError(
            f"the run is not finished: its status is {record['status']!r}",
            where=str(folder.path),
            hint="repeat the command that started it, then export it",
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError("the folder to export to is not empty", where=str(out), hint="name a new folder")
    removed: Counter[str] = Counter()

    def pseudonym(name: str) -> str:
        return hmac.new(key, name.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:_HASH_DIGITS]

    public = RunFolder(out)
    _predictions(folder, public, pseudonym, removed)
    small = _results(folder, public, record, removed)
    _statistics(folder, public, pseudonym, small, removed)
    public.write_run(_run(record, removed))
    said = {
        "schema": REMOVED_SCHEMA,
        "removed": dict(sorted(removed.items())),
        "ids": f"HMAC-SHA256 with a key that is not here, {_HASH_DIGITS} hex digits",
        "smallest_stratum": SMALLEST_STRATUM,
        "not_copied": sorted(path.name for path in folder.path.iterdir() if not (out / path.name).exists()),
    }
    jsonio.write_json(out / REMOVED_FILE, said)
    return said


def read_key(path: Path) -> bytes:
    """The key for pseudonyms; made on first use, readable by its owner alone.

    Raises:
        DataError: The file is too short to be a key.
        StorageError: It can neither be read nor written.
    """
    with jsonio.storage_errors(path):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
        key = path.read_bytes().strip()
    if len(key) < 32:
        raise DataError(
            f"the key has {len(key)} bytes",
            where=str(path),
            valid="32 or more",
            hint="remove the file to make a new key",
        )
    return key


def _predictions(
    folder: RunFolder, public: RunFolder, pseudonym: Callable[[str], str], removed: Counter[str]
) -> None:
    lines = []
    for prediction in folder.read_predictions().values():
        record = to_record(prediction)
        lines.append({"id": pseudonym(prediction.id), **{k: record[k] for k in _KEPT_OF_PREDICTION if k in record}})
        removed.update(f"predictions: {name}" for name in record if name not in (*_KEPT_OF_PREDICTION, "id"))
        if prediction.status == "error":
            lines[-1]["error"] = "removed"
    lines.sort(key=lambda line: str(line["id"]))
    data = "".join(jsonio.dumps(line) + "\n" for line in lines).encode()
    jsonio.write_bytes(public.predictions_file, data)


def _results(
    folder: RunFolder, public: RunFolder, record: Mapping[str, Any], removed: Counter[str]
) -> set[tuple[str, str]]:
    """Write the results of every protocol; returns the strata that are too small."""
    small: set[tuple[str, str]] = set()
    for number, protocol in enumerate(record["identity"]["protocols"]):
        suffix = None if number == 0 else protocol
        results = folder.read_results(suffix)
        kept: dict[str, dict[str, Any]] = {}
        for stratum, values in results["strata"].items():
            shown = {value: part for value, part in values.items() if part["n"] >= SMALLEST_STRATUM}
            small |= {(stratum, value) for value in values if value not in shown}
            removed["results: strata with few examples"] += len(values) - len(shown)
            # Of two values one of which is shown, the other follows by subtraction.
            if len(values) - len(shown) == 1 and len(values) > 1 and _partition(results, values):
                smallest = min(shown, key=lambda value: shown[value]["n"], default=None)
                if smallest is not None:
                    small.add((stratum, smallest))
                    removed["results: strata that would give away a small one"] += 1
                    del shown[smallest]
            if shown:
                kept[stratum] = shown
        provenance = results["provenance"]
        data = provenance.get("data", {})
        results["strata"] = kept
        results["provenance"] = {
            "run_id": provenance.get("run_id"),
            "data": _data(data, removed),
            "model": _model(provenance.get("model", {}), removed),
            "inputs": provenance.get("inputs", []),
            **({"control": provenance["control"]} if "control" in provenance else {}),
            **{name: provenance[name] for name in _KEPT_OF_PROVENANCE if name in provenance},
        }
        removed["results: command line"] += "command" in provenance
        jsonio.write_json(public.results_file(suffix), results)
    return small


def _partition(results: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether the values of a stratum share out the scored examples, each to one."""
    scored = results["n"] - results["status_counts"]["error"]
    return bool(sum(part["n"] for part in values.values()) == scored)


def _statistics(
    folder: RunFolder,
    public: RunFolder,
    pseudonym: Callable[[str], str],
    small: set[tuple[str, str]],
    removed: Counter[str],
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    if not folder.statistics_file.is_file():
        return
    try:
        table = parquet.read_table(folder.statistics_file)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"the statistics cannot be read: {error}", where=str(folder.statistics_file)) from error
    columns: dict[str, Any] = {}
    for name in table.column_names:
        values = table[name].to_pylist() if name in ("id", "group") or name.startswith("stratum/") else table[name]
        if name in ("id", "group"):
            columns[name] = pa.array([pseudonym(str(value)) for value in values], pa.string())
        elif name.startswith("stratum/"):
            stratum = name.removeprefix("stratum/")
            shown = [[value for value in cell or () if (stratum, value) not in small] for cell in values]
            removed["statistics: strata with few examples"] += sum(
                len(cell or ()) - len(left) for cell, left in zip(values, shown)
            )
            columns[name] = pa.array(shown, pa.list_(pa.string()))
        else:
            columns[name] = values
    exported = pa.table(columns).sort_by("id")
    # Without the metadata of the original table, which tells of the machine's software at most, but need not.
    with jsonio.storage_errors(public.statistics_file):
        parquet.write_table(exported.replace_schema_metadata(None), public.statistics_file)


def _run(record: Mapping[str, Any], removed: Counter[str]) -> dict[str, Any]:
    config = record["config"]
    removed.update(f"run: {name}" for name in config if name not in _KEPT_OF_CONFIG and config[name])
    provenance = record["provenance"]
    removed["run: command line"] += "command" in provenance
    return {
        **{name: record[name] for name in ("schema", "run_id", "status", "identity", "batch_size") if name in record},
        "config": {
            **{name: config[name] for name in _KEPT_OF_CONFIG if name in config},
            "model": str(record["model"]["name"]),
            "metric_options": _without_paths(config.get("metric_options") or {}, "run: metric options", removed),
        },
        "model": _model(record["model"], removed),
        "data": _data(record["data"], removed),
        "provenance": {
            **{name: provenance[name] for name in _KEPT_OF_PROVENANCE if name in provenance},
            "command": "",
        },
        "public": True,
    }


def _model(model: Mapping[str, Any], removed: Counter[str]) -> dict[str, Any]:
    kept = {name: value for name, value in model.items() if name not in ("spec", "notes", "remote_host")}
    removed["model: specification"] += "spec" in model
    removed["model: host"] += bool(model.get("remote_host"))
    notes = [note for note in model.get("notes") or () if not _PATH_LIKE.search(str(note))]
    removed["model: notes with a path"] += len(model.get("notes") or ()) - len(notes)
    return {**kept, "notes": notes}


def _data(data: Mapping[str, Any], removed: Counter[str]) -> dict[str, Any]:
    kept = {name: value for name, value in data.items() if name not in ("excluded", "notes")}
    excluded = data.get("excluded") or {}
    removed["data: ids of excluded examples"] += sum(len(ids) for ids in excluded.values())
    removed["data: notes"] += len(data.get("notes") or ())
    # Notes may list ids of films; reasons and their counts may stay, as empty names in the same number.
    return {**kept, "excluded": {reason: [""] * len(ids) for reason, ids in excluded.items()}, "notes": []}


def _without_paths(options: Mapping[str, Any], what: str, removed: Counter[str]) -> dict[str, Any]:
    kept = {name: value for name, value in options.items() if not _PATH_LIKE.search(json.dumps(value))}
    removed[what] += len(options) - len(kept)
    return kept
