from __future__ import annotations

from pathlib import Path

import pytest

from cxrbench.core.errors import DataError
from cxrbench.core.types import Box
from cxrbench.datasets.boxes import Frame, read_ms_cxr, read_nih_boxes, read_nih_entries, read_vindr
from cxrbench.datasets.boxes.nih import CLASSES, FRAME
from cxrbench.datasets.detections import CLASSES as DETECTED

NIH_HEADER = "Image Index,Finding Label,Bbox [x,y,w,h],,,\n"
ENTRY_HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n"
)
DICOM = "00000000-00000000-00000000-00000000-00000001"


@pytest.mark.realdata
def test_the_published_nih_table_has_984_boxes_on_880_images(real_data: Path) -> None:
    if not (real_data / "nih-boxes/BBox_List_2017.csv").is_file():
        pytest.skip("no NIH boxes beside the project (CXRBENCH_DATA)")
    table = read_nih_boxes(real_data / "nih-boxes")
    assert len(table.boxes) == 984
    assert len(table.images) == 880
    assert table.classes() == CLASSES
    assert table.problems == ()
    assert {box.frame for box in table.boxes} == {FRAME}
    assert all(box.finding in DETECTED for box in table.boxes)


def test_nih_boxes_are_read_by_position_as_corners(tmp_path: Path) -> None:
    path = tmp_path / "BBox_List_2017.csv"
    path.write_text(NIH_HEADER + "99999999_000.png,Infiltrate,225.084,547.019,86.779,79.186\n")
    (box,) = read_nih_boxes(path).boxes
    assert (box.image_id, box.label, box.finding) == ("99999999_000.png", "Infiltrate", "infiltrate")
    assert box.box == Box(225.084, 547.019, 225.084 + 86.779, 547.019 + 79.186, label="Infiltrate")
    assert read_nih_boxes(tmp_path).boxes == (box,)


def test_a_box_moves_with_the_size_of_the_image(tmp_path: Path) -> None:
    path = tmp_path / "BBox_List_2017.csv"
    path.write_text(NIH_HEADER + "a.png,Mass,100,200,300,400\n")
    (box,) = read_nih_boxes(path).boxes
    assert box.in_image(512, 2048) == Box(50, 400, 200, 1200, label="Mass")


def test_rows_that_cannot_be_used_are_noted_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "BBox_List_2017.csv"
    path.write_text(
        NIH_HEADER
        + "a.png,Mass,1,2,3,4\n\nb.png,Mass,1,2,3\nc.png,Mass,1,2,x,4\nd.png,Mass,1,2,0,4\n"
        + "e.png,Mass,2000,2,3,4\nf.png,Mass,-5,1000,10,100\n"
    )
    table = read_nih_boxes(path)
    assert [box.image_id for box in table.boxes] == ["a.png", "f.png"]
    assert table.boxes[1].box == Box(0, 1000, 5, 1024, label="Mass")
    assert table.problems == (
        "BBox_List_2017.csv, line 4: 5 fields, 6 expected: image, class, x, y, w, h; left out",
        "BBox_List_2017.csv, line 5: the box is not four numbers, left out",
        "BBox_List_2017.csv, line 6: the box has no area inside the image, left out",
        "BBox_List_2017.csv, line 7: the box has no area inside the image, left out",
        "BBox_List_2017.csv, line 8: the box reaches outside the image, clipped",
    )
    assert table.by_image()["c.png"] == ()


def test_the_nih_label_table_is_read_by_position(tmp_path: Path) -> None:
    (tmp_path / "Data_Entry_2017_v2020.csv").write_text(
        ENTRY_HEADER
        + "99999999_000.png,Effusion|Infiltration,0,99999999,57,M,PA,2682,2749,0.143,0.143\n"
        + "99999999_001.png,No Finding,1,99999999,057Y,M,AP\n"
    )
    entries = read_nih_entries(tmp_path)
    first, second = entries.values()
    assert first.labels == ("Effusion", "Infiltration")
    assert (first.patient_id, first.age, first.sex, first.view) == ("99999999", 57, "M", "PA")
    assert (first.original_size, second.original_size) == ((2682, 2749), None)
    assert (second.labels, second.age) == ((), 57)
    (tmp_path / "Data_Entry_2017_v2020.csv").write_text(ENTRY_HEADER + "short,row\n")
    with pytest.raises(DataError, match="line 2 has 2 fields"):
        read_nih_entries(tmp_path)


@pytest.mark.parametrize(
    ("name", "split", "text", "reader"),
    [
        (
            "annotations/annotations_train.csv",
            "train",
            "image_id,rad_id,class_name,x_min,y_min,x_max,y_max\n"
            "ffff0001,R99,Pleural effusion,691.0,1375.0,1653.0,1831.0\nffff0002,R99,No finding,,,,\n",
            "R99",
        ),
        (
            "annotations/annotations_test.csv",
            "test",
            "image_id,class_name,x_min,y_min,x_max,y_max\n"
            "ffff0001,Pleural effusion,691.0,1375.0,1653.0,1831.0\nffff0002,No finding,,,,\n",
            None,
        ),
        (
            "train.csv",
            "train",
            "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n"
            "ffff0001,Pleural effusion,10,R99,691.0,1375.0,1653.0,1831.0\nffff0002,No finding,14,R99,,,,\n",
            "R99",
        ),
    ],
)
def test_vindr_is_read_in_the_forms_of_physionet_and_kaggle(
    tmp_path: Path, name: str, split: str, text: str, reader: str | None
) -> None:
    (tmp_path / "annotations").mkdir()
    (tmp_path / name).write_text(text)
    table = read_vindr(tmp_path, split)
    (box,) = table.boxes
    assert box.box == Box(691, 1375, 1653, 1831, label="Pleural effusion")
    assert (box.finding, box.reader, box.split) == ("pleural_effusion", reader, split)
    assert box.frame == Frame("original DICOM")
    assert table.images == ("ffff0001", "ffff0002")
    assert table.by_image()["ffff0002"] == ()
    assert table.problems == ()
    with pytest.raises(ValueError, match="size of the frame 'original DICOM'"):
        box.in_image(10, 10)
    assert box.framed(2000, 4000).in_image(1000, 1000).x2 == 826.5


def test_vindr_keeps_the_original_size_where_a_copy_has_it_and_notes_a_class_without_box(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text(
        "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max,width,height\n"
        "a,Nodule/Mass,8,R1,10,10,300,90,200,100\na,ILD,5,R1,,,,,200,100\n"
    )
    table = read_vindr(path)
    (box,) = table.boxes
    assert (box.box.x2, box.frame, box.finding) == (200, Frame("original DICOM", 200, 100), "lung_lesion")
    assert table.problems == (
        "train.csv, line 2: the box reaches outside the image, clipped",
        "train.csv, line 3: class 'ILD' without a box, left out",
    )


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_ms_cxr_keeps_phrase_frame_and_split(tmp_path: Path, version: str) -> None:
    split = version == "1.1.0"
    path = f"files/p90/p90000001/s99000001/{DICOM}.jpg"
    header = "category_name,label_text,path,x,y,w,h,image_width,image_height,dicom_id"
    rows = [f"Pleural Effusion,small left phantom effusion,{path},{box},3056,2544,{DICOM}" for box in BOXES]
    text = "\n".join([header + ",split" * split, *(row + ",test" * split for row in rows)])
    (tmp_path / f"MS_CXR_Local_Alignment_v{version}.csv").write_text(text)
    table = read_ms_cxr(tmp_path)
    first, second = table.boxes
    assert first.box == Box(1610, 1240, 2210, 1790, label="Pleural Effusion")
    assert (
        (first.image_id, first.phrase) == (DICOM, "small left phantom effusion") == (second.image_id, second.phrase)
    )
    assert first.frame == Frame("MIMIC-CXR-JPG image", 3056, 2544)
    assert first.split == ("test" if split else None)
    assert table.images == (DICOM,)


BOXES = ("1610,1240,600,550", "300,1500,200,200")


def test_the_newest_version_of_ms_cxr_is_read(tmp_path: Path) -> None:
    header = "category_name,label_text,path,x,y,w,h,image_width,image_height,dicom_id\n"
    (tmp_path / "MS_CXR_Local_Alignment_v1.0.0.csv").write_text(header)
    (tmp_path / "MS_CXR_Local_Alignment_v1.1.0.csv").write_text(header)
    assert read_ms_cxr(tmp_path).path.name == "MS_CXR_Local_Alignment_v1.1.0.csv"


@pytest.mark.parametrize("read", [read_nih_boxes, read_nih_entries, read_vindr, read_ms_cxr])
def test_a_missing_table_is_an_error_that_names_it(tmp_path: Path, read: object) -> None:
    with pytest.raises(DataError, match="no table of boxes found"):
        read(tmp_path)  # type: ignore[operator]


def test_a_missing_column_is_an_error_that_names_it(tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    path.write_text("image_id,class_name,x_min\n")
    with pytest.raises(DataError, match="column 'y_min', 'x_max', 'y_max' missing"):
        read_vindr(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="cannot read table of boxes"):
        read_vindr(path)


def test_a_row_that_ends_before_the_image_is_named_is_listed_and_left_out(tmp_path):
    (tmp_path / "train.csv").write_text(
        "class_name,image_id,x_min,y_min,x_max,y_max\nMass\nMass,a,1,2,3,4\n", encoding="utf-8"
    )
    table = read_vindr(tmp_path / "train.csv")
    assert len(table.boxes) == 1
    assert any("no image_id" in str(problem) for problem in table.problems)
