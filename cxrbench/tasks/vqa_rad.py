"""`vqa-rad`: questions about radiological images, zero-shot (Lau et al., Sci Data 2018;5:180251)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxrbench.core.types import Image, Kind
from cxrbench.datasets.roots import resolve_root
from cxrbench.datasets.vqa_rad import CHEST, VqaRad, VqaRadQuestion, read_vqa_rad
from cxrbench.metrics.base import Metric
from cxrbench.metrics.vqa import VQA_PROTOCOLS
from cxrbench.tasks.base import TaskData, TaskOptions
from cxrbench.tasks.vqa_data import Counts, VqaSource, check_vqa_inputs, vqa_task_data
from cxrbench.tasks.vqa_items import VqaItem
from cxrbench.tasks.vqa_metrics import (
    ANSWER_FAMILIES,
    VQA_FAMILIES,
    VQA_HEADLINE,
    VqaSettings,
    build_vqa_metrics,
)
from cxrbench.tasks.vqa_splits import VqaSplit, select_vqa_split

PARTS = ("train", "test")
DOCUMENTED: Mapping[str, Counts] = {
    "chest:train": Counts(620, 107, 395, 225),
    "chest:test": Counts(174, 73, 116, 58),
    "all:train": Counts(1797, 313, 1027, 770),
    "all:test": Counts(451, 203, 272, 179),
}
_MEVF_TRAINING = ("chest:train", "all:train")


class VqaRadTask:
    """Question answering on VQA-RAD without training on it.

    The official test split are the rows whose `phrase_type` starts with "test"; `--split test` takes those on chest
    films, `all:test` those of every organ. The resampling unit is the image.
    """

    name = "vqa-rad"
    version = "1"
    kind: Kind = "vqa"
    restricted = False
    protocols = VQA_PROTOCOLS
    metrics = VQA_FAMILIES
    headline = VQA_HEADLINE
    settings = VqaSettings(ANSWER_FAMILIES)

    def load(self, options: TaskOptions) -> TaskData:
        """Read the questions of one split.

        Raises:
            UsageError: An unknown split or input.
            DataError: The data root is unusable, or no question of the split is usable.
        """
        check_vqa_inputs(options.inputs)
        split = select_vqa_split(options.split, PARTS)
        data = read_vqa_rad(resolve_root(options.data_root, "vqa-rad", progress=options.progress).path)

        def items(split: VqaSplit) -> list[VqaItem]:
            wanted = split.part == "test"
            return [
                _item(row)
                for row in data.questions
                if row.test is wanted and (split.subset == "all" or row.organ == CHEST)
            ]

        source = VqaSource(
            dataset="vqa-rad",
            title="VQA-RAD",
            root=data.root,
            fingerprint=data.fingerprint,
            phantom=data.phantom,
            items=items,
            documented=_documented(data),
            notes=_notes(data),
        )
        return vqa_task_data(source, split, options)

    def build_metrics(
        self,
        protocol: str,
        data: TaskData,
        selection: Sequence[str] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> list[Metric]:
        """The families that VQA-RAD has gold for, unless `selection` names some."""
        return build_vqa_metrics(protocol, data, selection, options, settings=self.settings)


def _item(row: VqaRadQuestion) -> VqaItem:
    stem = row.image_name.rsplit(".", 1)[0]
    return VqaItem(
        id=row.id,
        question=row.question,
        answer=row.answer,
        closed=row.closed,
        question_type=", ".join(row.types) or None,
        image=Image(row.image, view="unknown"),
        group=row.image_name,
        image_names=(row.image_name, stem),
        strata={
            "question_type": row.types or ("unstated",),
            "organ": (row.organ,),
            "phrase": (row.phrase or "unstated",),
        },
    )


def _documented(data: VqaRad) -> Mapping[str, Counts]:
    """The sizes of the public form; the training file of MEVF holds rephrasings besides."""
    if data.variant == "public":
        return DOCUMENTED
    return {name: counts for name, counts in DOCUMENTED.items() if name not in _MEVF_TRAINING}


def _notes(data: VqaRad) -> tuple[str, ...]:
    notes = []
    if data.variant == "mevf":
        notes.append("read from trainset.json and testset.json (MEVF): the training rows include rephrasings")
    if data.unknown_phrase_types:
        shown = ", ".join(data.unknown_phrase_types[:10])
        notes.append(f"{len(data.unknown_phrase_types)} rows belong to no split (unknown phrase_type): {shown}")
    return tuple(notes)
