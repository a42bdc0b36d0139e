from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mimic_writer import LABELS, METADATA, dicom, film, write_csv, write_mimic

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import DataError
from cxrbench.datasets.mimic_cxr.collection import MimicCxr, read_mimic_cxr
from cxrbench.datasets.mimic_cxr.labels import BLANK

FILMS = [
    film(11, 90000001, 99000001, "PA"),
    film(12, 90000001, 99000001, "LATERAL"),
    film(13, 90000001, 99000005, "AP", StudyDate=29990302, StudyTime="91011.5"),
    film(14, 90000001, 99000003, "AP", StudyDate=29990302, StudyTime=101112),
    film(15, 90000001, 99000003, "PA", StudyDate=29990302, StudyTime=101112),
    film(21, 10000002, 50000002, "", ViewCodeSequence_CodeMeaning="antero-posterior", split="validate"),
    film(31, 90000003, 99000007, "LATERAL", split="test"),
    film(32, 90000003, 99000007, "AP AXIAL", split="test"),
]


@pytest.fixture
def data(tmp_path: Path) -> MimicCxr:
    return read_mimic_cxr(write_mimic(tmp_path, FILMS))


def test_studies_come_by_patient_and_number_with_their_films(data: MimicCxr) -> None:
    studies = list(data.studies())
    assert [study.study_id for study in studies] == ["s50000002", "s99000001", "s99000003", "s99000005", "s99000007"]
    first = data.study("99000001")
    assert (first.patient_id, first.study_id, first.split) == ("p90000001", "s99000001", "train")
    assert [item.image_id for item in first.films] == [dicom(11), dicom(12)]
    assert [item.name for item in first.films] == ["PA", "lateral"]
    assert (first.films[0].size, first.films[0].orientation) == ((3056, 2544), "Erect")
    assert first.when == (29990102, 101112.131)
    assert len(data) == 5
    assert data.problems == ()
    assert "s99000001" in data
    assert "s1" not in data


def test_pa_comes_before_ap_and_a_lateral_film_is_never_primary(data: MimicCxr) -> None:
    primary = {study.study_id: study.primary and study.primary.image_id for study in data.studies()}
    assert primary == {
        "s50000002": dicom(21),
        "s99000001": dicom(11),
        "s99000003": dicom(15),
        "s99000005": dicom(13),
        "s99000007": None,
    }
    assert data.primary_frontals() == {study: image for study, image in primary.items() if image is not None}


def test_of_equal_films_the_smallest_id_is_primary_whatever_the_order_of_rows(tmp_path: Path) -> None:
    rows = [film(number, 90000001, 99000001, "PA") for number in (5, 3, 4)]
    data = read_mimic_cxr(write_mimic(tmp_path, rows))
    assert data.study("s99000001").primary == data.study("s99000001").films[0]
    assert data.primary_frontals() == {"s99000001": dicom(3)}


def test_the_primary_film_does_not_depend_on_the_files_of_a_copy(tmp_path: Path) -> None:
    rows = [film(1, 90000001, 99000001, "PA"), film(2, 90000001, 99000001, "AP")]
    data = read_mimic_cxr(write_mimic(tmp_path, rows))
    study = data.study("s99000001")
    (tmp_path / f"files/p90/p90000001/s99000001/{dicom(1)}.jpg").unlink()
    assert data.study("s99000001") == study
    assert study.primary is not None
    assert data.film_path(study, study.primary) is None


def test_prior_studies_are_strictly_earlier_and_the_latest_comes_first(data: MimicCxr) -> None:
    assert [study.study_id for study in data.prior_studies("s99000003")] == ["s99000005", "s99000001"]
    assert [study.study_id for study in data.prior_studies("s99000005")] == ["s99000001"]
    assert data.prior_studies("s99000001") == ()
    assert [study.study_id for study in data.patient("p90000001")] == ["s99000001", "s99000005", "s99000003"]
    assert data.patient("p5") == ()


def test_studies_of_the_same_moment_or_of_none_are_no_priors(tmp_path: Path) -> None:
    rows = [
        film(1, 90000001, 99000001),
        film(2, 90000001, 99000002),
        film(3, 90000001, 99000003, StudyDate="", StudyTime=""),
        film(4, 90000001, 99000004, StudyDate=29990103, StudyTime="soon"),
    ]
    data = read_mimic_cxr(write_mimic(tmp_path, rows))
    assert data.prior_studies("s99000002") == ()
    assert data.prior_studies("s99000003") == ()
    assert [study.study_id for study in data.prior_studies("s99000004")] == ["s99000002", "s99000001"]
    assert data.study("s99000003").when is None


def test_studies_are_selected_by_split_and_counted(data: MimicCxr) -> None:
    assert [study.study_id for study in data.studies("test")] == ["s99000007"]
    assert list(data.studies("holdout")) == []
    assert data.counts() == {
        "images": {"train": 5, "validate": 1, "test": 2},
        "studies": {"train": 3, "validate": 1, "test": 1},
        "patients": {"train": 1, "validate": 1, "test": 1},
    }


def test_a_patient_in_two_splits_is_refused_by_name(tmp_path: Path) -> None:
    rows = [film(1, 90000001, 99000001), film(2, 90000001, 99000002, split="test"), film(3, 90000002, 99000003)]
    with pytest.raises(DataError, match="1 patient in two splits: p90000001"):
        read_mimic_cxr(write_mimic(tmp_path, rows))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([film(1, 90000001, 99000001), film(1, 90000001, 99000002)], "films that belong to two studies: 0"),
        (
            [film(1, 90000001, 99000001), film(2, 90000002, 99000001)],
            "studies that belong to two patients: s99000001",
        ),
        ([film(1, "phantom", 99000001)], "'phantom' in column 'subject_id', row 1, is no id"),
        ([film(1, 90000001, "s99.5")], "'s99.5' in column 'study_id', row 1, is no id"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(tmp_path: Path, rows: list[Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_mimic_cxr(write_mimic(tmp_path, rows))


@pytest.mark.parametrize("form", ["p{}", "{}.0", " {} ", "{}"])
def test_ids_are_understood_in_every_form(tmp_path: Path, form: str) -> None:
    rows = [film(1, 90000001, 99000001)]
    root = write_mimic(tmp_path, rows)
    rows[0] |= {
        "subject_id": form.format(90000001),
        "study_id": form.replace("p", "s").format(99000001),
        "dicom_id": dicom(1) + " ",
        "split": "Train ",
    }
    write_csv(root / "mimic-cxr-2.0.0-metadata.csv.gz", METADATA, rows)
    write_csv(root / "mimic-cxr-2.0.0-split.csv.gz", ["dicom_id", "study_id", "subject_id", "split"], rows)
    study = read_mimic_cxr(root).study("s99000001")
    assert (study.patient_id, study.split, study.films[0].image_id) == ("p90000001", "train", dicom(1))


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize("place", [".", "mimic-cxr-jpg/2.1.0", "physionet.org/files/mimic-cxr-jpg/2.1.0"])
def test_tables_are_found_gzipped_or_not_and_below_the_folder_that_is_named(
    tmp_path: Path, suffix: str, place: str
) -> None:
    write_mimic(tmp_path / place, FILMS, suffix=suffix)
    data = read_mimic_cxr(tmp_path)
    assert data.root == (tmp_path / place).absolute()
    assert len(data) == 5
    assert list(data.missing_images()) == []


def test_columns_are_read_by_name_in_any_order_and_others_are_ignored(tmp_path: Path) -> None:
    root = write_mimic(tmp_path, FILMS)
    columns = ["Later", *reversed(METADATA)]
    write_csv(root / "mimic-cxr-2.0.0-metadata.csv.gz", columns, [row | {"Later": "x"} for row in FILMS])
    assert read_mimic_cxr(root).study("s99000001").films[1].view == "LATERAL"
    few = ["study_id", "subject_id", "dicom_id", "ViewPosition"]
    write_csv(root / "mimic-cxr-2.0.0-metadata.csv.gz", few, FILMS)
    study = read_mimic_cxr(root).study("s99000001")
    assert (study.when, study.films[0].size, study.films[0].view) == (None, None, "PA")


def test_a_missing_column_and_a_damaged_table_are_errors_that_name_the_file(tmp_path: Path) -> None:
    root = write_mimic(tmp_path, FILMS)
    path = root / "mimic-cxr-2.0.0-metadata.csv.gz"
    whole = path.read_bytes()
    write_csv(path, ["dicom_id", "subject_id"], FILMS)
    with pytest.raises(DataError, match="column 'study_id' missing; the table has dicom_id, subject_id"):
        read_mimic_cxr(root)
    path.write_bytes(whole[:60])
    with pytest.raises(DataError, match="cannot read table") as caught:
        read_mimic_cxr(root)
    assert caught.value.where == str(path)


def test_films_without_study_and_studies_without_films_are_listed(tmp_path: Path) -> None:
    rows = [
        *FILMS,
        film(91, 90000001, "", StudyDate=29990102),
        film(92, "", 99000001),
        film(11, 90000001, 99000001, "PA"),
    ]
    labels = {
        "chexpert": [{"study_id": study} for study in (99000001, 99000003, 99000005, 99000099)],
        "radiologist": [{"study_id": 99000098}],
    }
    root = write_mimic(tmp_path, rows, labels=labels, image=None)
    write_csv(root / "cxr-study-list.csv.gz", ["subject_id", "study_id"], [{"study_id": 99000097}])
    extra = [*rows, film(93, 90000001, 99000001)]
    write_csv(root / "mimic-cxr-2.0.0-split.csv.gz", ["dicom_id", "study_id", "subject_id", "split"], extra)
    data = read_mimic_cxr(root)
    assert data.images_without_studies == (dicom(91), dicom(92), dicom(93))
    assert data.studies_without_images == ("s99000097", "s99000098", "s99000099")
    assert data.unlabelled_studies == ("s50000002", "s99000007")
    assert data.problems == ("mimic-cxr-2.0.0-metadata.csv.gz: rows that repeat a film are left out: 1",)


def test_films_that_the_split_table_lacks_are_in_no_split_and_counted(tmp_path: Path) -> None:
    root = write_mimic(tmp_path, FILMS)
    path = root / "mimic-cxr-2.0.0-split.csv.gz"
    rows = [
        row | {"split": {"test": "val", "validate": "holdout"}.get(row["split"], row["split"])} for row in FILMS[3:]
    ]
    write_csv(path, ["dicom_id", "split"], rows)
    data = read_mimic_cxr(root)
    assert data.study("s99000001").split is None
    assert data.study("s99000007").split == "validate"
    assert [study.study_id for study in data.studies("holdout")] == ["s50000002"]
    assert data.problems == (
        "mimic-cxr-2.0.0-split.csv.gz: unknown splits holdout",
        "mimic-cxr-2.0.0-split.csv.gz: films of the metadata that it lacks or gives no split: 3",
    )
    path.unlink()
    assert read_mimic_cxr(root).study("s99000001").split is None


LABEL_ROWS = [
    {"subject_id": 90000001, "study_id": 99000001, "No Finding": "1.0"},
    {"subject_id": 90000003, "study_id": 99000007, "Edema": "0.0", "Lung Opacity": "-1.0", "Pneumonia": 1},
]


@pytest.mark.parametrize("table", ["chexpert", "negbio"])
def test_labels_are_read_by_name_and_coded(tmp_path: Path, table: str) -> None:
    labels = read_mimic_cxr(write_mimic(tmp_path, FILMS, labels={table: LABEL_ROWS})).labels[table]
    assert list(labels) == ["s99000001", "s99000007"]
    assert labels["99000001"] == dict.fromkeys(CONDITIONS) | {"No Finding": 1}
    assert labels["s99000007"] == dict.fromkeys(CONDITIONS) | {"Edema": 0, "Lung Opacity": -1, "Pneumonia": 1}
    assert "s5" not in labels
    assert labels.matrix.shape == (2, 14)
    assert set(labels.matrix.ravel().tolist()) == {BLANK, -1, 0, 1}


def test_the_radiologists_table_has_another_name_for_lung_opacity_and_no_patient(tmp_path: Path) -> None:
    rows = [{"study_id": 99000007, "Airspace Opacity": "1.0", "Edema": "0.0"}]
    data = read_mimic_cxr(write_mimic(tmp_path, FILMS, labels={"radiologist": rows}))
    assert data.labels["radiologist"]["s99000007"] == dict.fromkeys(CONDITIONS) | {"Lung Opacity": 1, "Edema": 0}
    assert list(data.labels) == ["radiologist"]


def test_odd_labels_and_repeated_studies_are_noted(tmp_path: Path) -> None:
    rows = [*LABEL_ROWS, {"study_id": 99000001, "Edema": "1.0"}, {"study_id": "", "Edema": "0.5"}]
    rows[1] |= {"Fracture": "maybe"}
    data = read_mimic_cxr(write_mimic(tmp_path, FILMS, labels={"chexpert": rows}))
    assert data.labels["chexpert"]["s99000001"]["Edema"] is None
    assert data.labels["chexpert"]["s99000007"]["Fracture"] is None
    assert data.problems == (
        "mimic-cxr-2.0.0-chexpert.csv.gz: labels other than 1, 0 and -1 are read as not mentioned: 2",
        "mimic-cxr-2.0.0-chexpert.csv.gz: rows without a study, or that repeat one, are left out: 2",
    )


def test_a_label_table_without_a_condition_is_refused(tmp_path: Path) -> None:
    root = write_mimic(tmp_path, FILMS, labels={"chexpert": LABEL_ROWS})
    write_csv(root / "mimic-cxr-2.0.0-chexpert.csv.gz", ["study_id", *LABELS[1:]], LABEL_ROWS)
    with pytest.raises(DataError, match="column 'Atelectasis' missing"):
        read_mimic_cxr(root)


def test_of_two_versions_of_a_table_the_packed_one_counts_and_the_other_is_named(tmp_path: Path) -> None:
    root = write_mimic(tmp_path, FILMS)
    write_mimic(tmp_path, FILMS, suffix=".csv")
    assert read_mimic_cxr(root).problems == ()
    write_csv(root / "mimic-cxr-2.0.0-metadata.csv", METADATA, FILMS[:1])
    data = read_mimic_cxr(root)
    assert len(data) == 5
    assert data.problems == (
        "two versions of a table differ; mimic-cxr-2.0.0-metadata.csv.gz counts, "
        "mimic-cxr-2.0.0-metadata.csv is not read",
    )


def test_the_fingerprint_follows_the_tables_and_not_the_films(tmp_path: Path) -> None:
    one = read_mimic_cxr(write_mimic(tmp_path / "a", FILMS, suffix=".csv"))
    two = read_mimic_cxr(write_mimic(tmp_path / "b", FILMS, suffix=".csv", image=None))
    three = read_mimic_cxr(write_mimic(tmp_path / "c", FILMS[1:], suffix=".csv"))
    assert one.fingerprint == two.fingerprint != three.fingerprint
