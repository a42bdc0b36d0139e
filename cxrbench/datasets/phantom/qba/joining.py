"""The end of writing a phantom: what the blocks left is joined into the files of the data set."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cxrbench.datasets.phantom.info import TRUTH
from cxrbench.datasets.phantom.mimic.entities import ENTITIES
from cxrbench.datasets.phantom.mimic.tables import IMAGE_FILENAMES, TABLES
from cxrbench.datasets.phantom.parts import csv_lines, join_text, join_zips
from cxrbench.datasets.phantom.qba import quality
from cxrbench.datasets.phantom.qba.answers import KINDS
from cxrbench.datasets.phantom.qba.block import ARCHIVES, FILENAMES_PART, QBA, TRUTH_PART, Job
from cxrbench.datasets.phantom.qba.exports import EXPORTS, exported
from cxrbench.datasets.phantom.qba.metadata import INDEX
from cxrbench.datasets.phantom.qba.regions import ASKED
from cxrbench.datasets.phantom.qba.table_files import join_csv, join_parquet, read_parts

_HEAVY: Final = ("answer_image_metadata", "answer_metadata", "question_image_metadata", "question_metadata")


def tasks(job: Job, blocks: int) -> list[Callable[[], Any]]:
    """Independent pieces of work, the longest first."""
    root = Path(job.root)

    def parts(name: str) -> list[Path]:
        return [job.part(block, name) for block in range(blocks)]

    def table(name: str, suffix: str) -> Callable[[], Any]:
        def join() -> None:
            target = root / QBA / "metadata" / f"{name}{suffix}"
            rows = read_parts(parts(f"{name}.arrow"))
            if suffix == ".parquet":
                join_parquet(name, rows, target)
            else:
                join_csv(rows, target)

        return join

    def export(name: str, title: str) -> Callable[[], Any]:
        def join() -> None:
            needed = {name, "question_metadata", "image_metadata"}
            blocks_of = ({key: _read(job.part(block, f"{key}.arrow")) for key in needed} for block in range(blocks))
            folder = root / QBA / "exports" / title / "metadata"
            rows = list(exported(name, EXPORTS[title], blocks_of))
            join_parquet(name, rows, folder / f"{name}.parquet")
            join_csv(rows, folder / f"{name}.csv.gz")

        return join

    def archive(kind: str) -> Callable[[], Any]:
        return lambda: join_zips(parts(f"{kind}.zip"), root / ARCHIVES[kind])

    def lines(name: str) -> Callable[[], Any]:
        return lambda: join_text(parts(Path(name).name), root / name, csv_lines([TABLES[name]]))

    names = (*_HEAVY, *(name for name in INDEX if name not in _HEAVY))
    found = [table(name, suffix) for name in names for suffix in (".csv.gz", ".parquet")]
    if not job.unpacked:
        found[2:2] = [archive(kind) for kind in ARCHIVES]
    found += [lines(name) for name in TABLES]
    found.append(lambda: join_text(parts(TRUTH_PART), root / TRUTH))
    if job.films:
        # Of a corpus without films, which is large, the exports would repeat gigabytes.
        found += [export(name, title) for title in EXPORTS for name in INDEX]
        found.append(lambda: join_text(parts(FILENAMES_PART), root / IMAGE_FILENAMES))
    found.append(lambda: _write_descriptions(root))
    return found


def join_block(block: int, blocks: int, **job: Any) -> dict[str, Any]:
    """Do one of the tasks."""
    tasks(Job(**job), blocks)[block]()
    return {}


def _read(path: Path) -> Any:
    return next(read_parts([path]))


def _write_descriptions(root: Path) -> None:
    folder = root / QBA
    folder.mkdir(parents=True, exist_ok=True)
    rows = [list(quality.MAPPING_COLUMNS), *quality.mapping_rows()]
    (folder / "quality_mappings.csv").write_text(csv_lines(rows), encoding="utf-8")
    known = ENTITIES.values()
    described = {
        "regions": list(ASKED),
        "finding_entities": list(ENTITIES),
        "finding_categories": sorted({name for entity in known for name in entity.categories}),
        "finding_subcategories": sorted({name for entity in known for name in entity.subcategories}),
        "answer_types": list(KINDS),
        "modifiers": ["temporal", "severity", "texture", "spread"],
    }
    target = folder / "metadata" / "dataset_info.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
