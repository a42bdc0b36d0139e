"""The pages of the answer scores: their examples run and print what they say, their signatures are the real ones."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from cxrbench.metrics.concepts import get_concept_matcher
from cxrbench.metrics.relational import GraphEntityRecall, MultiHopAccuracy, RelationshipAccuracy
from cxrbench.metrics.vqa import (
    ClinicalTermF1,
    ExactMatch,
    MultiRegion,
    SemanticTypeAccuracy,
    SeverityScores,
    SpatialRelationAccuracy,
    TokenF1,
    YesNoScores,
)

DOCS = Path(__file__).resolve().parents[3] / "docs" / "metrics"
PAGES = {
    "exact_match": ExactMatch,
    "token_f1": TokenF1,
    "yes_no": YesNoScores,
    "semantic_type_accuracy": SemanticTypeAccuracy,
    "severity": SeverityScores,
    "multi_region": MultiRegion,
    "spatial_relation_accuracy": SpatialRelationAccuracy,
    "clinical_term_f1": ClinicalTermF1,
    "graph_entity_recall": GraphEntityRecall,
    "relationship_accuracy": RelationshipAccuracy,
    "multi_hop_accuracy": MultiHopAccuracy,
    "concepts": get_concept_matcher,
}


@pytest.mark.parametrize("page", PAGES)
def test_the_example_of_a_page_prints_what_the_page_says(page):
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / f"{page}.md").read_text(), re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, page, "exec"), {})
    assert printed.getvalue().splitlines() == re.findall(r"^(?:print\(.*  )?# (.+)$", code, re.MULTILINE)


@pytest.mark.parametrize(("page", "build"), PAGES.items())
def test_the_signature_of_a_page_is_the_real_one(page, build):
    assert f"`{build().signature()}`" in (DOCS / f"{page}.md").read_text()
