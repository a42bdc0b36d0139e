"""`mimic-qba`: questions about a chest film, on MIMIC-Ext-CXR-QBA (Müller et al., PhysioNet 2025; ICLR 2026)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.core import jsonio
from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.inputs import ORACLE_GRAPH
from cxrbench.core.ordering import hashed_order
from cxrbench.core.types import Example, Kind
from cxrbench.datasets.detections import Detections, read_detections
from cxrbench.datasets.mimic_cxr.collection import MimicCxr, read_mimic_cxr
from cxrbench.datasets.qba.folder import QbaFolder, open_qba
from cxrbench.datasets.roots import DataRoot, resolve_root
from cxrbench.metrics.base import Metric
from cxrbench.metrics.vqa import VQA_PROTOCOLS
from cxrbench.tasks.base import TaskData, TaskOptions
from cxrbench.tasks.lazy import LazyExamples
from cxrbench.tasks.mimic_context import context_reader, find_reports
from cxrbench.tasks.mimic_films import INPUTS, Films, check_inputs
from cxrbench.tasks.mimic_notes import TERMS, missing_films_note, patients_note, problems_note
from cxrbench.tasks.mimic_people import People
from cxrbench.tasks.mimic_splits import MimicSplit, select_question_split
from cxrbench.tasks.qba_examples import Asked, exclusion, qba_example
from cxrbench.tasks.qba_files import FileSource
from cxrbench.tasks.qba_graphs import SCENE_GRAPH_REGIONS
from cxrbench.tasks.qba_index import IndexSource, find_index
from cxrbench.tasks.qba_notes import index_note, oracle_note, question_notes
from cxrbench.tasks.qba_source import QuestionSource, asked_questions, known_type
from cxrbench.tasks.qba_studies import StudyMaker
from cxrbench.tasks.vqa_metrics import (
    ANSWER_FAMILIES,
    BOX_FAMILIES,
    VQA_FAMILIES,
    VqaSettings,
    build_vqa_metrics,
)

if TYPE_CHECKING:
    import pyarrow as pa

GRAPHS: Final = ("scene_graph", ORACLE_GRAPH)
TRAINING_STUDIES: Final = 500
"""Studies whose questions baselines learn from: a sample by hash, the same for every run."""
_SEED: Final = 0
_NO_FILM: Final = "no frontal film listed"
_UNREADABLE: Final = "question file cannot be read (studies)"
_GRADED: Final = ("multi_region", "severity", "graph_entity")
_STUDY_FAMILIES: Final = ("diagnostic", "ranking", "label_calibration")
_ANSWERS: Final = tuple(name for name in ANSWER_FAMILIES if name not in ("exact_match_closed", "exact_match_open"))
"""Only closed questions have an answer to match, so the two would repeat `exact_match` and say nothing."""

HEADLINE: Final = (
    "exact_match",
    "yes_no_balanced_accuracy",
    "token_f1",
    "clinical_term_f1",
    "mean_iou",
    "spatial_relation_accuracy",
    "ordinal_accuracy",
    "graph_entity_recall",
    "unparsable_rate",
    "empty_rate",
)


class MimicQba:
    """Question answering on MIMIC-Ext-CXR-QBA.

    A question takes part when its type is known, it has an answer with usable gold, and its study lists a frontal
    film. The film shown is the primary frontal one (PA before AP); one that is missing on disk keeps its questions in
    n and makes them an "error". The resampling unit is the patient.
    """

    name = "mimic-qba"
    version = "1"
    kind: Kind = "vqa"
    restricted = True
    protocols = VQA_PROTOCOLS
    metrics = VQA_FAMILIES
    headline = HEADLINE
    settings = VqaSettings((*_ANSWERS, *BOX_FAMILIES, *_GRADED, *_STUDY_FAMILIES), region_boxes=SCENE_GRAPH_REGIONS)

    def load(self, options: TaskOptions) -> TaskData:
        """Read the questions of one split: from an index where one is prepared, else from the question files.

        Raises:
            UsageError: An unknown split, grade or input.
            DataError: The data root is unusable, a patient is in two splits, or no question of the split is usable.
        """
        check_inputs(options.inputs, (*INPUTS, *GRAPHS))
        if set(GRAPHS) <= set(options.inputs):
            raise UsageError("a request has one scene graph", where="--inputs", valid=" or ".join(GRAPHS))
        split = select_question_split(options.split)
        root = resolve_root(options.data_root, "mimic-qba", progress=options.progress)
        mimic = read_mimic_cxr(root.parts["jpg"]) if "jpg" in root.parts else None
        folder = open_qba(root.parts["qba"])
        source = _source(root, options, folder, mimic, split)
        chosen = _choose(source, split)
        if not chosen.ids:
            raise DataError(
                f"split {split.name(root.is_phantom)} has no usable question",
                where=str(root.path),
                valid=", ".join(f"{reason}: {len(ids)}" for reason, ids in chosen.excluded.items()) or "none at all",
                hint="choose another --split, or look with: cxrbench data check mimic-qba",
            )
        people = People.of(_folders(root, options), mimic)
        found = _detections(root, options)
        study = StudyMaker(
            source.studies,
            Films(mimic, root.parts.get("jpg", root.path), options.inputs),
            folder,
            context_reader(find_reports(root.parts), options.inputs, root.path),
            people,
            found.graphs if found is not None else None,
        )

        def build(table: pa.Table) -> list[Example]:
            return [qba_example(study(number), asked) for number, asked in asked_questions(table)]

        return TaskData(
            examples=LazyExamples(chosen.ids, lambda places: build(source.rows(chosen.pairs[places]))),
            excluded=chosen.excluded,
            training=cache(lambda: _training(source, study)),
            dataset="mimic-qba-phantom" if root.is_phantom else "mimic-qba",
            split=split.name(root.is_phantom),
            fingerprint=jsonio.digest(
                [source.fingerprint, people.fingerprint, found.fingerprint if found is not None else None]
            ),
            phantom=root.is_phantom,
            notes=(
                *question_notes(source, split, len(chosen.studies), len(chosen.ids), root.is_phantom),
                *index_note(source, folder),
                *missing_films_note(map(study.film, chosen.studies)),
                *oracle_note(options.inputs),
                *patients_note(people.path is not None, root.is_phantom),
                *problems_note(mimic.problems if mimic is not None else ("no MIMIC-CXR-JPG: films cannot be read",)),
            ),
            terms=TERMS,
        )

    def build_metrics(
        self,
        protocol: str,
        data: TaskData,
        selection: Sequence[str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> list[Metric]:
        """The families that the data set has gold for, unless `selection` names some."""
        return build_vqa_metrics(protocol, data, selection, options, settings=self.settings)


@dataclass(frozen=True)
class _Chosen:
    """The questions that take part.

    Attributes:
        pairs: Their numbers, ascending.
        ids: `study/question`, in the same order.
        studies: The numbers of their studies.
    """

    pairs: NDArray[np.int64]
    ids: list[str]
    excluded: dict[str, list[str]]
    studies: list[int]


def _source(
    root: DataRoot, options: TaskOptions, folder: QbaFolder, mimic: MimicCxr | None, split: MimicSplit
) -> QuestionSource:
    index = find_index(_folders(root, options))
    return IndexSource(index, split.part) if index is not None else FileSource(folder, mimic, split.part)


def _folders(root: DataRoot, options: TaskOptions) -> list[Path]:
    """Where the user may have put an index, a table of patients or detections."""
    named = [] if options.data_root is None else [options.data_root.expanduser()]
    return [path for path in dict.fromkeys((*named, *root.parts.values())) if path.is_dir()]


def _detections(root: DataRoot, options: TaskOptions) -> Detections | None:
    if "scene_graph" not in options.inputs:
        return None
    folders = _folders(root, options)
    return read_detections(next((path for path in folders if (path / "detections.json").is_file()), folders[0]))


def _choose(source: QuestionSource, split: MimicSplit) -> _Chosen:
    primary = source.studies["primary_image_id"].is_valid().to_pylist()
    names = source.studies["study_id"].to_pylist()
    keys = [column.to_pylist() for column in source.keys().columns]
    excluded: dict[str, list[str]] = {_UNREADABLE: list(source.unreadable)} if source.unreadable else {}
    pairs: list[int] = []
    ids: list[str] = []
    studies: dict[int, None] = {}
    for pair, number, question, type, yes_no, grade, asks, answered in zip(*keys):
        if split.grades is not None and grade not in split.grades:
            continue
        id = f"{names[number]}/{question}"
        reason = (
            exclusion(known_type(type), asks=bool(asks), answered=bool(answered), yes_no=yes_no)
            if primary[number]
            else _NO_FILM
        )
        if reason is not None:
            excluded.setdefault(reason, []).append(id)
            continue
        pairs.append(pair)
        ids.append(id)
        studies[number] = None
    return _Chosen(np.array(pairs, np.int64), ids, excluded, list(studies))


def _training(source: QuestionSource, study: StudyMaker) -> list[Example]:
    """All usable questions of some training studies."""
    columns = ("study_id", "study_number", "split", "primary_image_id")
    rows = zip(*(source.studies[name].to_pylist() for name in columns))
    number_of = {name: number for name, number, split, image in rows if split == "train" and image is not None}
    numbers = [number_of[name] for name in hashed_order(number_of, _SEED)[:TRAINING_STUDIES]]
    return [
        qba_example(study(number), asked)
        for number, asked in asked_questions(source.of_studies(numbers))
        if _reason(asked) is None
    ]


def _reason(asked: Asked) -> str | None:
    gold = asked.gold
    return exclusion(asked.type, asks=bool(asked.text), answered=bool(gold.text), yes_no=gold.yes_no)
