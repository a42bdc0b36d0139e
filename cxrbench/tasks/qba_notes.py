"""What belongs beside every score on MIMIC-Ext-CXR-QBA."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cxrbench.core.inputs import is_oracle
from cxrbench.datasets.qba.folder import QbaFolder
from cxrbench.datasets.qba.index.problems import KINDS
from cxrbench.tasks.mimic_splits import MimicSplit
from cxrbench.tasks.qba_source import QuestionSource

STUDIES: Final = {"train": 222_180, "validate": 1_805, "test": 3_254}
QUESTIONS: Final = {"train": 41_239_042, "validate": 333_022, "test": 600_763}
"""Release 1.0.0; its documentation prints the questions of validate and test the wrong way round."""
_QUIET: Final = frozenset(("unmapped_region", "unmapped_entity"))


def question_notes(
    source: QuestionSource, split: MimicSplit, studies: int, questions: int, phantom: bool
) -> list[str]:
    """Size of the split beside the documented one, and what is odd about the data, by kind."""
    notes = [f"{split.name(phantom)}: {questions:,} questions of {studies:,} studies"]
    there = source.studies["split"].to_pylist().count(split.part)
    if not phantom and there != STUDIES[split.part]:
        documented = f"DOCUMENTED ARE {STUDIES[split.part]:,}: this copy is another or not whole"
        notes.append(f"{there:,} studies of this split; {documented}")
    notes += [
        f"{count:,} times: {KINDS.get(kind, kind)}"
        for kind, count in sorted(source.problems.items())
        if kind not in _QUIET
    ]
    if count := source.problems.get("unmapped_region"):
        notes.append(f"{count:,} mentions of regions that are none of the 26: no gold for region scores")
    if count := source.problems.get("unmapped_entity"):
        notes.append(f"{count:,} mentions of findings that the table of conditions does not know")
    return notes


def index_note(source: QuestionSource, folder: QbaFolder) -> list[str]:
    """A warning where an index does not fit the files beside it."""
    there = len(folder.questions) if folder.questions is not None else None
    listed = len(source.studies)
    if there is None or there == listed:
        return []
    return [f"the index has {listed:,} studies, the folder {there:,}: build it again with cxrbench data prepare"]


def oracle_note(inputs: Sequence[str]) -> list[str]:
    """The warning of a run that is shown the gold."""
    if not is_oracle(inputs):
        return []
    return [
        "oracle: the model is shown the scene graph of the data set, made from the report that also holds the "
        "answers; an upper bound, never ranked beside other runs"
    ]
