"""Checking a copy of MIMIC-Ext-CXR-QBA: documented sizes, and what belongs to what."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cxrbench.core.errors import UsageError
from cxrbench.core.reporter import Progress
from cxrbench.datasets.checks.mimic_report import film_findings
from cxrbench.datasets.checks.qba_counts import table_counts
from cxrbench.datasets.checks.report import DataCheck, Finding
from cxrbench.datasets.mimic_cxr.collection import MimicCxr, read_mimic_cxr
from cxrbench.datasets.phantom.info import find_phantom_info
from cxrbench.datasets.qba.folder import QbaFolder, open_qba
from cxrbench.datasets.qba.index.build import build_index, data_key
from cxrbench.datasets.qba.index.plan import plan_studies
from cxrbench.datasets.qba.index.problems import KINDS, Problems
from cxrbench.datasets.qba.index.query import open_index

OPENED_ANYWAY: Final = 5_000
"""Up to this number of studies every file is opened without being asked for: it takes a minute or two."""
_HARMLESS: Final = frozenset(
    {
        *(
            "file_names",
            "repaired",
            "unknown_type",
            "empty_question",
            "empty_answer",
            "no_answer",
            "yes_no_disagrees",
        ),
        *("box_outside", "box_empty", "unmapped_region", "unmapped_entity"),
        *("image_without_questions", "graph_without_questions", "no_scene_graphs"),
    }
)
"""Kinds of problems that do not make a copy incomplete."""
_LISTED: Final = 1_000


def check_qba(
    qba: Path,
    jpg: Path | None = None,
    *,
    index: Path | None = None,
    open_files: bool = False,
    progress: Progress | None = None,
) -> DataCheck:
    """Compare a copy, or a phantom of it, with the documented sizes, and follow its links.

    Args:
        qba, jpg: Folders of the data set and, where it is there, of MIMIC-CXR-JPG.
        index: An index of these data: what it found inside the files is part of the check.
        open_files: Without an index, open every question file and scene graph, however many there are.

    Raises:
        DataError: A table cannot be read, or a patient is in two splits.
        UsageError: The index is of other data.
    """
    folder = open_qba(qba)
    films = read_mimic_cxr(jpg) if jpg is not None else None
    info = find_phantom_info(folder.root)
    studies = len(folder.questions) if folder.questions is not None else 0
    notes: list[str] = []
    if index is None and not open_files and studies > OPENED_ANYWAY:
        problems = Problems()
        plan_studies(folder, films.table if films is not None else None, problems)
        findings = list(_findings(problems.counts(), problems.listed()))
        notes.append(f"the {studies:,} question files were not opened: --open-files, or --index of a prepared index")
    else:
        findings = list(_inside(folder, films, index, progress)) if studies else []
    if films is None:
        notes.append("films were not looked for: there is no MIMIC-CXR-JPG")
    elif info is not None and info.parameters.get("films") is False:
        notes.append("films were not looked for: this phantom has none")
    else:
        findings += film_findings(films)
    return DataCheck(
        dataset="mimic-qba",
        root=str(folder.root),
        is_phantom=info is not None,
        fingerprint=data_key(folder, films),
        counts=tuple(table_counts(folder, phantom=info is not None)),
        findings=tuple(findings),
        notes=tuple(notes),
    )


def _inside(
    folder: QbaFolder, films: MimicCxr | None, index: Path | None, progress: Progress | None
) -> Iterator[Finding]:
    """What an index of the data lists; one is built for the purpose where none is given."""
    if index is not None:
        with open_index(index) as opened:
            if opened.manifest.fingerprint != data_key(folder, films):
                raise UsageError("the index is of other data", where=str(index), hint="name the index of this copy")
            yield from _findings(opened.manifest.problems, opened.problems(limit=None))
        return
    with tempfile.TemporaryDirectory(prefix="cxrbench-check-") as name:
        build_index(folder.root, Path(name) / "index", jpg=films, progress=progress)
        with open_index(Path(name) / "index") as opened:
            yield from _findings(opened.manifest.problems, opened.problems(limit=None))


def _findings(counts: Mapping[str, int], listed: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    for kind, count in counts.items():
        rows = [row for row in listed if row["kind"] == kind]
        names = [" ".join(filter(None, (row["study_id"], row["item"], _own(row)))) for row in rows[:_LISTED]]
        yield Finding(KINDS[kind], count, tuple(names), kind not in _HARMLESS)


def _own(row: Mapping[str, Any]) -> str:
    """A message that says more than its kind does."""
    message = str(row["message"])
    return f"({message})" if message != KINDS[row["kind"]] else ""
