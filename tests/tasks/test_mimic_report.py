import gzip
import json

import pytest
from mimic_writer import dicom, film, report, write_mimic, write_reports

import cxrbench
from cxrbench.core.errors import DataError, UsageError
from cxrbench.tasks.base import TaskOptions
from cxrbench.tasks.mimic_report import MimicReport

CLEAR = "The lungs are clear. There is no effusion."
FILMS = (
    film(1, 90000001, 99000001, "PA", split="test", StudyDate=29990101),
    film(2, 90000001, 99000001, "LATERAL", split="test", StudyDate=29990101),
    film(3, 90000001, 99000002, "AP", split="test", StudyDate=29990201),
    film(4, 90000001, 99000002, "PA", split="test", StudyDate=29990201),
    film(5, 90000002, 99000003, "LATERAL", split="test"),
    film(6, 90000003, 99000004, "AP", split="test"),
    film(7, 90000004, 99000005, "AP", split="train"),
    film(8, 90000004, 99000006, "PA", split="train"),
)
REPORTS = {
    ("p90000001", "s99000001"): report(indication="Cough.", findings=CLEAR, impression="Normal."),
    ("p90000001", "s99000002"): report(
        history="Fever.",
        comparison="Yesterday.",
        findings="Large left effusion.\n Unchanged.",
        impression="Effusion.",
    ),
    ("p90000002", "s99000003"): report(findings=CLEAR, impression="Normal."),
    ("p90000003", "s99000004"): report(impression="Only an impression."),
    ("p90000004", "s99000005"): report(findings=CLEAR, impression="Normal."),
    ("p90000004", "s99000006"): report(findings="Edema.", impression="Edema."),
}


@pytest.fixture
def root(tmp_path):
    write_mimic(tmp_path / "mimic-cxr-jpg", FILMS)
    write_reports(tmp_path / "mimic-cxr", REPORTS)
    return tmp_path


def load(root, **options):
    return MimicReport().load(TaskOptions(root, **options))


def test_a_study_with_findings_and_a_frontal_film_takes_part_and_the_others_are_excluded_by_reason(root):
    data = load(root)
    assert [item.id for item in data.examples] == ["s99000001", "s99000002"]
    assert data.excluded == {"no frontal film listed": ["s99000003"], "no findings section": ["s99000004"]}
    assert {item.group for item in data.examples} == {"p90000001"}
    assert data.split == "official:test"


def test_findings_and_impression_are_the_sections_as_they_stand(root):
    reference = load(root).examples[1].reference
    assert reference.findings == "Large left effusion.\n Unchanged."
    assert reference.impression == "Effusion."


def test_the_film_is_the_primary_frontal_one_and_inputs_add_what_they_name(root):
    plain = load(root).examples[1].request
    assert [(image.view, image.path.stem) for image in plain.images] == [("PA", dicom(4))]
    assert plain.context == {}
    wanted = ("frontal", "lateral", "prior", "indication", "comparison", "prior_report")
    asked = load(root, inputs=wanted).examples
    assert [image.view for image in asked[0].request.images] == ["PA", "lateral"]
    assert [(image.when, image.path.stem) for image in asked[1].request.images] == [
        ("current", dicom(4)),
        ("prior", dicom(1)),
    ]
    assert asked[1].request.context == {
        "indication": "Fever.",
        "comparison": "Yesterday.",
        "prior_report": f"Findings: {CLEAR}\nImpression: Normal.",
    }
    assert asked[0].request.context == {"indication": "Cough."}


@pytest.mark.parametrize("inputs", [("lateral",), ("frontal", "labels"), (), ("frontal", "oracle_graph")])
def test_impossible_inputs_are_refused(root, inputs):
    with pytest.raises(UsageError, match="inputs"):
        load(root, inputs=inputs)


def test_strata_come_from_the_reference_the_film_and_the_table_of_patients(root):
    (root / "mimic-cxr-jpg" / "patients.csv.gz").write_bytes(
        gzip.compress(b"subject_id,gender,anchor_age,anchor_year\n90000001,F,70,2990\n")
    )
    strata = load(root).examples[1].strata
    assert strata["finding"] == ("abnormal",)
    assert strata["condition"] == ("Pleural Effusion",)
    assert (strata["view"], strata["sex"], strata["age"]) == (("PA",), ("female",), ("60-79",))
    assert "seen_in_training" not in strata


def test_without_the_table_of_patients_a_note_says_how_to_have_sex_and_age(root):
    data = load(root)
    assert "sex" not in data.examples[0].strata
    assert any("patients.csv.gz" in note for note in data.notes)


def test_a_missing_film_is_noted_and_keeps_its_place(root):
    for path in root.rglob(f"{dicom(4)}.jpg"):
        path.unlink()
    data = load(root)
    assert len(data.examples) == 2
    assert any("1 of 2 films are missing" in note and dicom(4) in note for note in data.notes)


def test_the_counts_of_another_copy_are_told_beside_the_documented_ones(root):
    assert any("DOCUMENTED ARE 5,159 images" in note for note in load(root).notes)


def test_training_texts_are_read_only_when_wanted_and_are_those_of_the_training_split(root):
    data = load(root)
    assert sorted(item.id for item in data.training()) == ["s99000005", "s99000006"]
    assert [item.reference.findings for item in data.vocabulary()] == [CLEAR, "Edema."]


def test_the_vocabulary_of_r2gen_comes_from_the_training_split_alone(root):
    task = MimicReport()
    data = load(root)
    [metric] = task.build_metrics("r2gen-mimic", data, ("rouge",))
    assert "vocabulary:train10-" in metric.signature()


def test_a_damaged_report_is_excluded_by_reason(root):
    archive = root / "mimic-cxr" / "mimic-cxr-reports.zip"
    content = archive.read_bytes()
    at = content.index(b"s99000002.txt") + len(b"s99000002.txt") + 6
    archive.write_bytes(content[:at] + bytes(20) + content[at + 20 :])
    data = load(root)
    assert data.excluded["report cannot be read"] == ["s99000002"]


def test_a_missing_report_is_excluded_by_reason(root):
    (root / "mimic-cxr" / "mimic-cxr-reports.zip").unlink()
    write_reports(root / "mimic-cxr", dict(list(REPORTS.items())[:1]), zipped=False)
    data = load(root)
    assert [item.id for item in data.examples] == ["s99000001"]
    assert data.excluded["no report"] == ["s99000002", "s99000004"]


def test_without_reports_or_without_a_usable_one_the_error_says_so(tmp_path):
    write_mimic(tmp_path / "mimic-cxr-jpg", FILMS)
    with pytest.raises(DataError, match="reports of MIMIC-CXR are not here"):
        load(tmp_path)
    write_reports(tmp_path / "mimic-cxr", {("p90000003", "s99000004"): report(impression="Alone.")})
    with pytest.raises(DataError, match="no usable report") as caught:
        load(tmp_path)
    assert "no findings section: 1" in str(caught.value)


def test_a_patient_in_two_splits_is_refused_by_name(tmp_path):
    films = (*FILMS, film(9, 90000001, 99000009, "PA", split="train"))
    write_mimic(tmp_path / "mimic-cxr-jpg", films)
    write_reports(tmp_path / "mimic-cxr", REPORTS)
    with pytest.raises(DataError, match="p90000001"):
        load(tmp_path)


ONE = (1, 90000001, 99000001, "A", "test")


def annotation(*rows):
    lists = {"train": [], "val": [], "test": []}
    for number, patient, study, text, split in rows:
        lists[split].append(
            {
                "id": dicom(number),
                "subject_id": patient,
                "study_id": study,
                "report": text,
                "image_path": [f"p90/p{patient}/s{study}/{dicom(number)}.jpg"],
                "split": split,
            }
        )
    return lists


def test_the_annotation_of_r2gen_gives_one_example_per_film(root):
    rows = [
        (1, 90000001, 99000001, CLEAR, "test"),
        (2, 90000001, 99000001, CLEAR, "test"),
        (6, 90000003, 99000004, "", "test"),
        (7, 90000004, 99000005, "Edema.", "train"),
    ]
    (root / "annotation.json").write_text(json.dumps(annotation(*rows)))
    data = load(root, split="r2gen:test")
    assert [item.id for item in data.examples] == [dicom(1), dicom(2)]
    assert [item.request.images[0].view for item in data.examples] == ["PA", "lateral"]
    assert [item.request.images[0].path.stem for item in data.examples] == [dicom(1), dicom(2)]
    assert all(item.request.images[0].path.is_file() for item in data.examples)
    assert data.excluded == {"no findings section": [dicom(6)]}
    assert data.split == "r2gen:test"
    assert [item.reference.findings for item in data.training()] == ["Edema."]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "needs annotation.json"),
        ("[]", "not R2Gen's"),
        ('{"train": []}', "not R2Gen's"),
        ('{"test": [{"id": "x"}]}', "record 1"),
        (json.dumps(annotation((1, 90000001, 99000001, "A", "test"), (1, 90000001, 99000001, "A", "test"))), "twice"),
        (
            json.dumps(annotation((1, 90000001, 99000001, "A", "test"), (2, 90000001, 99000001, "A", "train"))),
            "p9000",
        ),
    ],
)
def test_a_missing_or_malformed_annotation_is_an_error_that_shows_the_record(root, content, error):
    if content is not None:
        (root / "annotation.json").write_text(content)
    with pytest.raises(DataError, match=error):
        load(root, split="r2gen:test")


def test_the_baselines_run_on_it_and_the_run_is_restricted(root, tmp_path):
    config = cxrbench.RunConfig(
        "baseline:majority", "mimic-report", root, metrics=("bleu", "rules"), resamples=100, out=tmp_path / "runs"
    )
    outcome = cxrbench.run(config)
    assert outcome.complete
    assert outcome.folder.read_run()["data"]["restricted"] is True
    assert cxrbench.verify(outcome.folder.path).identical
