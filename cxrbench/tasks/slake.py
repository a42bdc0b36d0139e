"""`slake`: questions about radiological images in English, zero-shot (Liu et al., ISBI 2021)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from cxrbench.core.errors import DataError
from cxrbench.core.types import Image, Kind
from cxrbench.datasets.roots import resolve_root
from cxrbench.datasets.slake import X_RAY, ImageBoxes, Slake, SlakeQuestion, read_boxes, read_slake
from cxrbench.metrics.base import Metric
from cxrbench.metrics.vqa import VQA_PROTOCOLS
from cxrbench.tasks.base import TaskData, TaskOptions
from cxrbench.tasks.slake_boxes import asked_boxes
from cxrbench.tasks.vqa_data import Counts, VqaSource, check_vqa_inputs, vqa_task_data
from cxrbench.tasks.vqa_items import VqaItem
from cxrbench.tasks.vqa_metrics import (
    ANSWER_FAMILIES,
    BOX_FAMILIES,
    VQA_FAMILIES,
    VQA_HEADLINE,
    VqaSettings,
    build_vqa_metrics,
)
from cxrbench.tasks.vqa_splits import VqaSplit, select_vqa_split

PARTS = ("train", "val", "test")
DOCUMENTED: Mapping[str, Counts] = {
    "chest:train": Counts(1423, 122, 454, 969),
    "chest:val": Counts(338, 27, 95, 243),
    "chest:test": Counts(361, 30, 114, 247),
    "all:train": Counts(4919, 450, 1943, 2976),
    "all:val": Counts(1053, 96, 422, 631),
    "all:test": Counts(1061, 96, 416, 645),
}


class SlakeTask:
    """Question answering on the English part of SLAKE without training on it.

    Rows in other languages are left out before anything is split. `--split test` takes the chest X-rays (modality
    X-Ray) of the official test split, `all:test` every modality. The resampling unit is the image. Where the boxes of
    an image are there, questions for a place have the boxes of the thing they ask for as gold.
    """

    name = "slake"
    version = "1"
    kind: Kind = "vqa"
    restricted = False
    protocols = VQA_PROTOCOLS
    metrics = VQA_FAMILIES
    headline = VQA_HEADLINE
    settings = VqaSettings((*ANSWER_FAMILIES, *BOX_FAMILIES))

    def load(self, options: TaskOptions) -> TaskData:
        """Read the questions of one split.

        Raises:
            UsageError: An unknown split or input.
            DataError: The data root is unusable, lacks the file of the split, or has no usable question in it.
        """
        check_vqa_inputs(options.inputs)
        split = select_vqa_split(options.split, PARTS)
        data = read_slake(resolve_root(options.data_root, "slake", progress=options.progress).path)
        if split.part not in data.splits:
            raise DataError(
                f"the file of split {split.part} is missing",
                where=str(data.root),
                valid="train.json, validate.json (or validation.json) and test.json",
                hint="download the data set again (BoKelvin/SLAKE)",
            )
        boxes = cache(read_boxes)

        def items(split: VqaSplit) -> list[VqaItem]:
            return [_item(row, boxes(row.image)) for row in data.questions if _belongs(row, split)]

        source = VqaSource(
            dataset="slake",
            title="SLAKE",
            root=data.root,
            fingerprint=data.fingerprint,
            phantom=data.phantom,
            items=items,
            documented=DOCUMENTED,
            notes=_notes(data, split),
        )
        return vqa_task_data(source, split, options)

    def build_metrics(
        self,
        protocol: str,
        data: TaskData,
        selection: Sequence[str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> list[Metric]:
        """The families that SLAKE has gold for, unless `selection` names some."""
        return build_vqa_metrics(protocol, data, selection, options, settings=self.settings)


def _item(row: SlakeQuestion, found: ImageBoxes | None) -> VqaItem:
    return VqaItem(
        id=row.id,
        question=row.question,
        answer=row.answer,
        closed=row.closed,
        question_type=row.content_type,
        image=Image(row.image, view="unknown"),
        group=row.image_id,
        image_names=(row.image_id, row.image.parent.name, f"{row.image.parent.name}/{row.image.name}"),
        strata={
            "question_type": (row.content_type or "unstated",),
            "organ": (row.location or "unstated",),
            "modality": (row.modality or "unstated",),
            "needs_knowledge": ("yes" if row.base_type == "kvqa" else "no",),
        },
        boxes=asked_boxes(row.question, found.boxes) if found else None,
    )


def _notes(data: Slake, split: VqaSplit) -> tuple[str, ...]:
    notes = []
    if data.other_languages:
        images = {row.image_id for row in data.questions if _belongs(row, split)}
        notes.append(
            f"{data.other_languages} rows in other languages were left out first; their training rows hold "
            f"{len(images & data.foreign_training_images)} of these {len(images)} images: training on them leaks"
        )
    if "train" not in data.splits:
        notes.append("train.json is missing: what the training rows hold is unknown")
    return tuple(notes)


def _belongs(row: SlakeQuestion, split: VqaSplit) -> bool:
    return row.split == split.part and (split.subset == "all" or row.modality == X_RAY)
