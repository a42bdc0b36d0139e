"""From the rows of a data set to the examples of a zero-shot task, with the notes that belong beside its scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cxrbench.core import jsonio
from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.types import Example
from cxrbench.datasets.detections import DETECTIONS, Detections, read_detections
from cxrbench.metrics.vqa.normalise import normalise_answer
from cxrbench.tasks.base import TaskData, TaskOptions
from cxrbench.tasks.vqa_items import VqaItem, vqa_example
from cxrbench.tasks.vqa_splits import VqaSplit
from cxrbench.tasks.vqa_strata import SeenInTraining, leak_note, vqa_strata

VQA_INPUTS = ("frontal", "scene_graph")
_LISTED = 10
_NO_ANSWER = "no gold answer"


@dataclass(frozen=True, slots=True)
class Counts:
    """Size of a split."""

    questions: int
    images: int
    closed: int
    open: int

    def __str__(self) -> str:
        return f"{self.questions} questions ({self.closed} closed, {self.open} open) on {self.images} images"


@dataclass(frozen=True)
class VqaSource:
    """A data set as read.

    Attributes:
        dataset: Its name, without "-phantom".
        title: Its name in sentences.
        items: The rows of a split; the chest films alone for the subset "chest".
        documented: Split name -> the published size of the real data.
        notes: What the reader found odd.
    """

    dataset: str
    title: str
    root: Path
    fingerprint: str
    phantom: bool
    items: Callable[[VqaSplit], Sequence[VqaItem]]
    documented: Mapping[str, Counts]
    notes: tuple[str, ...] = ()


def check_vqa_inputs(inputs: Sequence[str]) -> None:
    """Refuse what these data sets cannot show.

    Raises:
        UsageError: An unknown input, or no image.
    """
    unknown = [name for name in inputs if name not in VQA_INPUTS]
    if unknown or "frontal" not in inputs:
        raise UsageError(
            f"inputs {', '.join(inputs) or '(none)'} are not possible here",
            where="--inputs",
            valid="frontal (the image), and scene_graph (from detections.json in the data root)",
        )


def vqa_task_data(source: VqaSource, split: VqaSplit, options: TaskOptions) -> TaskData:
    """The examples of a split.

    Raises:
        DataError: No question of the split has an answer; or a scene graph was asked for and cannot be read.
    """
    rows = source.items(split)
    chosen = [item for item in rows if normalise_answer(item.answer or "")]
    if not chosen:
        raise DataError(
            f"split {split.name} has no question with an answer",
            where=str(source.root),
            valid=f"{len(rows)} rows of this split, none with an answer",
            hint="choose another --split",
        )
    found = read_detections(source.root) if "scene_graph" in options.inputs else None
    graphs = found.graphs if found else {}

    @cache
    def training() -> list[Example]:
        rows = source.items(VqaSplit(split.subset, "train"))
        return [vqa_example(item, graphs, {}) for item in rows if normalise_answer(item.answer or "")]

    everything = source.items(VqaSplit("all", "train"))
    seen = SeenInTraining.of(everything) if everything else None
    without = [item.id for item in rows if not normalise_answer(item.answer or "")]
    return TaskData(
        examples=[vqa_example(item, graphs, vqa_strata(item, seen)) for item in chosen],
        excluded={_NO_ANSWER: without} if without else {},
        training=training,
        dataset=f"{source.dataset}-phantom" if source.phantom else source.dataset,
        split=split.name,
        fingerprint=jsonio.digest([source.fingerprint, found.fingerprint]) if found else source.fingerprint,
        phantom=source.phantom,
        notes=(*_notes(source, split, rows, seen), *source.notes, *_graph_notes(found, chosen)),
    )


def _notes(source: VqaSource, split: VqaSplit, rows: Sequence[VqaItem], seen: SeenInTraining | None) -> list[str]:
    notes = [_count_note(source, split, rows)]
    if split.subset == "all":
        notes.append("all organs and modalities: context; the headline split is chest:" + split.part)
    if seen is not None and split.part != "train":
        notes.append(leak_note(rows, seen, source.title))
    absent = sorted({item.group for item in rows if not item.image.path.is_file()})
    if absent:
        images = len({item.group for item in rows})
        shown = ", ".join(absent[:_LISTED]) + (", ..." if len(absent) > _LISTED else "")
        notes.append(
            f"{len(absent)} of {images} images are missing on disk: {shown}; models that need them get errors"
        )
    return notes


def _count_note(source: VqaSource, split: VqaSplit, rows: Sequence[VqaItem]) -> str:
    counts = Counts(
        questions=len(rows),
        images=len({item.group for item in rows}),
        closed=sum(item.closed is True for item in rows),
        open=sum(item.closed is False for item in rows),
    )
    published = source.documented.get(split.name)
    if source.phantom or published is None:
        return f"{split.name}: {counts}"
    if counts == published:
        return f"{split.name}: {counts}, as documented"
    return f"{split.name}: {counts}; DOCUMENTED ARE {published}: this copy of {source.title} is another one"


def _graph_notes(found: Detections | None, items: Sequence[VqaItem]) -> list[str]:
    if found is None:
        return []
    images = {item.group: item.image_names for item in items}
    covered = sum(any(name in found.graphs for name in names) for names in images.values())
    detectors = ", ".join(found.detectors)
    return [f"scene graphs of {covered} of {len(images)} images from {DETECTIONS} ({detectors}); others have none"]
