"""The IU X-ray collection in the Kaggle layout, and every phantom written like it.

Source: Demner-Fushman et al., JAMIA 2016;23(2):304-310; layout of `raddar/chest-xrays-indiana-university`.
A uid is a study; there is no patient id.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cxrbench.core.errors import DataError
from cxrbench.core.types import Image
from cxrbench.datasets.images import find_images
from cxrbench.datasets.phantom.info import PhantomInfo, read_phantom_info

REPORTS = "indiana_reports.csv"
PROJECTIONS = "indiana_projections.csv"
REPORT_COLUMNS = ("uid", "MeSH", "Problems", "image", "indication", "comparison", "findings", "impression")
PROJECTION_COLUMNS = ("uid", "filename", "projection")
_IMAGE_FOLDERS = ("images/images_normalized", "images", "images_normalized", ".")
_HINT = "cxrbench data check iu-report --data-root DIR"


@dataclass(frozen=True, slots=True)
class IuStudy:
    """One study.

    Attributes:
        uid: Study id as in the table.
        findings, impression, indication, comparison: Text as it stands, stripped; None for an empty cell.
        images: Every listed film, by file name; the path is absolute, also where the file is missing.
        missing: The paths of `images` that do not exist.
        problems: The heads in the column Problems ("Cardiomegaly", "Pleural Effusion").
        mesh: The terms in the column MeSH ("Cardiomegaly/mild").
        caption: The column "image": which views were taken, in free text.
    """

    uid: str
    findings: str | None
    impression: str | None
    indication: str | None
    comparison: str | None
    images: tuple[Image, ...]
    missing: frozenset[Path] = frozenset()
    problems: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class IuXray:
    """The whole collection.

    Attributes:
        root: The folder with the two tables.
        studies: In uid order.
        missing_images: File names that a table lists and no file matches by stem.
        orphan_images: Names of image files that no table lists.
        unknown_projections: File names whose uid has no report.
        empty_reports: uids without findings and without impression; a task excludes them.
        encodings: Table -> encoding it was read with ("utf-8", "utf-8-sig" or, as a fallback, "cp1252").
        fingerprint: SHA-256 over the bytes of both tables and the sorted names and sizes of the image files. Image
            contents are not read: hashing gigabytes at every start would cost minutes.
        phantom: Set when the folder was written by the phantom generator.
    """

    root: Path
    studies: tuple[IuStudy, ...]
    missing_images: tuple[str, ...]
    orphan_images: tuple[str, ...]
    unknown_projections: tuple[str, ...]
    empty_reports: tuple[str, ...]
    encodings: dict[str, str]
    fingerprint: str
    phantom: PhantomInfo | None = None
    by_uid: dict[str, IuStudy] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_uid", {study.uid: study for study in self.studies})


def frontal(study: IuStudy) -> Image | None:
    """The study's first frontal film, by file name, that exists; None when there is none."""
    return next(
        (image for image in study.images if image.view == "frontal" and image.path not in study.missing), None
    )


def find_iu_root(root: Path) -> Path:
    """The folder with the two tables: the root itself or `iu-xray/` inside it.

    Raises:
        DataError: The root does not exist, is a file, or lacks a table.
    """
    if root.is_file():
        raise DataError(
            "the data root is a file", where=str(root), valid=f"a folder with {REPORTS} and {PROJECTIONS}", hint=_HINT
        )
    if not root.is_dir():
        raise DataError("the data root does not exist", where=str(root), valid="an existing folder", hint=_HINT)
    for folder in (root, root / "iu-xray"):
        if (folder / REPORTS).is_file() or (folder / PROJECTIONS).is_file():
            for name in (REPORTS, PROJECTIONS):
                if not (folder / name).is_file():
                    raise DataError(
                        f"{name} is missing",
                        where=str(folder),
                        valid=f"{REPORTS} and {PROJECTIONS} side by side",
                        hint="download the Kaggle data set raddar/chest-xrays-indiana-university again",
                    )
            return folder
    seen = ", ".join(sorted(path.name for path in root.iterdir())[:6]) or "nothing"
    raise DataError(
        f"no IU X-ray collection found; the folder holds {seen}",
        where=str(root),
        valid=f"{REPORTS} and {PROJECTIONS} in the folder or in iu-xray/ inside it",
        hint="give --data-root, or leave it out to use the phantom",
    )


def read_iu_xray(root: Path) -> IuXray:
    """Read the collection.

    Args:
        root: The folder with the tables or its parent; images in images/images_normalized/, images/ or beside them,
            matched by stem, so that resized copies with another suffix are found.

    Raises:
        DataError: No such folder, a table missing or malformed, a column missing, a uid twice.
    """
    folder = find_iu_root(root).absolute()
    encodings: dict[str, str] = {}
    digest = hashlib.sha256()
    reports = _read_table(folder / REPORTS, REPORT_COLUMNS, encodings, digest)
    projections = _read_table(folder / PROJECTIONS, PROJECTION_COLUMNS, encodings, digest)
    _refuse_duplicates(folder / REPORTS, [row["uid"] for row in reports], "uid")
    _refuse_duplicates(folder / PROJECTIONS, [row["filename"] for row in projections], "file name")

    files = _image_files(folder)
    for name, size in sorted((path.name, path.stat().st_size) for path in files.values()):
        digest.update(f"{name}\t{size}\n".encode())
    default = folder / next((name for name in _IMAGE_FOLDERS[:2] if (folder / name).is_dir()), _IMAGE_FOLDERS[0])

    known = {row["uid"] for row in reports}
    images: dict[str, list[Image]] = {}
    missing: dict[Path, str] = {}
    listed: set[str] = set()
    unknown: list[str] = []
    for row in sorted(projections, key=lambda row: row["filename"]):
        stem = Path(row["filename"]).stem
        listed.add(stem)
        if row["uid"] not in known:
            unknown.append(row["filename"])
            continue
        path = files.get(stem)
        if path is None:
            path = default / row["filename"]
            missing[path] = row["filename"]
        images.setdefault(row["uid"], []).append(Image(path, row["projection"].strip().lower() or "unknown"))
    studies = tuple(
        _study(row, tuple(images.get(row["uid"], ())), missing)
        for row in sorted(reports, key=lambda r: _order(r["uid"]))
    )
    return IuXray(
        root=folder,
        studies=studies,
        missing_images=tuple(sorted(missing.values())),
        orphan_images=tuple(sorted(path.name for stem, path in files.items() if stem not in listed)),
        unknown_projections=tuple(unknown),
        empty_reports=tuple(study.uid for study in studies if not study.findings and not study.impression),
        encodings=encodings,
        fingerprint=digest.hexdigest(),
        phantom=read_phantom_info(folder),
    )


def _order(uid: str) -> tuple[int, int, str]:
    return (0, int(uid), uid) if uid.isdecimal() else (1, 0, uid)


def _study(row: dict[str, str], images: tuple[Image, ...], missing: dict[Path, str]) -> IuStudy:
    def terms(column: str) -> tuple[str, ...]:
        return tuple(term.strip() for term in row[column].split(";") if term.strip())

    return IuStudy(
        uid=row["uid"],
        findings=row["findings"].strip() or None,
        impression=row["impression"].strip() or None,
        indication=row["indication"].strip() or None,
        comparison=row["comparison"].strip() or None,
        images=images,
        missing=frozenset(image.path for image in images if image.path in missing),
        problems=terms("Problems"),
        mesh=terms("MeSH"),
        caption=row["image"].strip() or None,
    )


def _image_files(folder: Path) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for name in _IMAGE_FOLDERS:
        for stem, path in find_images(folder / name).items():
            files.setdefault(stem, path)
    return files


def _decode(path: Path, data: bytes) -> tuple[str, str]:
    encoding = "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as error:
        if b"\x00" in data:
            raise DataError(
                f"not a text file: byte {error.start} cannot be read",
                where=str(path),
                valid="a CSV file in UTF-8 (or Windows-1252)",
                hint="save the table as CSV UTF-8",
            ) from error
        # Excel on Windows saves "CSV" in Windows-1252; the five bytes it leaves undefined become U+FFFD.
        return data.decode("cp1252", errors="replace"), "cp1252"


def _read_table(
    path: Path, columns: tuple[str, ...], encodings: dict[str, str], digest: hashlib._Hash
) -> list[dict[str, str]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read table: {error.strerror or error}", where=str(path), hint=_HINT) from error
    digest.update(hashlib.sha256(data).digest())
    text, encodings[path.name] = _decode(path, data)
    return list(_rows(path, text, columns))


def _rows(path: Path, text: str, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [name.strip() for name in next(reader, [])]
        absent = [name for name in columns if name not in header]
        if absent:
            raise DataError(
                f"column {', '.join(map(repr, absent))} missing; the header has {', '.join(header) or 'no columns'}",
                where=str(path),
                valid=",".join(columns),
                hint="keep the original header line",
            )
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                raise DataError(
                    f"line {reader.line_num} has {len(cells)} fields, the header {len(header)}",
                    where=str(path),
                    valid="one field per column; quote cells that contain commas",
                )
            row = dict(zip(header, cells))
            row["uid"] = row["uid"].strip()
            if not row["uid"]:
                raise DataError(f"line {reader.line_num} has no uid", where=str(path), valid="a uid in every row")
            if "filename" in row:
                row["filename"] = Path(row["filename"].strip()).name
            yield row
    except csv.Error as error:
        raise DataError(f"line {reader.line_num}: {error}", where=str(path), valid="a CSV file") from error


def _refuse_duplicates(path: Path, values: list[str], what: str) -> None:
    twice = [value for value, count in Counter(values).items() if count > 1]
    if twice:
        shown = ", ".join(twice[:10]) + (f" and {len(twice) - 10} more" if len(twice) > 10 else "")
        raise DataError(
            f"{len(twice)} {what}{'s' if len(twice) > 1 else ''} more than once: {shown}",
            where=str(path),
            valid=f"every {what} once",
            hint="remove the repeated rows",
        )
