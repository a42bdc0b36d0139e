"""The metadata tables of MIMIC-Ext-CXR-QBA: `.parquet` or `.csv.gz`, with or without prefixes in the column names.

Seven tables: patient, study, image, question, question_image, answer, answer_image. The largest has 151,539,450 rows:
`batches` streams, `table` reads everything. The documentation prints some columns without the prefix that the files
have; here a column is always called without it (`question_type`, `quality.rating`, `is_localization_missing`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.datasets.mimic_cxr.ids import two_splits

if TYPE_CHECKING:
    import pyarrow as pa

_PATIENT: Final = ("patient_id",)
_STUDY: Final = (*_PATIENT, "study_id")
_QUESTION: Final = (*_STUDY, "question_id")
TABLES: Final[dict[str, tuple[str, ...]]] = {
    "patient": _PATIENT,
    "study": _STUDY,
    "image": (*_STUDY, "image_id"),
    "question": _QUESTION,
    "question_image": (*_QUESTION, "image_id"),
    "answer": (*_QUESTION, "answer_id"),
    "answer_image": (*_QUESTION, "answer_id", "image_id"),
}
"""Table -> the columns that identify a row."""
ROWS: Final[dict[str, int]] = {
    "patient": 65_317,
    "study": 227_239,
    "image": 376_175,
    "question": 42_172_827,
    "question_image": 70_045_778,
    "answer": 90_915_200,
    "answer_image": 151_539_450,
}
"""Table -> documented rows of release 1.0.0."""
_PREFIXES: Final[dict[str, tuple[str, ...]]] = {
    "patient": ("patient.",),
    "study": ("study.",),
    "image": ("img.", "image."),
    "question": ("question.",),
    "question_image": ("question_img.", "question_image."),
    "answer": ("answer.",),
    "answer_image": ("answer_img.", "answer_image."),
}
_TEXTS: Final = frozenset(
    (
        *("split", "question_type", "question_strategy", "quality.rating", "rating", "answer_type"),
        *("view_position", "patient_orientation", "size", "procedure"),
    )
)
"""Columns that stay text in a `.csv.gz`, where the first rows may look like numbers or be empty."""
_BLOCK: Final = 8 << 20
SPLITS: Final[dict[str, str]] = {
    "train": "train",
    "validate": "validate",
    "val": "validate",
    "valid": "validate",
    "validation": "validate",
    "test": "test",
}
"""Spelling -> MIMIC-CXR's word for the split."""


class MetadataTables:
    """The tables in one folder.

    Attributes:
        folder: The folder `metadata/`, or a subset in it (`q1M`).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def names(self) -> tuple[str, ...]:
        """The tables that are there."""
        return tuple(name for name in TABLES if self.path(name) is not None)

    def subsets(self) -> dict[str, MetadataTables]:
        """Folders inside that hold tables of their own: `Ap`, `App`, `q1M` and so on of the exports."""
        inside = {path.name: MetadataTables(path) for path in sorted(self.folder.iterdir()) if path.is_dir()}
        return {name: tables for name, tables in inside.items() if tables.names()}

    def path(self, name: str) -> Path | None:
        """The file of a table: `.parquet` before `.csv.gz` and `.csv`; None where there is none."""
        return next(iter(self.paths(name)), None)

    def paths(self, name: str) -> list[Path]:
        """All files of a table; the release has each twice."""
        files = (self.folder / f"{_check(name)}_metadata{suffix}" for suffix in (".parquet", ".csv.gz", ".csv"))
        return [path for path in files if path.is_file()]

    def rows(self, name: str) -> int | None:
        """The number of rows where it can be had without reading the table: of a `.parquet`; else None."""
        path = self.path(name)
        if path is None or path.suffix != ".parquet":
            return None
        return int(_open_parquet(path).metadata.num_rows)

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table | None:
        """A whole table; None where there is none. Arguments and errors as for `batches`."""
        import pyarrow as pa

        if self.path(name) is None:
            return None
        batches = list(self.batches(name, columns))
        return pa.Table.from_batches(batches) if batches else None

    def batches(
        self, name: str, columns: Sequence[str] | None = None, *, rows: int = 65_536
    ) -> Iterator[pa.RecordBatch]:
        """A table piece by piece, in memory that does not depend on its size.

        Args:
            name: A name in `TABLES`, also with "_metadata".
            columns: Names without prefix; those that the table lacks are left out. None means all.
            rows: Of a batch, at most.

        Yields:
            Batches with the identifying columns first, as text (answer_id as it is), then the others.

        Raises:
            UnknownNameError: No such table in this data set.
            DataError: The table is not there, unreadable, or lacks an identifying column.
        """
        path = self.path(name)
        if path is None:
            raise DataError(f"{name}_metadata is missing", where=str(self.folder), valid=".parquet or .csv.gz")
        yield from _batches(path, _check(name), columns, rows)

    def splits(self) -> dict[str, str]:
        """Patient -> split in MIMIC-CXR's words; a word that is none of them stays as it is. Empty without tables.

        Raises:
            DataError: A patient in two splits.
        """
        found: dict[str, str] = {}
        twice: set[str] = set()
        for name in ("patient", "study"):
            for batch in self.batches(name, ["split"]) if self.path(name) is not None else ():
                if "split" not in batch.schema.names:
                    break
                for patient, word in zip(batch["patient_id"].to_pylist(), batch["split"].to_pylist()):
                    if word is None:
                        continue
                    split = SPLITS.get(str(word).strip().lower(), str(word).strip())
                    if found.setdefault(patient, split) != split:
                        twice.add(patient)
        if twice:
            raise two_splits(sorted(twice), str(self.folder))
        return found

    def differing_forms(self, name: str) -> str | None:
        """Whether the `.parquet` and the `.csv.gz` of a table name different rows; None where they agree.

        Reads both, piece by piece.
        """
        import pyarrow.compute as pc

        name = _check(name)
        seen = {}
        for path in self.paths(name):
            digest, count = hashlib.sha256(), 0
            for batch in _batches(path, name, TABLES[name], 65_536):
                count += batch.num_rows
                texts = [batch[column].cast("string") for column in batch.schema.names]
                digest.update("\n".join(pc.binary_join_element_wise(*texts, "\t").to_pylist()).encode() + b"\n")
            seen[path.name] = (count, digest.hexdigest())
        if len(set(seen.values())) < 2:
            return None
        counts = ", ".join(f"{file} {count:,} rows" for file, (count, _) in seen.items())
        return f"{name}_metadata has two versions that name different rows ({counts}); {next(iter(seen))} counts"


def _check(name: str) -> str:
    short = name.removesuffix("_metadata")
    if short not in TABLES:
        raise UnknownNameError("metadata table", name, TABLES)
    return short


def _batches(path: Path, name: str, columns: Sequence[str] | None, rows: int) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    try:
        if path.suffix == ".parquet":
            file = _open_parquet(path)
            names = _resolve(path, name, file.schema_arrow, columns)
            source = file.iter_batches(batch_size=rows, columns=list(names))
        else:
            names, source = _open_csv(path, name, columns)
        for batch in source:
            for start in range(0, batch.num_rows, rows):
                yield _renamed(batch.slice(start, rows), names, name)
    except (pa.ArrowException, OSError, EOFError) as error:
        raise DataError(
            f"cannot read metadata table: {str(error).splitlines()[0]}",
            where=str(path),
            valid="the table as published",
            hint="download it again; the same table is also published as .parquet and .csv.gz",
        ) from error


def _open_parquet(path: Path) -> pa.parquet.ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"not a complete Parquet file: {str(error).splitlines()[0]}", where=str(path), hint="download it again"
        ) from error


def _open_csv(
    path: Path, name: str, columns: Sequence[str] | None
) -> tuple[dict[str, str], Iterator[pa.RecordBatch]]:
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    def opened(options: pa_csv.ConvertOptions) -> pa_csv.CSVStreamingReader:
        stream = pa.input_stream(str(path), compression="gzip" if path.suffix == ".gz" else None)
        return pa_csv.open_csv(stream, read_options=pa_csv.ReadOptions(block_size=_BLOCK), convert_options=options)

    with opened(pa_csv.ConvertOptions()) as probe:
        schema = probe.schema
    names = _resolve(path, name, schema, columns)
    texts = {*TABLES[name], *_TEXTS} - {"answer_id"}
    types = {
        column: pa.string()
        for column, bare in names.items()
        if bare in texts or schema.field(column).type == pa.null()
    }
    options = pa_csv.ConvertOptions(
        column_types=types, include_columns=list(names), strings_can_be_null=True, true_values=["True", "true"]
    )
    return names, opened(options)


def _resolve(path: Path, name: str, schema: pa.Schema, columns: Sequence[str] | None) -> dict[str, str]:
    """Column in the file -> its name without prefix: identifying columns first, prefixed before bare."""
    present = set(schema.names)
    found = {column: column for column in TABLES[name] if column in present}
    levels = [column for column in schema.names if column.startswith("__index_level_")]
    if not found and len(levels) == len(TABLES[name]):
        found = dict(zip(levels, TABLES[name]))
    absent = [column for column in TABLES[name] if column not in found.values()]
    if absent:
        raise DataError(
            f"column {', '.join(map(repr, absent))} missing; the table has {', '.join(schema.names[:8])}",
            where=str(path),
            valid=", ".join(TABLES[name]),
        )
    for prefix in (*_PREFIXES[name], ""):
        for column in schema.names:
            bare = column.removeprefix(prefix)
            fits = column.startswith(prefix) and column not in found and bare not in found.values()
            if fits and not column.startswith(("__index_level_", "Unnamed:")) and column:
                found[column] = bare
    wanted = None if columns is None else {_bare(column, name) for column in columns}
    return {column: bare for column, bare in found.items() if wanted is None or bare in {*TABLES[name], *wanted}}


def _bare(column: str, name: str) -> str:
    return next((column.removeprefix(prefix) for prefix in _PREFIXES[name] if column.startswith(prefix)), column)


def _renamed(batch: pa.RecordBatch, names: dict[str, str], name: str) -> pa.RecordBatch:
    import pyarrow as pa
    import pyarrow.compute as pc

    arrays = []
    for column, bare in names.items():
        array = batch[column]
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if bare in TABLES[name] and bare != "answer_id":
            number = pa.types.is_integer(array.type)
            array = pc.utf8_trim_whitespace(array.cast(pa.string()))
            if number and bare in {"patient_id", "study_id"}:
                array = pc.binary_join_element_wise(bare[0], array, "")
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, names=list(names.values()))
