import pytest

from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.core.scoring import score_predictions
from cxrbench.core.types import Box, Example, Image, Prediction, Reference, Request
from cxrbench.metrics.spatial import RegionBoxes
from cxrbench.tasks.base import TaskData
from cxrbench.tasks.vqa_metrics import (
    ANSWER_FAMILIES,
    BOX_FAMILIES,
    VQA_FAMILIES,
    VQA_HEADLINE,
    VQA_METRIC_OPTIONS,
    VqaSettings,
    build_vqa_metrics,
)
from cxrbench.tasks.vqa_rad import VqaRadTask

EVERYTHING = VqaSettings(VQA_FAMILIES)
SECTION_11 = [
    "exact_match",
    "exact_match_closed",
    "exact_match_open",
    "unparsable_rate",
    "token_f1",
    "clinical_term_f1",
    "clinical_term_f1_polarity",
    "semantic_type_accuracy",
    "bleu_4",
    "rouge_l",
    "rouge_l_recall",
    "bertscore_f1",
    "mean_iou",
    "pointing_accuracy",
    "map_50",
    "map_75",
    "map_50_75",
    "multi_region_f1",
    "multi_region_jaccard",
    "spatial_relation_accuracy",
    "ece",
    "localisation_ece",
    "macro_sensitivity",
    "micro_specificity",
    "ppv/Edema",
    "npv/Edema",
    "macro_mcc",
    "macro_kappa",
    "auroc/Edema",
    "macro_average_precision",
    "ordinal_accuracy",
    "severity_mae",
    "graph_entity_recall",
    "relationship_accuracy",
    "multi_hop_accuracy",
    "attention_plausibility",
    "attention_entropy",
]


def data_of(*references, image=None):
    images = () if image is None else (Image(image),)
    examples = [Example(Request(item.id, "vqa", images, "?"), item, group=item.id) for item in references]
    return TaskData(examples, {}, tuple, "x", "test", "f", phantom=False)


def build(data=None, selection=None, options=None, settings=EVERYTHING, protocol="cxrbench"):
    return build_vqa_metrics(protocol, data or data_of(), selection, options, settings=settings)


def scored(references, predictions, selection=None, settings=EVERYTHING, image=None):
    data = data_of(*references, image=image)
    metrics = build(data, selection, settings=settings)
    found = score_predictions(
        data.examples, {item.id: item for item in predictions}, metrics, header={}, resamples=20, seed=0
    )
    return found.results["scores"]


def test_every_score_of_the_definitions_is_offered_once():
    names = [score for metric in build() for score in metric.scores]
    assert set(SECTION_11) <= set(names)
    assert len(names) == len(set(names))


def test_a_family_without_an_eligible_example_is_null_with_its_reason_and_never_zero():
    scores = scored([Reference("1", answer="yes")], [Prediction("1", answer="yes")])
    assert scores["exact_match"]["value"] == 1
    nothing = {name: item for name, item in scores.items() if item["n"] == 0}
    assert {"mean_iou", "exact_match_open", "ordinal_accuracy", "multi_region_f1", "bleu_4"} <= set(nothing)
    assert all(item["value"] is None and item["reason"] for item in nothing.values())
    assert scores["mean_iou"]["reason"] == "no example with a gold box"
    assert scores["exact_match_open"]["reason"] == "no open question with a gold answer"


def test_each_family_counts_the_references_that_have_its_gold():
    box = (Box(0, 0, 10, 10, "Mass"),)
    references = [
        Reference("1", answer="yes", closed=True, labels={"Edema": 1}),
        Reference("2", answer="no", closed=True, labels={"Edema": 0}, severity="mild"),
        Reference("3", answer="left lung", closed=False, boxes=box, regions=("left lung", "heart")),
    ]
    predictions = [
        Prediction("1", answer="yes", label_probabilities={"Edema": 0.9}, confidence=0.8),
        Prediction("2", answer="no", label_probabilities={"Edema": 0.1}, severity="moderate", confidence=0.9),
        Prediction("3", answer="left lung", boxes=box, regions=("heart",), confidence=0.5),
    ]
    scores = scored(references, predictions)
    expected = {
        "exact_match_closed": (1.0, 2),
        "exact_match_open": (1.0, 1),
        "yes_no_balanced_accuracy": (1.0, 2),
        "mean_iou": (1.0, 1),
        "map_50": (1.0, 1),
        "multi_region_jaccard": (0.5, 1),
        "severity_mae": (1.0, 1),
        "auroc/Edema": (1.0, 2),
        "sensitivity/Edema": (1.0, 2),
        "confidence_rate": (1.0, 3),
        "ece": (pytest.approx(0.8 / 3), 3),
        "localisation_brier": (0.25, 1),
    }
    assert {name: (scores[name]["value"], scores[name]["n"]) for name in expected} == expected


def test_regions_count_as_boxes_where_the_task_knows_their_place():
    box = Box(0, 0, 10, 10)
    settings = VqaSettings(("box_overlap",), region_boxes=RegionBoxes("atlas", lambda reference: {"heart": [box]}))
    references = [Reference("1", boxes=(box,))]
    scores = scored(references, [Prediction("1", regions=("heart",))], settings=settings)
    assert scores["mean_iou"]["value"] == 1
    assert "else-regions-of-atlas" in scores["mean_iou"]["signature"]


def test_the_size_of_an_image_is_read_from_its_file_unless_the_task_knows_it(tmp_path):
    from PIL import Image as Pillow

    path = tmp_path / "film.png"
    Pillow.new("L", (20, 10)).save(path)
    references = [Reference("1", boxes=(Box(0, 0, 10, 10),))]
    predictions = [Prediction("1", answer="here", attention={"map": [[1.0, 0.0]]})]
    by_file = scored(references, predictions, ["attention_plausibility"], image=path)
    assert by_file["attention_plausibility"]["value"] == 1
    told = VqaSettings(("attention_plausibility",), image_size=lambda reference: (40.0, 10.0))
    assert scored(references, predictions, settings=told)["attention_plausibility"]["value"] == 0.5
    unreadable = scored(references, predictions, ["attention_plausibility"], image=tmp_path / "absent.png")
    assert unreadable["attention_plausibility"]["n"] == 0


def test_only_the_families_of_the_settings_are_computed_unless_some_are_named():
    few = VqaSettings(("exact_match", "status"))
    assert [metric.name for metric in build(settings=few)] == ["exact_match", "status"]
    assert [metric.name for metric in build(selection=["map", "token_f1"], settings=few)] == ["token_f1", "map"]
    assert set(ANSWER_FAMILIES) | set(BOX_FAMILIES) <= set(VQA_FAMILIES)


def test_the_headline_scores_are_among_those_computed_by_default():
    names = {score for metric in build(settings=VqaRadTask.settings) for score in metric.scores}
    assert set(VQA_HEADLINE) <= names


def test_families_of_third_parties_are_called_with_the_protocol(tmp_path, monkeypatch):
    (tmp_path / "their_scores.py").write_text(
        "from cxrbench.metrics.status import StatusRates\n"
        "def make(protocol):\n    metric = StatusRates()\n    metric.name = protocol.name\n    return metric\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert [m.name for m in build(selection=["their_scores:make"], protocol="lower")] == ["lower"]


@pytest.mark.parametrize("protocol", ["r2gen", "coco", "nonsense"])
def test_protocols_of_reports_are_refused(protocol):
    with pytest.raises(UnknownNameError, match="protocol of question answering") as caught:
        build(protocol=protocol)
    assert caught.value.valid == "cxrbench, raw, lower"


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"treshold": 0.5}, UnknownNameError, "threshold"),
        ({"threshold": 0}, UsageError, "threshold is 0"),
        ({"threshold": "high"}, UsageError, "threshold"),
        ({"gold_blank": "maybe"}, UsageError, "exclude, positive, negative"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, error, said):
    with pytest.raises(error, match=said):
        build(options=options)


def test_options_stand_in_the_signatures():
    options = {"gold_uncertain": "positive", "gold_blank": "exclude", "threshold": 0.25}
    (metric,) = build(selection=["diagnostic"], options=options)
    for part in ("uncertain:positive", "blank:exclude", "threshold:0.25"):
        assert part in metric.signature()
    assert set(options) <= set(VQA_METRIC_OPTIONS)
