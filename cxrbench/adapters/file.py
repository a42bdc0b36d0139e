"""`file:PREDICTIONS`: answers that any system wrote to a JSONL or CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cxrbench.adapters.base import AdapterContext
from cxrbench.core.errors import UsageError
from cxrbench.core.interchange import PredictionFile, read_predictions
from cxrbench.core.jsonio import file_fingerprint
from cxrbench.core.types import ModelInfo, Prediction, Request


class FileAdapter:
    """Looks answers up by id; an id that the file lacks is an "error", since nobody knows what the model says."""

    def __init__(self, path: Path, content: PredictionFile, name: str | None = None) -> None:
        self._path = path
        self._content = content
        self._name = name or path.stem

    def describe(self) -> ModelInfo:
        return ModelInfo(
            name=self._name, version="file", fingerprint=file_fingerprint(self._path), inputs=(), needs_pixels=False
        )

    @property
    def content(self) -> PredictionFile:
        """The whole file, for the lists of unknown and repeated ids."""
        return self._content

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        missing = f"no prediction for this id in {self._path.name}"
        return [
            self._content.predictions.get(request.id) or Prediction(request.id, status="error", error=missing)
            for request in requests
        ]


def create(argument: str | None, context: AdapterContext) -> FileAdapter:
    """Read the file named after the colon.

    Raises:
        UsageError: No file was named.
        DataError: The file is missing or malformed.
    """
    if not argument:
        raise UsageError(
            "file: needs a path", where="--model", valid="file:predictions.jsonl or file:predictions.csv"
        )
    context.check_options("file:", ("id_column", "text_column", "name"))
    path = Path(argument).expanduser()
    content = read_predictions(
        path,
        id_column=str(context.options.get("id_column", "id")),
        text_column=str(context.options.get("text_column", "text")),
        answers=context.kind == "vqa",
    )
    name = context.options.get("name")
    return FileAdapter(path, content, None if name is None else str(name))
