"""statistics.parquet as columns, read one metric at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError
from cxrbench.metrics.base import FloatArray
from cxrbench.statistics.scoring import BoolArray


@dataclass(frozen=True)
class MetricColumns:
    """The statistics of one metric.

    Attributes:
        include: bool [all scored examples], which of them the rows belong to.
        plain: Column -> float64 [rows].
        lists: Column -> one float64 array per row.
    """

    include: BoolArray
    plain: Mapping[str, FloatArray]
    lists: Mapping[str, Sequence[FloatArray]]


class StatisticsTable:
    """The statistics of all scored examples of a run.

    Attributes:
        ids, groups: One of each per scored example, in the data set's order.

    Raises:
        DataError: The file is missing, unreadable, or not of this run.
    """

    def __init__(self, path: Path, rows: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as parquet

        self.path = path
        try:
            with parquet.ParquetFile(path) as file:
                self.names = tuple(file.schema_arrow.names)
                if file.metadata.num_rows != rows:
                    raise DataError(f"{path.name} holds {file.metadata.num_rows} examples, {rows} were scored")
                table = file.read(columns=["id", "group"])
                self.ids = tuple(map(str, table["id"].to_pylist()))
                self.groups = tuple(map(str, table["group"].to_pylist()))
        except FileNotFoundError:
            raise DataError(f"{path.name} is missing") from None
        except (OSError, KeyError, pa.ArrowException) as error:
            raise DataError(f"{path.name} cannot be read: {str(error).splitlines()[0]}") from error

    def metrics(self, protocol: str) -> list[str]:
        """The metrics that have statistics under a protocol, in the order of the file."""
        parts = (name.removeprefix(f"{protocol}/") for name in self.names if name.startswith(f"{protocol}/"))
        return list(dict.fromkeys(part.partition("/")[0] for part in parts))

    def columns(self, protocol: str, metric: str) -> MetricColumns | None:
        """The statistics of a metric; None where the run has none.

        Raises:
            DataError: The columns of the metric do not cover the same examples.
        """
        import pyarrow as pa

        prefix = f"{protocol}/{metric}/"
        names = [name for name in self.names if name.startswith(prefix)]
        if not names:
            return None
        table = self._read(names)
        include = np.asarray(table[names[0]].is_valid().to_numpy(zero_copy_only=False), bool)
        plain: dict[str, FloatArray] = {}
        lists: dict[str, Sequence[FloatArray]] = {}
        for name in names:
            column = table[name].drop_null()
            if len(column) != int(include.sum()):
                raise DataError(f"{self.path.name} has gaps in {name}")
            short = name.removeprefix(prefix)
            if pa.types.is_list(column.type):
                lists[short] = [np.asarray(row, np.float64) for row in column.to_pylist()]
            else:
                plain[short] = np.asarray(column.to_numpy(), np.float64)
        return MetricColumns(include, plain, lists)

    def strata(self) -> dict[str, list[tuple[str, ...]]]:
        """Stratum -> the values that each scored example belongs to."""
        names = [name for name in self.names if name.startswith("stratum/")]
        table = self._read(names)
        return {
            name.removeprefix("stratum/"): [tuple(map(str, values or ())) for values in table[name].to_pylist()]
            for name in names
        }

    def labelers(self, protocol: str) -> list[str]:
        """The metrics whose statistics are labels read in both texts: tp, fp and fn of every condition, and no tn."""
        present = set(self.names)

        def has(metric: str, kind: str) -> bool:
            return all(f"{protocol}/{metric}/{kind}/{condition}" in present for condition in CONDITIONS)

        return [
            metric
            for metric in self.metrics(protocol)
            if all(has(metric, kind) for kind in ("tp", "fp", "fn")) and not has(metric, "tn")
        ]

    def _read(self, names: Sequence[str]) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as parquet

        try:
            return parquet.read_table(self.path, columns=list(names))
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{self.path.name} cannot be read: {str(error).splitlines()[0]}") from error
