from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mimic_writer import dicom, film, write_mimic

from cxrbench.datasets.mimic_cxr.collection import read_mimic_cxr
from cxrbench.datasets.mimic_cxr.files import ImageFiles

FILMS = [film(1, 90000001, 99000001), film(2, 90000001, 99000001, "LATERAL"), film(3, 10000002, 50000002)]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".dcm"])
@pytest.mark.parametrize("folder", ["files", ".", "images"])
def test_films_are_found_by_stem_in_the_published_folders(tmp_path: Path, suffix: str, folder: str) -> None:
    root = write_mimic(tmp_path, FILMS, image=".png", folder=folder)
    if suffix != ".png":
        for path in list(root.rglob("*.png")):
            path.rename(path.with_suffix(suffix))
    data = read_mimic_cxr(root)
    study = data.study("s99000001")
    found = data.film_path(study, study.films[0])
    assert found == root / folder / "p90/p90000001/s99000001" / f"{dicom(1)}{suffix}"
    assert list(data.missing_images()) == []
    assert list(data.orphan_images()) == []


def test_films_may_lie_flat_or_by_patient_and_elsewhere(tmp_path: Path) -> None:
    root = write_mimic(tmp_path / "tables", FILMS, image=None)
    published = write_mimic(tmp_path / "other", FILMS)
    flat, by_patient = tmp_path / "flat", tmp_path / "patients"
    flat.mkdir()
    for path in (published / "files").rglob("*.jpg"):
        shutil.copy(path, flat / path.name)
    for patient in (published / "files").glob("p??/p*"):
        shutil.copytree(patient, by_patient / patient.name)
    for images, layout in ((flat, "flat"), (by_patient, "by patient"), (published / "files", "published")):
        data = read_mimic_cxr(root, images=images)
        assert data.files.layout == layout
        assert list(data.missing_images()) == []
        assert list(data.orphan_images()) == []
        assert sorted(id for id, _ in data.files.everything()) == [dicom(1), dicom(2), dicom(3)]


def test_missing_films_and_orphans_are_listed(tmp_path: Path) -> None:
    root = write_mimic(tmp_path, FILMS)
    folder = root / "files/p90/p90000001/s99000001"
    (folder / f"{dicom(2)}.jpg").rename(folder / f"{dicom(9)}.jpg")
    data = read_mimic_cxr(root)
    ((study, missing),) = data.missing_images()
    assert (study.study_id, missing.image_id) == ("s99000001", dicom(2))
    assert [path.name for path in data.orphan_images()] == [f"{dicom(9)}.jpg"]
    assert list(data.missing_images("test")) == []
    # A request still says where the film should be.
    image = data.image(study, missing, prior=True)
    assert (image.path, image.view, image.when) == (folder / f"{dicom(2)}.jpg", "lateral", "prior")


def test_a_copy_without_films_lists_all_as_missing(tmp_path: Path) -> None:
    data = read_mimic_cxr(write_mimic(tmp_path, FILMS, image=None))
    assert data.files.layout is None
    assert len(list(data.missing_images())) == 3
    assert list(data.orphan_images()) == []
    study = data.study("s50000002")
    expected = tmp_path / "files/p10/p10000002/s50000002" / f"{dicom(3)}.jpg"
    assert data.image(study, study.films[0]).path == expected


def test_reports_beside_the_films_are_no_films(tmp_path: Path) -> None:
    root = write_mimic(tmp_path, FILMS)
    (root / "files/p90/p90000001/s99000001.txt").write_text("report")
    (root / "files/p90/p90000001/s99000001/index.html").write_text("index")
    assert len(list(ImageFiles(root).everything())) == 3
