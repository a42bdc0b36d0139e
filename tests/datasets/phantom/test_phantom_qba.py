"""The phantom of MIMIC-Ext-CXR-QBA: answers agree with what is drawn, and distributions are those of the data set."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from documented import (
    CONDITION,
    GRADES,
    QBA,
    entity_is_drawn,
    members,
    said_yes,
    table,
    truths,
    walk,
)

from cxrbench.core.regions import GROUP_OF
from cxrbench.datasets.qba.question_types import QUESTION_TYPES
from cxrbench.datasets.region_map import map_region

Study = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


def read(root: Path) -> list[Study]:
    """(truth, scene graph, questions) of every study, from zip archives or folders."""
    folder = root / QBA
    if (folder / "qa.zip").is_file():
        files = {**members(folder / "qa.zip"), **members(folder / "scene_data.zip")}
    else:
        files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("s9*.json")}
    found = []
    for truth in truths(root):
        subject, study = f"p{truth['subject_id']}", f"s{truth['study_id']}"
        base = f"{subject[:3]}/{subject}/{study}"
        graph = json.loads(files[f"scene_data/{base}.scene_graph.json"])
        questions = json.loads(files[f"qa/{base}.qa.json"])
        assert json.loads(files[f"scene_data/{base}.metadata.json"])["split"] == truth["split"]
        for file in (graph, questions):
            assert (file["patient_id"], file["study_id"]) == (subject, study)
        found.append((truth, graph, questions))
    return found


@pytest.fixture(scope="module")
def drawn(mimic: Path) -> list[Study]:
    return read(mimic)


@pytest.fixture(scope="module")
def many(corpus: Path) -> list[Study]:
    return read(corpus)


def questions(studies: list[Study]) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    for truth, graph, file in studies:
        for question in file["questions"]:
            yield truth, graph, question


def is_ill(truth: dict[str, Any]) -> bool:
    return any(finding["condition"] != "Support Devices" for finding in truth["findings"])


def test_files_have_the_documented_keys(drawn: list[Study]) -> None:
    for _, graph, file in drawn:
        assert set(graph) == {
            *("patient_id", "study_id", "sentences", "top_level_obs_ids", "observations", "indication", "regions"),
            *("located_at_relations", "obs_relations", "obs_sent_relations", "region_region_relations"),
            *("study_quality", "study_img_localization_quality"),
        }
        for observation in graph["observations"].values():
            assert set(observation) == {
                *("obs_id", "name", "summary_sentence", "child_type", "child_level", "regions"),
                *("non_resolved_regions", "laterality", "default_regions", "obs_entities", "obs_entities_parents"),
                *("non_resolved_obs_entities", "obs_categories", "obs_subcategories", "probability", "certainty"),
                *("positiveness", "modifiers", "changes", "change_sentence", "from_report", "obs_quality"),
                "localization",
            }
            assert set(observation["modifiers"]) == {"temporal", "severity", "texture", "spread"}
        for question in file["questions"]:
            assert set(question) == {
                *("question_id", "question_type", "question_strategy", "variables", "obs_ids"),
                *("contains_report_answers", "contains_template_answers", "extraction_quality"),
                *("question_img_localization_quality", "question", "answers", "question_quality"),
            }
            for answer in walk(question["answers"]):
                assert set(answer) == {
                    *("answer_id", "answer_type", "answer_level", "text", "name_tag", "laterality", "regions"),
                    *("obs_entities", "obs_entities_parents", "obs_categories", "obs_subcategories", "certainty"),
                    *("positiveness", "modifiers", "localization", "sub_answers", "from_report"),
                    *("extraction_quality", "answer_quality"),
                }
                assert all(isinstance(pair, list) and len(pair) == 2 for pair in answer["modifiers"])


def test_answers_are_numbered_top_down_on_three_levels_of_kinds(many: list[Study]) -> None:
    kinds: Counter[tuple[str, int]] = Counter()
    for _, _, question in questions(many):
        assert [a["answer_id"] for a in walk(question["answers"])] == list(
            range(len(list(walk(question["answers"]))))
        )
        assert question["answers"][0]["answer_type"] == "main_answer"

        def check(answers: list[dict[str, Any]], level: int) -> None:
            for answer in answers:
                assert answer["answer_level"] == level
                kinds[answer["answer_type"], level] += 1
                check(answer["sub_answers"], level + 1)

        check(question["answers"], 0)
    assert {("main_answer", 0), ("details", 1), ("details", 2), ("related_information", 0)} <= kinds.keys()


def test_yes_and_no_agree_with_the_drawing_and_with_the_sentence(many: list[Study]) -> None:
    asked = Counter()
    for truth, _, question in questions(many):
        yes = said_yes(question)
        if yes is None:
            continue
        text = question["answers"][0]["text"]
        opening = text.split(",")[0]
        if opening in ("Yes", "No"):
            assert (opening == "Yes") == yes, (question["question_id"], text)
        else:
            assert "may be" in text, text
            assert question["answers"][0]["certainty"] == "uncertain"
        kind = question["question_id"][:3]
        asked[kind, yes] += 1
        if kind == "B03":
            assert yes == is_ill(truth)
        elif kind == "B04":
            assert yes == (not is_ill(truth))
        elif kind in ("D02", "D06"):
            entity = question["variables"]["finding" if kind == "D02" else "device"]
            assert yes == entity_is_drawn(truth, entity), (question["question"], truth["findings"])
    for kind in ("B03", "B04", "B10", "B11", "B13", "B16", "C03", "C04", "C08", "D02", "D06"):
        assert asked[kind, True], kind
        assert asked[kind, False], kind


def test_a_region_is_abnormal_where_something_is_drawn_in_it(many: list[Study]) -> None:
    """By side and zone of the drawing alone, for the regions where these decide."""
    checked = Counter()
    for truth, _, question in questions(many):
        if question["question_id"][:3] not in ("C03", "C04"):
            continue
        abnormal = said_yes(question) == question["question_id"].startswith("C03")
        region = question["variables"]["region"]
        side, _, place = region.partition(" ")
        expected = None
        zone = {"upper lung zone": "upper", "mid lung zone": "mid", "lower lung zone": "lower"}.get(place)
        within = [
            f
            for f in truth["findings"]
            if f["condition"] in {"Lung Opacity", "Lung Lesion", "Consolidation", "Pneumonia", "Atelectasis"}
        ]
        wet = any(f["condition"] == "Edema" for f in truth["findings"])
        if zone and side in ("left", "right"):
            expected = wet or any((f["side"], f["zone"]) == (side, zone) for f in within)
        elif region == "cardiac silhouette":
            expected = any(f["condition"] == "Cardiomegaly" for f in truth["findings"])
        elif region in ("left costophrenic angle", "right costophrenic angle"):
            expected = any(
                f["condition"] == "Pleural Effusion" and f["side"] in (side, "bilateral") for f in truth["findings"]
            )
        elif region == "lungs":
            expected = wet or bool(within)
        if expected is not None:
            checked[expected] += 1
            assert abnormal == expected, (region, truth["findings"])
    assert min(checked[True], checked[False]) > 20


def test_severity_and_side_are_those_drawn(many: list[Study]) -> None:
    scale = {"minimal": "mild", "tiny": "mild", "small": "mild", "large": "severe"}
    seen = Counter()
    for truth, _, question in questions(many):
        main = question["answers"][0]
        entity = next(iter(main["obs_entities"]), "")
        if question["question_id"][:3] == "D04" and main["positiveness"] == "pos":
            words = [word for kind, word in main["modifiers"] if kind == "severity"]
            assert len(words) == 1
            finding = next(f for f in truth["findings"] if f["condition"] == CONDITION[entity])
            assert scale.get(words[0], words[0]) == ("mild" if finding["subtle"] else finding["grade"])
            assert words[0] in main["text"]
            seen[words[0]] += 1
        if question["question_id"][:3] == "D03" and main["positiveness"] == "pos":
            finding = next(f for f in truth["findings"] if f["condition"] == CONDITION[entity])
            assert main["laterality"] == finding["side"] or finding["side"] in ("", "bilateral")
            if finding["side"] in ("left", "right"):
                other = {"left": "right", "right": "left"}[finding["side"]]
                assert not any(other in name for name in main["regions"])
    assert len(seen) >= 4


def test_boxes_of_a_finding_are_the_drawn_ones_and_lie_on_its_side(drawn: list[Study]) -> None:
    checked = 0
    for truth, graph, _ in drawn:
        for observation in graph["observations"].values():
            if observation["positiveness"] != "pos" or observation["child_level"]:
                continue
            entity = observation["obs_entities"][0]
            candidates = [
                f
                for f in truth["findings"]
                if f["condition"] == CONDITION.get(entity, "Support Devices")
                and (entity in CONDITION or f["kind"].startswith(entity))
            ]
            assert len(candidates) == 1, entity
            for image, place in observation["localization"].items():
                boxes = candidates[0]["boxes"][image]
                assert place["bboxes"] == boxes
                assert place["image_id"] == image
                assert not place["is_fallback"]
                assert bool(place["missing_localization"]) == (not boxes)
                film = truth["films"][image]
                for x1, y1, x2, y2 in boxes:
                    assert 0 <= x1 < x2 <= film["columns"]
                    assert 0 <= y1 < y2 <= film["rows"]
                side = candidates[0]["side"]
                if side in ("left", "right") and film["projection"] != "LATERAL" and entity in CONDITION:
                    spine = film["regions"]["spine"][0]
                    center = sum(x1 + x2 for x1, _, x2, _ in boxes) / (2 * len(boxes))
                    assert (center > (spine[0] + spine[2]) / 2) == (side == "left")
                    checked += 1
    assert checked > 20


def test_a_region_that_a_view_does_not_show_is_stood_in_for_and_marked_as_fallback(drawn: list[Study]) -> None:
    found = Counter()
    for truth, graph, _ in drawn:
        for name, region in graph["regions"].items():
            for image, place in region["localization"].items():
                known = truth["films"][image]["regions"]
                found[name in known, place["is_fallback"]] += 1
                assert place["is_fallback"] == (name not in known and bool(place["bboxes"]))
                if name in known:
                    assert place["bboxes"] == known[name]
                assert (place["localization_quality"] == 0) == (not place["bboxes"])
        assert len(graph["regions"]["lungs" if "lungs" in graph["regions"] else "left lung"]["localization"]) == len(
            truth["films"]
        )
    assert found[True, False]
    assert found[False, True]
    assert found[False, False]


def test_a_graph_refers_to_nothing_that_it_does_not_hold(drawn: list[Study]) -> None:
    for truth, graph, file in drawn:
        observations, regions = graph["observations"], graph["regions"]
        assert set(graph["top_level_obs_ids"]) == {i for i, o in observations.items() if not o["child_level"]}
        for observation in observations.values():
            assert {place["region"] for place in observation["regions"]} <= regions.keys()
            assert observation["localization"].keys() == truth["films"].keys()
        assert all(
            e["region"] in regions and e["observation_id"] in observations for e in graph["located_at_relations"]
        )
        for edge in graph["obs_relations"]:
            assert edge["child_observation_id"].startswith(f"{edge['parent_observation_id']}.")
            assert edge["child_observation_id"] in observations
        for edge in graph["region_region_relations"]:
            assert {edge["region"], edge["related_region"]} <= regions.keys()
        for edge in graph["obs_sent_relations"]:
            assert edge["observation_id"] in observations
            assert edge["sentence_id"] in graph["sentences"]
        for question in file["questions"]:
            assert set(question["obs_ids"]) <= observations.keys()
        evaluation = graph["indication"]["evaluation"]
        if evaluation:
            answer = graph["indication"]["answer_for_indication"]
            assert answer["obs_id"] == "OIND"
            assert (answer["positiveness"] == "pos") == entity_is_drawn(truth, evaluation)


def test_all_27_types_occur_in_the_proportions_of_the_data_set(many: list[Study]) -> None:
    types: Counter[str] = Counter(question["question_id"].rsplit("_", 1)[0] for _, _, question in questions(many))
    assert QUESTION_TYPES.keys() <= types.keys()
    total = sum(row.total for row in QUESTION_TYPES.values())
    for name, row in QUESTION_TYPES.items():
        share, real = types[name] / types.total(), row.total / total
        assert share == pytest.approx(real, rel=0.3, abs=0.006), name
    marked = {name for name in types if name not in QUESTION_TYPES}
    assert all(name.startswith(("relational_", "multi_hop_")) for name in marked)
    assert {name.split("_")[0] for name in marked} == {"relational", "multi"}
    for _, _, question in questions(many):
        name = question["question_id"].rsplit("_", 1)[0]
        known = QUESTION_TYPES.get(name)
        if known is not None:
            assert (question["question_type"], question["question_strategy"]) == (known.name, known.strategy)
        else:
            assert question["question_strategy"] == "relational"
            assert name.startswith(question["question_type"])


def test_most_answers_are_negative_and_most_regions_pulmonary(many: list[Study]) -> None:
    polarity: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    for _, _, question in questions(many):
        polarity[question["answers"][0]["positiveness"]] += 1
        for answer in walk(question["answers"]):
            groups.update({GROUP_OF[name] for region in answer["regions"] for name in map_region(region)})
    assert 0.75 < polarity["neg"] / polarity.total() < 0.92
    assert groups.most_common(2)[0][0] == "pulmonary"
    assert groups["pulmonary"] > 0.4 * groups.total()
    assert {"cardiac", "pulmonary", "pleural", "mediastinal", "osseous"} <= groups.keys()


def test_grades_follow_from_the_codes_and_are_distributed_as_documented(corpus: Path, many: list[Study]) -> None:
    mapping = {
        (row["level"], row["criterion"], row["code"]): (row["name"], GRADES.index(row["rating"]))
        for row in table(corpus / QBA / "quality_mappings.csv")
    }
    rated = table(corpus / QBA / "metadata/question_metadata.csv.gz")
    given = {(row["study_id"], row["question_id"]): row["question.quality.rating"] for row in rated}
    count: Counter[str] = Counter()
    for truth, _, question in questions(many):
        grade = given[f"s{truth['study_id']}", question["question_id"]]
        count[grade] += 1
        answers = list(walk(question["answers"]))
        if grade == "U":
            assert question["question_quality"] == {}
            assert all(answer["answer_quality"] == {} for answer in answers)
            continue
        levels = [mapping["extraction", name, str(code)][1] for name, code in question["extraction_quality"].items()]
        levels.append(mapping["question", "clarity", str(question["question_quality"]["clarity"])][1])
        for answer in answers:
            for name, code in answer["answer_quality"].items():
                value, rank = mapping["answer", name, str(code)]
                related = answer["answer_type"] == "related_information"
                if value == "RELEVANT_MAIN_ANSWER" and related:
                    rank = min(rank, GRADES.index("A"))
                if value == "RELATED_INFO" and not related:
                    rank = min(rank, GRADES.index("A+"))
                levels.append(rank)
        assert GRADES[min(levels)] == grade
    real = {"A++": 0.032, "A+": 0.026, "A": 0.127, "B": 0.588, "C": 0.017, "D": 0.013, "U": 0.196}
    for grade, share in real.items():
        assert count[grade] / count.total() == pytest.approx(share, rel=0.25, abs=0.015), grade


def test_relational_answers_follow_from_sides_and_boxes(many: list[Study]) -> None:
    seen: Counter[str] = Counter()
    for truth, _, question in questions(many):
        name = question["question_id"].rsplit("_", 1)[0]
        if not name.startswith(("relational", "multi_hop")):
            continue
        seen[name] += 1
        entities = list(question["variables"].values())
        sides = [next(f["side"] for f in truth["findings"] if matches(f, entity)) for entity in entities]
        answer = question["answers"][0]["text"].lower()
        assert all(entity in question["question"] or entity == answer for entity in entities[-1:])
        if name == "relational_side":
            assert answer == sides[0]
        elif name == "relational_neighbour":
            assert answer.split()[0] == sides[0]
        elif name == "multi_hop_same_side":
            assert answer == ("yes" if sides[0] == sides[1] else "no")
        elif name == "multi_hop_other_finding":
            assert answer == entities[0]
            assert sides[0] == sides[1]
        elif name == "multi_hop_region":
            assert sides[0] != sides[1]
            assert sides[0] in answer or answer == "lingula"
        elif name == "relational_above":
            film = next(iter(i for i, f in truth["films"].items() if f["projection"] != "LATERAL"))
            one, other = (
                next(f["boxes"][film] for f in truth["findings"] if matches(f, entity)) for entity in entities
            )
            upper = max(box[3] for box in one) < min(box[1] for box in other)
            assert answer == ("above" if upper else "below")
    assert {"relational_side", "multi_hop_same_side", "relational_sign"} <= seen.keys()


def matches(finding: dict[str, Any], entity: str) -> bool:
    return entity_is_drawn({"findings": [finding]}, entity)
