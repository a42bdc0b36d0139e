import gzip
import json
from dataclasses import asdict, replace

import pytest
import qba_writer as qba
from mimic_writer import dicom
from qba_collection import asked, studies, write_collection

import cxrbench
from cxrbench.core.errors import DataError, UsageError
from cxrbench.core.inputs import is_oracle
from cxrbench.datasets.mimic_cxr.collection import read_mimic_cxr
from cxrbench.datasets.qba.index.build import build_index
from cxrbench.metrics.relational import GraphEntityRecall
from cxrbench.tasks.base import TaskOptions
from cxrbench.tasks.mimic_qba import MimicQba

TEST = [f"{study}/{row['question_id']}" for study in ("s99000001", "s99000002") for row in asked("")]


@pytest.fixture
def root(tmp_path):
    return write_collection(tmp_path)


def load(root, **options):
    return MimicQba().load(TaskOptions(root, **options))


def by_id(data):
    return {item.id: item for item in data.examples}


def test_every_question_of_the_split_whose_study_has_a_frontal_film_takes_part(root):
    data = load(root)
    assert [item.id for item in data.examples] == TEST
    assert {item.group for item in data.examples} == {"p90000001"}
    assert data.split == "official:test"
    assert list(data.excluded) == ["no frontal film listed"]
    assert len(data.excluded["no frontal film listed"]) == 6
    assert all(name.startswith("s99000003/") for name in data.excluded["no frontal film listed"])


def test_the_film_is_the_primary_frontal_one_pa_before_ap(root):
    examples = by_id(load(root))
    first, second = (examples[f"{study}/D02_has_finding_001"].request for study in ("s99000001", "s99000002"))
    assert [(image.view, image.path.stem) for image in first.images] == [("PA", dicom(2))]
    assert [(image.view, image.path.stem) for image in second.images] == [("AP", dicom(4))]
    assert first.images[0].path.is_file()
    assert first.question_type == "D02_has_finding"
    assert first.context == {}
    assert first.scene_graph is None


def test_inputs_add_lateral_and_earlier_films_and_the_indication(root):
    examples = by_id(load(root, inputs=("frontal", "lateral", "prior", "indication", "prior_report")))
    first = examples["s99000001/D02_has_finding_001"].request
    second = examples["s99000002/D02_has_finding_001"].request
    assert [(image.view, image.when) for image in first.images] == [("PA", "current"), ("lateral", "current")]
    assert [(image.path.stem, image.when) for image in second.images] == [(dicom(4), "current"), (dicom(2), "prior")]
    assert first.context == {"indication": "Cough."}
    assert second.context["prior_report"] == "Findings: Effusion.\nImpression: Effusion."


@pytest.mark.parametrize(
    "inputs", [("lateral",), ("frontal", "gold"), (), ("frontal", "scene_graph", "oracle_graph")]
)
def test_impossible_inputs_are_refused(root, inputs):
    with pytest.raises(UsageError):
        load(root, inputs=inputs)


def test_the_gold_of_each_family(root):
    found = {name.split("/")[1]: item.reference for name, item in by_id(load(root)).items() if "s99000001" in name}
    assert found["B04_is_normal_001"].answer == "no"
    assert found["D02_has_finding_001"].answer == "yes"
    assert found["D02_has_finding_002"].answer == "no"
    assert found["D03_where_is_finding_001"].answer == "pleura"
    assert found["D04_how_severe_is_finding_001"].severity == "mild"
    assert found["B01_describe_all_001"].answer is None
    assert found["B01_describe_all_001"].text == "Abnormal."
    [box] = found["D02_has_finding_001"].boxes
    assert (box.x1, box.y1, box.x2, box.y2, box.label) == (1610.0, 1240.0, 2210.0, 1790.0, "pleural effusion")
    assert found["D02_has_finding_002"].boxes == ()


def test_descriptions_are_held_against_the_scene_graph(root):
    reference = by_id(load(root))["s99000001/B01_describe_all_001"].reference
    assert len(GraphEntityRecall().entities(reference)) == 2


def test_labels_are_the_radiologists_where_there_are_any(root):
    examples = by_id(load(root))
    first = examples["s99000001/B01_describe_all_001"]
    assert (first.reference.labels["Pleural Effusion"], first.reference.labels["Edema"]) == (1, 0)
    assert first.strata["labels"] == ("radiologist",)
    second = examples["s99000002/B01_describe_all_001"]
    assert second.reference.labels["Pleural Effusion"] == -1
    assert second.strata["labels"] == ("chexpert",)
    assert examples["s99000001/B04_is_normal_001"].reference.labels is None


def test_strata_by_type_family_condition_region_view_grade_and_boxes(root):
    strata = {
        name.split("/")[1]: dict(item.strata) for name, item in by_id(load(root)).items() if "s99000001" in name
    }
    assert strata["D03_where_is_finding_001"] == {
        "question_type": ("D03_where_is_finding",),
        "question_family": ("where",),
        "answer_type": ("closed",),
        "region": ("pleura",),
        "region_group": ("pleural",),
        "condition": ("Pleural Effusion",),
        "polarity": ("positive",),
        "grade": ("C",),
        "view": ("PA",),
        "boxes": ("1",),
        "box_size": ("small",),
        "severity": ("mild",),
    }
    assert strata["D02_has_finding_002"]["condition"] == ("Consolidation",)
    assert strata["D02_has_finding_002"]["polarity"] == ("negative",)
    assert strata["D02_has_finding_002"]["region"] == ("left lung", "right lung")
    assert strata["D04_how_severe_is_finding_001"]["grade"] == ("unrated",)


def test_sex_and_age_come_from_the_table_of_patients(root):
    table = b"subject_id,gender,anchor_age,anchor_year\n90000001,M,30,2999\n"
    (root / "patients.csv.gz").write_bytes(gzip.compress(table))
    strata = by_id(load(root))["s99000001/B04_is_normal_001"].strata
    assert (strata["sex"], strata["age"]) == (("male",), ("under 40",))


@pytest.mark.parametrize(
    ("split", "kept"), [("test:A++", 1), ("test:A+", 2), ("test:A", 3), ("test:B", 4), ("test", 6)]
)
def test_a_split_by_grade_keeps_that_grade_and_better(root, split, kept):
    data = load(root, split=split)
    assert len(data.examples) == 2 * kept
    assert data.split == f"official:{split}"


def test_training_examples_are_questions_of_the_training_split(root):
    training = load(root).training()
    assert {item.id.split("/")[0] for item in training} == {"s99000004"}
    assert len(training) == 6


def test_the_oracle_shows_the_graph_says_so_and_is_recognisable(root):
    data = load(root, inputs=("frontal", "oracle_graph"))
    graph = data.examples[0].request.scene_graph
    assert graph["source"] == "oracle_graph"
    assert set(graph["observations"]) == {"O01", "O01.01", "O02"}
    assert "sentences" not in graph
    assert any("oracle" in note for note in data.notes)
    assert is_oracle(("frontal", "oracle_graph"))
    assert not is_oracle(("frontal", "scene_graph"))


def test_detected_graphs_are_shown_where_asked_for(root):
    box = {"class": "heart", "xyxy_norm": [0.1, 0.1, 0.5, 0.5], "score": 0.9}
    record = {"image_id": dicom(2), "width": 48, "height": 40, "boxes": [box], "detector": {"name": "fixed"}}
    (root / "detections.json").write_text(json.dumps([record]))
    examples = by_id(load(root, inputs=("frontal", "scene_graph")))
    assert examples["s99000001/B04_is_normal_001"].request.scene_graph["boxes"][0]["class"] == "heart"
    assert examples["s99000002/B04_is_normal_001"].request.scene_graph is None


def as_text(example):
    return json.dumps([asdict(example.request), repr(example.reference.boxes), repr(example.strata)], default=str)


def test_an_index_gives_the_same_examples_exclusions_and_fingerprint_as_the_files(root):
    plain = load(root)
    build_index(root, root / "index", jpg=read_mimic_cxr(root), workers=1)
    indexed = load(root)
    assert [as_text(item) for item in indexed.examples] == [as_text(item) for item in plain.examples]
    for one, two in zip(indexed.examples, plain.examples):
        assert replace(one.reference, scene_graph=None) == replace(two.reference, scene_graph=None)
        assert dict(one.reference.scene_graph) == dict(two.reference.scene_graph)
    assert indexed.excluded == plain.excluded
    assert indexed.fingerprint == plain.fingerprint
    assert [item.id for item in indexed.training()] == [item.id for item in plain.training()]


def test_a_limited_sample_from_the_index_reads_the_texts_of_its_questions_alone(root, monkeypatch):
    build_index(root, root / "index", jpg=read_mimic_cxr(root), workers=1)
    import cxrbench.tasks.qba_index as module

    taken = []
    rows = module.IndexSource.rows
    monkeypatch.setattr(module.IndexSource, "rows", lambda self, pairs: taken.extend(pairs) or rows(self, pairs))
    config = cxrbench.RunConfig("baseline:constant", "mimic-qba", root, limit=3, resamples=100, out=root / "runs")
    outcome = cxrbench.run(replace(config, metrics=("exact_match", "status")))
    assert len(outcome.predictions) == 3
    assert len({int(pair) for pair in taken}) == 3


def test_an_index_of_other_data_beside_the_files_is_told(root):
    build_index(root, root / "index", jpg=read_mimic_cxr(root), workers=1)
    folder = root / "mimic-ext-cxr-qba"
    qba.write_zip(folder / "qa.zip", qba.study_files("qa", ("p90000001", "s99000001")))
    assert any("the index has 5 studies, the folder 1" in note for note in load(root).notes)


def test_an_index_named_by_the_variable_must_be_one(root, monkeypatch):
    monkeypatch.setenv("CXRBENCH_QBA_INDEX", str(root))
    with pytest.raises(DataError, match="no index of questions here"):
        load(root)


def test_without_films_only_the_frontal_request_is_possible_and_a_note_says_so(tmp_path):
    root = write_collection(tmp_path, jpg=False)
    data = load(root)
    assert [item.id for item in data.examples] == TEST
    assert data.examples[0].request.images[0].path.name == f"{dicom(2)}.jpg"
    assert any("films cannot be read" in note for note in data.notes)
    with pytest.raises(DataError, match="MIMIC-CXR-JPG"):
        load(root, inputs=("frontal", "prior"))


def test_missing_films_are_noted_and_keep_their_questions(root):
    for path in root.rglob(f"{dicom(2)}.jpg"):
        path.unlink()
    data = load(root)
    assert len(data.examples) == len(TEST)
    assert any("1 of 2 films are missing" in note and dicom(2) in note for note in data.notes)


def one(*rows):
    return lambda image: list(rows)


def test_unknown_types_and_questions_without_usable_gold_are_excluded_by_reason(tmp_path):
    rows = (
        qba.question("Z99_guess_001", "guess", "What?", qba.answer(0, "Yes.")),
        qba.question("D02_has_finding_001", "has_finding", "Is there?", qba.answer(0, "Yes.")),
        qba.question("D02_has_finding_002", "has_finding", "Is there?"),
        qba.question("D02_has_finding_003", "has_finding", "  ", qba.answer(0, "Yes.")),
        qba.question("D02_has_finding_004", "has_finding", "Is there?", qba.answer(0, "Unclear.", positiveness=None)),
    )
    data = load(write_collection(tmp_path, questions=one(*rows)))
    assert [item.id for item in data.examples] == [f"{s}/D02_has_finding_001" for s in ("s99000001", "s99000002")]
    reasons = {reason: len(ids) for reason, ids in data.excluded.items()}
    assert reasons == {
        "unknown question type": 2,
        "no answer": 2,
        "no question text": 2,
        "yes/no question whose main answer says neither": 2,
        "no frontal film listed": 5,
    }


@pytest.mark.parametrize("content", [b"", b'{"questions": [', b"[]", b"\xff\xfe\x00"])
def test_a_broken_question_file_is_excluded_and_told_and_stops_nothing(tmp_path, content):
    member = qba.member("p90000001", "s99000002", "qa")
    data = load(write_collection(tmp_path, files={member: content}))
    assert [item.id for item in data.examples] == TEST[:6]
    assert data.excluded["question file cannot be read (studies)"] == ["s99000002"]
    assert any("cannot be read" in note for note in data.notes)


def test_a_damaged_member_of_the_archive_is_excluded_and_told(tmp_path):
    root = write_collection(tmp_path)
    archive = root / "mimic-ext-cxr-qba" / "qa.zip"
    name = qba.member("p90000001", "s99000002", "qa").encode()
    content = archive.read_bytes()
    at = content.index(name) + len(name) + 30
    archive.write_bytes(content[:at] + bytes(40) + content[at + 40 :])
    data = load(root)
    assert [item.id for item in data.examples] == TEST[:6]
    assert data.excluded["question file cannot be read (studies)"] == ["s99000002"]


def test_numbers_where_text_is_expected_and_blanks_around_it_are_understood(tmp_path):
    rows = (
        qba.question("D01_describe_finding_001", "describe_finding ", 5, qba.answer(0, 2)),
        qba.question(" D02_has_finding_001", " has_finding", " Is there? ", qba.answer("0", " Yes, there is. ")),
    )
    examples = by_id(load(write_collection(tmp_path, questions=one(*rows))))
    described = examples["s99000001/D01_describe_finding_001"]
    assert (described.request.question, described.reference.text) == ("5", "2")
    answered = examples["s99000001/D02_has_finding_001"]
    assert (answered.request.question, answered.reference.answer) == ("Is there?", "yes")
    assert answered.reference.text == "Yes, there is."


def test_a_study_without_images_is_excluded_and_images_without_a_study_harm_nothing(tmp_path):
    root = write_collection(tmp_path, jpg=False)
    rows = [
        {"patient_id": "p90000001", "study_id": "s99000001", "image_id": dicom(2), "img.view_position": "PA"},
        {"patient_id": "p90000009", "study_id": "s99000099", "image_id": dicom(99), "img.view_position": "PA"},
    ]
    qba.write_table(root / "mimic-ext-cxr-qba" / "metadata", "image_metadata", rows)
    data = load(root)
    assert [item.id for item in data.examples] == TEST[:6]
    assert {name.split("/")[0] for name in data.excluded["no frontal film listed"]} == {"s99000002", "s99000003"}
    assert any("image" in note and "1 times" in note for note in data.notes)


def test_a_box_outside_the_film_is_cut_at_its_border_and_one_beyond_it_is_none(tmp_path):
    def rows(image):
        outside = qba.place("lungs", (3000.0, 2500.0, 9000.0, 9000.0), (7000.0, 7000.0, 8000.0, 8000.0), image=image)
        found = qba.answer(0, "Yes, there is.", localization=outside)
        return [qba.question("D02_has_finding_001", "has_finding", "Is there?", found)]

    examples = by_id(load(write_collection(tmp_path, questions=rows)))
    [box] = examples["s99000001/D02_has_finding_001"].reference.boxes
    assert (box.x1, box.y1, box.x2, box.y2) == (3000.0, 2500.0, 3056.0, 2544.0)


def test_an_unknown_grade_leaves_the_question_without_one(tmp_path):
    data = load(write_collection(tmp_path, grade=lambda: "E+"))
    assert {item.strata["grade"] for item in data.examples} == {("unknown",)}
    assert any("grade that is not known" in note for note in data.notes)


def test_a_patient_in_two_splits_is_refused_by_name(tmp_path):
    root = write_collection(tmp_path)
    rows = [{"patient_id": "p90000001", "patient.split": split} for split in ("test", "train")]
    qba.write_table(root / "mimic-ext-cxr-qba" / "metadata", "patient_metadata", rows)
    with pytest.raises(DataError, match="p90000001"):
        load(root)


def test_a_sentence_that_contradicts_its_positiveness_counts_and_is_told(tmp_path):
    rows = (qba.question("D02_has_finding_001", "has_finding", "Is there?", qba.answer(0, "No, none.")),)
    data = load(write_collection(tmp_path, questions=one(*rows)))
    assert data.examples[0].reference.answer == "no"
    assert any("where positiveness says no" in note for note in data.notes)


def test_a_split_without_a_usable_question_says_why(tmp_path):
    root = write_collection(tmp_path, questions=one(qba.question("Z_1", "guess", "What?", qba.answer(0, "Yes."))))
    with pytest.raises(DataError, match="no usable question") as caught:
        load(root)
    assert "unknown question type: 2" in str(caught.value)


def test_an_unknown_split_is_refused(root):
    with pytest.raises(UsageError, match="test:C"):
        load(root, split="test:C")


def test_the_counts_of_another_copy_are_told_beside_the_documented_ones(root):
    assert any("DOCUMENTED ARE 3,254" in note for note in load(root).notes)


@pytest.mark.parametrize("model", ["constant", "majority", "random", "blind", "retrieval"])
def test_the_baselines_run_on_it_and_the_run_is_restricted(root, tmp_path, model):
    config = cxrbench.RunConfig(
        f"baseline:{model}", "mimic-qba", root, resamples=100, out=tmp_path / "runs", metric_options={}
    )
    outcome = cxrbench.run(config)
    assert outcome.complete, [item.error for item in outcome.predictions.values() if item.error]
    assert outcome.folder.read_run()["data"]["restricted"] is True
    assert cxrbench.verify(outcome.folder.path).identical


def test_the_collection_of_this_test_is_what_it_should_be():
    assert len(studies()) == 5
