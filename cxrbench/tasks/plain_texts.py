"""Any two lists of texts scored against each other: `cxrbench score --predictions F --references R`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cxrbench.core.errors import DataError
from cxrbench.core.interchange import read_predictions
from cxrbench.core.jsonio import file_fingerprint
from cxrbench.core.types import Example, Kind, Reference, Request
from cxrbench.metrics.base import Metric
from cxrbench.tasks.base import TaskData, TaskOptions
from cxrbench.tasks.report_metrics import HEADLINE, METRIC_FAMILIES, REPORT_PROTOCOLS, build_report_metrics


class PlainTexts:
    """References from a JSONL or CSV file with an id and a text; every protocol is only its transform."""

    name = "texts"
    version = "1"
    kind: Kind = "report"
    restricted = False
    protocols = REPORT_PROTOCOLS
    metrics = METRIC_FAMILIES
    headline = HEADLINE

    def __init__(self, path: Path, *, id_column: str = "id", text_column: str = "text") -> None:
        self._path = path
        self._id_column = id_column
        self._text_column = text_column

    def load(self, options: TaskOptions) -> TaskData:
        """Read the references.

        Raises:
            DataError: The file is missing or malformed, an id occurs twice, or no text is usable.
        """
        content = read_predictions(self._path, id_column=self._id_column, text_column=self._text_column)
        if content.repeated:
            raise DataError(
                f"{len(content.repeated)} reference ids occur twice: {', '.join(content.repeated[:10])}",
                where=str(self._path),
                hint="keep one reference for each id",
            )
        texts = {name: (item.text or "").strip() for name, item in content.predictions.items()}
        empty = [name for name, text in texts.items() if not text]
        examples = [
            Example(Request(name, "report", (), ""), Reference(name, text=text), group=name)
            for name, text in texts.items()
            if text
        ]
        if not examples:
            raise DataError("no reference has any text", where=str(self._path), hint="check --text-column")
        return TaskData(
            examples=examples,
            excluded={"empty reference": empty} if empty else {},
            training=tuple,
            dataset=self._path.name,
            split="all",
            fingerprint=file_fingerprint(self._path),
            phantom=False,
        )

    def build_metrics(
        self,
        protocol: str,
        data: TaskData,
        selection: Sequence[str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> list[Metric]:
        """The metric families of one protocol, all of them unless `selection` names some."""
        return build_report_metrics(protocol, data.training, selection, options)
