"""The 27 question types of MIMIC-Ext-CXR-QBA, their strategies, answers and groups."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Family = Literal["yes_no", "where", "how", "what", "describe"]
FAMILIES: Final[tuple[Family, ...]] = ("where", "what", "how", "yes_no", "describe")
"""The groups of the SSG-VQA document's evaluation."""
MARKED: Final = ("relational", "multi_hop")
"""Types beyond the 27 that only the phantom writes, so that relational scores have gold."""
_PREFIX: Final = re.compile(r"^([A-Z]\d*)_(?=[a-z])")
_NUMBER: Final = re.compile(r"_\d{3,}$")


@dataclass(frozen=True, slots=True)
class QuestionType:
    """One type.

    Attributes:
        identifier: With its prefix, `D02_has_finding`.
        strategy: indication, abnormal, region_abnormal or finding (relational for the phantom's own).
        inverted: A positive main answer means "no": the "is it normal" questions.
        total: Questions of this type in release 1.0.0.
    """

    identifier: str
    strategy: str
    family: Family
    total: int = 0
    inverted: bool = False

    @property
    def name(self) -> str:
        """Without the prefix, `has_finding`."""
        return _PREFIX.sub("", self.identifier)

    @property
    def yes_no(self) -> bool:
        return self.family == "yes_no"


_ROWS: Final = (
    QuestionType("A_indication", "indication", "what", 218_294),
    QuestionType("B01_describe_all", "abnormal", "describe", 208_433),
    QuestionType("B02_describe_abnormal", "abnormal", "describe", 208_433),
    QuestionType("B03_is_abnormal", "abnormal", "yes_no", 208_433),
    QuestionType("B04_is_normal", "abnormal", "yes_no", 208_433, inverted=True),
    QuestionType("B08_describe_subcat", "abnormal", "describe", 2_360_329),
    QuestionType("B09_describe_abnormal_subcat", "abnormal", "describe", 2_360_329),
    QuestionType("B10_is_abnormal_subcat", "abnormal", "yes_no", 2_360_329),
    QuestionType("B11_is_normal_subcat", "abnormal", "yes_no", 1_667_464, inverted=True),
    QuestionType("B12_describe_device", "abnormal", "describe", 954_659),
    QuestionType("B13_has_devices", "abnormal", "yes_no", 954_659),
    QuestionType("B14_describe_acquisition", "abnormal", "describe", 7_017),
    QuestionType("B15_describe_imaging_artifacts", "abnormal", "describe", 208_433),
    QuestionType("B16_has_imaging_artifacts", "abnormal", "yes_no", 208_433),
    QuestionType("C01_describe_region", "region_abnormal", "describe", 2_827_147),
    QuestionType("C02_describe_abnormal_region", "region_abnormal", "describe", 2_827_177),
    QuestionType("C03_is_abnormal_region", "region_abnormal", "yes_no", 2_832_066),
    QuestionType("C04_is_normal_region", "region_abnormal", "yes_no", 2_831_838, inverted=True),
    QuestionType("C07_describe_region_device", "region_abnormal", "describe", 4_650_283),
    QuestionType("C08_has_region_device", "region_abnormal", "yes_no", 4_652_197),
    QuestionType("D01_describe_finding", "finding", "describe", 2_550_098),
    QuestionType("D02_has_finding", "finding", "yes_no", 2_551_216),
    QuestionType("D03_where_is_finding", "finding", "where", 2_021_152),
    QuestionType("D04_how_severe_is_finding", "finding", "how", 1_325_613),
    QuestionType("D05_describe_device", "finding", "describe", 326_628),
    QuestionType("D06_has_device", "finding", "yes_no", 321_678),
    QuestionType("D07_where_is_device", "finding", "where", 322_056),
)
QUESTION_TYPES: Final[dict[str, QuestionType]] = {row.identifier: row for row in _ROWS}
"""Identifier -> type, in the data set's order."""
_BY_NAME: Final = {row.name: row for row in _ROWS}


def question_type(type: str | None, question_id: str | None = None) -> QuestionType | None:
    """The type that a file means; None for one that is not known.

    The prefix of the id (`D02_has_finding_003`) is the reliable source; files spell the type with its prefix or
    without. `describe_device` is B12 and D05: only the id or the prefix tells them apart.
    """
    for text in (_NUMBER.sub("", question_id or ""), type or ""):
        if text in QUESTION_TYPES:
            return QUESTION_TYPES[text]
    name = _PREFIX.sub("", type or "")
    return None if name == "describe_device" else _BY_NAME.get(name)
