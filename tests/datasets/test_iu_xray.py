from __future__ import annotations

from pathlib import Path

import pytest
from iu_writer import FILES, PROJECTIONS, REPORT_HEADER, REPORTS, write_iu

from cxrbench.core.errors import DataError
from cxrbench.datasets.iu_xray import frontal, read_iu_xray


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_iu(tmp_path / "iu-xray", REPORTS, PROJECTIONS, files=FILES)


def test_studies_come_in_uid_order_with_their_sections(root: Path) -> None:
    data = read_iu_xray(root)
    assert [study.uid for study in data.studies] == ["9", "10", "11", "12"]
    nine = data.by_uid["9"]
    assert nine.findings == 'Heart "enlarged", mild.'
    assert (nine.impression, nine.indication, nine.comparison) == (None, "Cough.", None)
    assert nine.mesh == ("Cardiomegaly/mild", "Pleural Effusion/left")
    assert nine.problems == ("Cardiomegaly", "Pleural Effusion")
    assert data.phantom is None


def test_a_missing_image_is_listed_and_counted(root: Path) -> None:
    data = read_iu_xray(root)
    assert data.missing_images == ("10_IM-0002-1001.dcm.png", "11_IM-0003-1001.dcm.png")
    eleven = data.by_uid["11"]
    assert [image.path.name for image in eleven.images] == ["11_IM-0003-1001.dcm.png"]
    assert eleven.images[0].path.is_absolute()
    assert eleven.missing == {eleven.images[0].path}
    assert frontal(eleven) is None


def test_the_frontal_film_is_the_first_by_name_that_exists(root: Path) -> None:
    film = frontal(read_iu_xray(root).by_uid["10"])
    assert film is not None
    assert film.path.name == "10_IM-0002-2001.dcm.png"
    assert film.path.is_file()
    assert film.view == "frontal"


def test_a_lateral_film_is_never_taken_for_a_frontal_one(root: Path) -> None:
    data = read_iu_xray(root)
    assert [image.view for image in data.by_uid["9"].images] == ["lateral"]
    assert frontal(data.by_uid["9"]) is None


def test_a_resized_copy_with_another_suffix_is_found_by_stem(root: Path) -> None:
    (image,) = read_iu_xray(root).by_uid["9"].images
    assert image.path.name == "9_IM-0001-3001.dcm.jpg"


@pytest.mark.parametrize("folder", ["images/images_normalized", "images", "."])
def test_images_are_found_in_every_usual_folder(tmp_path: Path, folder: str) -> None:
    data = read_iu_xray(write_iu(tmp_path / "x", REPORTS, PROJECTIONS, files=FILES, folder=folder))
    assert len(data.missing_images) == 2


def test_a_parent_folder_that_holds_iu_xray_is_accepted(root: Path) -> None:
    assert read_iu_xray(root.parent).root == root


def test_an_image_without_a_row_is_an_orphan_and_a_row_without_a_report_is_listed(tmp_path: Path) -> None:
    root = write_iu(
        tmp_path, REPORTS, [*PROJECTIONS, ("77", "77_IM-0009-1001.dcm.png", "Frontal")], files=[*FILES, "stray.png"]
    )
    data = read_iu_xray(root)
    assert data.orphan_images == ("stray.png",)
    assert data.unknown_projections == ("77_IM-0009-1001.dcm.png",)


def test_studies_without_any_text_are_kept_and_listed(root: Path) -> None:
    data = read_iu_xray(root)
    assert data.empty_reports == ("12",)
    assert "12" in data.by_uid


def test_the_fingerprint_follows_tables_and_image_sizes_but_not_the_place(tmp_path: Path) -> None:
    one = write_iu(tmp_path / "a", REPORTS, PROJECTIONS, files=FILES)
    two = write_iu(tmp_path / "b", REPORTS, PROJECTIONS, files=FILES)
    first = read_iu_xray(one).fingerprint
    assert read_iu_xray(two).fingerprint == first
    (two / "images/images_normalized" / FILES[0]).write_bytes(b"other size")
    assert read_iu_xray(two).fingerprint != first
    three = write_iu(
        tmp_path / "c", [{**REPORTS[0], "findings": "The lungs are hazy."}, *REPORTS[1:]], PROJECTIONS, files=FILES
    )
    assert read_iu_xray(three).fingerprint != first


@pytest.mark.parametrize(
    ("encoding", "reported"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252")]
)
def test_the_usual_encodings_are_read_and_named(tmp_path: Path, encoding: str, reported: str) -> None:
    root = write_iu(tmp_path, [{"uid": "1", "findings": "Größe normal – “clear”."}], [], encoding=encoding)
    data = read_iu_xray(root)
    assert data.studies[0].findings == "Größe normal – “clear”."
    assert data.encodings["indiana_reports.csv"] == reported


def test_a_missing_column_is_named_with_the_header_that_was_seen(tmp_path: Path) -> None:
    root = write_iu(tmp_path, REPORTS, [], report_header=[name for name in REPORT_HEADER if name != "findings"])
    with pytest.raises(DataError, match="'findings' missing") as caught:
        read_iu_xray(root)
    assert "impression" in caught.value.message
    assert caught.value.where is not None
    assert caught.value.where.endswith("indiana_reports.csv")


def test_duplicate_uids_are_refused_and_listed(tmp_path: Path) -> None:
    root = write_iu(tmp_path, [*REPORTS, {"uid": "9"}, {"uid": "12"}], PROJECTIONS)
    with pytest.raises(DataError, match="2 uids more than once: 9, 12"):
        read_iu_xray(root)


def test_a_row_with_too_many_fields_is_refused_with_its_line(tmp_path: Path) -> None:
    root = write_iu(tmp_path, REPORTS, PROJECTIONS)
    with (root / "indiana_projections.csv").open("a") as stream:
        stream.write("1,a.png,Frontal,extra\n")
    with pytest.raises(DataError, match="line 7 has 4 fields, the header 3"):
        read_iu_xray(root)


def test_a_binary_table_is_refused(tmp_path: Path) -> None:
    root = write_iu(tmp_path, REPORTS, PROJECTIONS)
    (root / "indiana_reports.csv").write_bytes(b"\xff\xfe\x00\x01PK")
    with pytest.raises(DataError, match="not a text file"):
        read_iu_xray(root)


def test_a_root_that_is_a_file_missing_or_empty_is_explained(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(DataError, match="is a file"):
        read_iu_xray(file)
    with pytest.raises(DataError, match="does not exist"):
        read_iu_xray(tmp_path / "nowhere")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="the folder holds nothing"):
        read_iu_xray(empty)


@pytest.mark.parametrize("name", ["indiana_reports.csv", "indiana_projections.csv"])
def test_a_missing_table_is_named(root: Path, name: str) -> None:
    (root / name).unlink()
    with pytest.raises(DataError, match=f"{name} is missing"):
        read_iu_xray(root)


def test_a_file_name_with_a_path_cannot_leave_the_image_folder(tmp_path: Path) -> None:
    root = write_iu(tmp_path, REPORTS, [("10", "../../secret.png", "Frontal")])
    (image,) = read_iu_xray(root).by_uid["10"].images
    assert image.path == root / "images/images_normalized/secret.png"
