"""What a right answer to a question of MIMIC-Ext-CXR-QBA is. The answers are sentences; scores need more than that.

`question_gold` is the one definition; the index, the tasks and the training targets all call it (or its parts, which
take primitive values and remember their results).
"""

from cxrbench.datasets.qba.gold.conditions import Conditions, conditions_of_entity, gold_conditions
from cxrbench.datasets.qba.gold.question import AnswerFacts, Gold, LabelledBox, question_gold
from cxrbench.datasets.qba.gold.records import answer_facts, gold_of
from cxrbench.datasets.qba.gold.regions import Regions, gold_regions
from cxrbench.datasets.qba.gold.severity import SCALE, SEVERITY_WORDS, Severity, severity_of
from cxrbench.datasets.qba.gold.types import canonical_type
from cxrbench.datasets.qba.gold.yes_no import YesNo, YesNoGold, yes_no_gold

__all__ = [
    "SCALE",
    "SEVERITY_WORDS",
    "AnswerFacts",
    "Conditions",
    "Gold",
    "LabelledBox",
    "Regions",
    "Severity",
    "YesNo",
    "YesNoGold",
    "answer_facts",
    "canonical_type",
    "conditions_of_entity",
    "gold_conditions",
    "gold_of",
    "gold_regions",
    "question_gold",
    "severity_of",
    "yes_no_gold",
]
