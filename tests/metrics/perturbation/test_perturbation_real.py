"""Perturbations of the real IU X-ray test references."""

import pytest

from cxrbench.metrics.labelers import get_labeler
from cxrbench.metrics.perturbation import perturb
from cxrbench.tasks.base import TaskOptions
from cxrbench.tasks.iu_report import IuReport

pytestmark = pytest.mark.realdata


@pytest.fixture
def reports(real_data):
    return {example.id: example.reference.text for example in IuReport().load(TaskOptions(real_data)).examples}


def labels(texts):
    return get_labeler("rules").label(list(texts))


def test_paraphrases_and_shuffles_keep_the_labels_of_every_reference(reports):
    before = labels(reports.values())
    for name in ("paraphrase", "shuffled_sentences", "laterality_swap", "false_comparison"):
        found = perturb(name, reports)
        assert labels(item.text for item in found.values()) == before, name


def test_most_reports_can_be_paraphrased_and_all_flipped(reports):
    paraphrased, flipped = perturb("paraphrase", reports), perturb("negation_flip", reports)
    assert sum(item.changed > 0 for item in paraphrased.values()) > 0.95 * len(reports)
    assert all(item.changed for item in flipped.values())
    before = labels(reports.values())
    kept = sum(a == b for a, b in zip(labels(item.text for item in flipped.values()), before))
    assert kept < 0.2 * len(reports)
