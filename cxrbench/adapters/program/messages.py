"""What goes over the pipes: a request as one JSON object a line, a prediction likewise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from cxrbench.core import jsonio
from cxrbench.core.errors import UsageError
from cxrbench.core.predictions import from_record
from cxrbench.core.types import InvalidPrediction, Prediction, Request

PathMap = Sequence[tuple[str, str]]
"""Folders of this machine and what the program calls them, for programs in containers."""


def parse_path_map(text: str) -> list[tuple[str, str]]:
    """`/data:/mnt/data,/other:/x` as pairs.

    Raises:
        UsageError: Another form, or a relative path.
    """
    pairs = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        here, separator, there = item.partition(":")
        if not separator or not here.startswith("/") or not there.startswith("/"):
            raise UsageError(
                f"path map {item!r} cannot be understood", where="-o path_map", valid="path_map=/here:/there[,...]"
            )
        pairs.append((here.rstrip("/") or "/", there.rstrip("/") or "/"))
    return sorted(pairs, key=lambda pair: -len(pair[0]))


def request_line(request: Request, paths: PathMap = ()) -> bytes:
    """The request as a line; fields that are empty are left out, images are paths."""
    record: dict[str, Any] = {
        "id": request.id,
        "kind": request.kind,
        "images": [
            {"path": mapped(str(image.path), paths), "view": image.view, "when": image.when}
            for image in request.images
        ],
        "prompt": request.prompt,
    }
    for name in ("question", "question_type", "choices", "context", "scene_graph"):
        value = getattr(request, name)
        if value:
            record[name] = list(value) if isinstance(value, tuple) else value
    return (jsonio.dumps(record) + "\n").encode()


def mapped(path: str, paths: PathMap) -> str:
    """The path as the program knows it; the longest matching folder counts."""
    for here, there in paths:
        if path == here or path.startswith(here.rstrip("/") + "/"):
            return str(PurePosixPath(there) / path[len(here) :].lstrip("/"))
    return path


def prediction_of(line: bytes) -> Prediction:
    """The prediction that a line states.

    Raises:
        InvalidPrediction: It is not a JSON object of the interchange format.
    """
    try:
        return from_record(json.loads(line))
    except (ValueError, RecursionError) as error:
        shown = line[:80].decode("utf-8", "replace")
        raise InvalidPrediction(f"a line of the program is no JSON object: {shown!r}") from error
