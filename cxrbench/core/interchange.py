"""Predictions and texts that other tools wrote: JSON Lines, or CSV in the encodings that Excel produces."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.core.predictions import from_record
from cxrbench.core.types import InvalidPrediction, Prediction

ANSWER_COLUMN = "answer"
_SHOWN = 5


@dataclass(frozen=True)
class PredictionFile:
    """What a file holds.

    Attributes:
        predictions: By id; an id that occurs more than once is kept as an "error", since nobody can know
            which of its lines counts.
        repeated: Those ids.
        encoding: How the file was decoded.
    """

    predictions: dict[str, Prediction]
    repeated: tuple[str, ...]
    encoding: str


def read_predictions(
    path: Path, *, id_column: str = "id", text_column: str = "text", answers: bool = False
) -> PredictionFile:
    """Read predictions from `.jsonl` / `.json` (one object a line, or one list) or `.csv` / `.tsv`.

    Args:
        answers: Whether a column `answer` of a table holds answers to questions; then the text may be missing.

    Raises:
        DataError: Missing file, undecodable text, invalid JSON, a missing column, a field of the wrong type;
            all faulty lines are counted and the first few are listed.
    """
    raw = _read_bytes(path)
    text, encoding = decode(raw, path)
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        rows = _csv_rows(text, path)
        first = rows[0] if rows else {}
        given = {"answer": ANSWER_COLUMN} if answers and ANSWER_COLUMN in first else {}
        if not given or text_column in first:
            given["text"] = text_column
        _require_columns(first, (id_column, *given.values()), path)
        records: list[tuple[int, Any]] = [
            (number, {"id": (row[id_column] or "").strip(), **{name: row[column] for name, column in given.items()}})
            for number, row in enumerate(rows, start=2)
        ]
    else:
        records = _json_records(text, path)
    predictions: dict[str, Prediction] = {}
    faults: list[str] = []
    seen: Counter[str] = Counter()
    for number, record in records:
        try:
            if isinstance(record, dict) and id_column != "id" and "id" not in record:
                record = {**record, "id": record.get(id_column)}
            if isinstance(record, dict) and text_column != "text" and "text" not in record:
                record = {**record, "text": record.get(text_column)}
            prediction = from_record(record)
        except InvalidPrediction as error:
            faults.append(f"line {number}: {error.message}")
            continue
        seen[prediction.id] += 1
        predictions[prediction.id] = prediction
    if faults:
        raise _faulty(path, faults)
    repeated = tuple(name for name, count in seen.items() if count > 1)
    for name in repeated:
        predictions[name] = Prediction(
            name, status="error", error=f"{seen[name]} predictions with this id in {path.name}; keep one"
        )
    return PredictionFile(predictions, repeated, encoding)


def decode(raw: bytes, path: Path) -> tuple[str, str]:
    """Text and encoding: byte order marks first, then UTF-8, then Windows-1252 (older Excel)."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark):
            try:
                return raw.decode(encoding), encoding
            except UnicodeDecodeError as error:
                raise DataError(f"the file starts like {encoding} but is not: {error}", where=str(path)) from error
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise DataError(
        "the file is neither UTF-8 nor Windows-1252 text",
        where=str(path),
        hint="save it as 'CSV UTF-8' or JSON Lines",
    )


def _read_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise DataError(f"expected a file, found a folder: {path}", hint="name the JSONL or CSV file inside it")
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"file not found: {path}", hint="check the path") from None
    except OSError as error:
        raise DataError(f"cannot read: {error.strerror}", where=str(path)) from error


def _json_records(text: str, path: Path) -> list[tuple[int, Any]]:
    if text.lstrip().startswith("["):
        try:
            return list(enumerate(json.loads(text), start=1))
        except json.JSONDecodeError as error:
            raise DataError(f"invalid JSON: {error.msg}", where=f"{path}, line {error.lineno}") from error
    records, faults = [], []
    # Only \n separates records: str.splitlines would also cut at U+2028, which JSON strings may contain.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append((number, json.loads(line)))
        except (json.JSONDecodeError, RecursionError) as error:
            message = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
            faults.append(f"line {number}: {message}: {line[:60]!r}")
    if faults:
        raise _faulty(path, faults)
    return records


def _csv_rows(text: str, path: Path) -> list[dict[str, str]]:
    header = text.split("\n", 1)[0]
    # Excel writes the separator of the user's locale; the header row decides.
    delimiter = max(",;\t", key=header.count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows = [{key: value or "" for key, value in row.items() if key is not None} for row in reader]
    except csv.Error as error:
        raise DataError(f"invalid CSV: {error}", where=f"{path}, line {reader.line_num}") from error
    return rows or [dict.fromkeys(reader.fieldnames or (), "")][:0]


def _require_columns(row: dict[str, str], columns: tuple[str, ...], path: Path) -> None:
    if not row:
        raise DataError("the CSV file has no rows", where=str(path), hint="a header line and one row per example")
    for column in columns:
        if column not in row:
            error = UnknownNameError("column", column, row, where=str(path))
            raise DataError(
                f"no column {column!r}",
                where=str(path),
                valid=error.valid,
                hint="name it with --id-column / --text-column",
            )


def _faulty(path: Path, faults: list[str]) -> DataError:
    shown = "; ".join(faults[:_SHOWN]) + (f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else "")
    return DataError(
        f"{len(faults)} line(s) cannot be read: {shown}",
        where=str(path),
        valid='one JSON object a line, for example {"id": "123", "text": "No acute disease."}',
        hint="correct or remove these lines",
    )
