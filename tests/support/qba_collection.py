"""A small MIMIC-CXR-JPG with reports and questions, written independently of the phantom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import qba_writer as qba
from mimic_writer import dicom, film, report, write_mimic, write_reports

FILMS = (
    film(1, 90000001, 99000001, "AP", split="test", StudyDate=29990101),
    film(2, 90000001, 99000001, "PA", split="test", StudyDate=29990101),
    film(3, 90000001, 99000001, "LATERAL", split="test", StudyDate=29990101),
    film(4, 90000001, 99000002, "AP", split="test", StudyDate=29990201),
    film(5, 90000002, 99000003, "LATERAL", split="test"),
    film(6, 90000003, 99000004, "PA", split="train"),
    film(7, 90000004, 99000005, "AP", split="validate"),
)
PRIMARY = {
    "s99000001": dicom(2),
    "s99000002": dicom(4),
    "s99000003": dicom(5),
    "s99000004": dicom(6),
    "s99000005": dicom(7),
}
RADIOLOGIST = ({"study_id": 99000001, "Pleural Effusion": 1.0, "Edema": 0.0},)
CHEXPERT = (
    {"study_id": 99000001, "Pleural Effusion": 0.0},
    {"study_id": 99000002, "Pleural Effusion": -1.0},
)


def studies() -> dict[tuple[str, str], str]:
    """(patient, study) -> its primary film, else any film."""
    return {(f"p{row['subject_id']}", f"s{row['study_id']}"): PRIMARY[f"s{row['study_id']}"] for row in FILMS}


def asked(image: str) -> list[dict[str, Any]]:
    """A question of each family about an effusion in one film."""
    here = qba.place("left pleural space", (1610.0, 1240.0, 2210.0, 1790.0), image=image)
    there = qba.place("lungs", (420.0, 380.0, 1380.0, 1800.0), image=image, fallback=True)
    detail = qba.answer(1, "There is a small left effusion.", kind="details", level=1, localization=here)
    found = qba.answer(0, "There is a small left effusion.", localization=here)
    return [
        qba.question(
            "B01_describe_all_001",
            "describe_all",
            "Describe this phantom.",
            qba.answer(0, "Abnormal.", regions=[], obs_entities=[], localization={}, sub_answers=[detail]),
            obs_ids=["O01", "O02"],
        ),
        qba.question(
            "B04_is_normal_001",
            "is_normal",
            "Is this phantom normal?",
            qba.answer(0, "No, it is not.", regions=[], obs_entities=[], localization={}),
        ),
        qba.question(
            "D02_has_finding_001", "D02_has_finding", "Is there an effusion?", found | {"text": "Yes, small."}
        ),
        qba.question(
            "D02_has_finding_002",
            "D02_has_finding",
            "Is there a consolidation?",
            qba.answer(
                0,
                "No, there is none.",
                positiveness="neg",
                obs_entities=["consolidation"],
                regions=["lungs"],
                laterality="bilateral",
                modifiers=[],
                localization=there,
            ),
        ),
        qba.question("D03_where_is_finding_001", "where_is_finding", "Where is the effusion?", found),
        qba.question("D04_how_severe_is_finding_001", "how_severe_is_finding", "How severe is it?", found),
    ]


def grades(
    patient: str, study: str, questions: Sequence[Mapping[str, Any]], grade: Callable[[], str] | None
) -> list[dict[str, Any]]:
    """A rating for each question: in turn, or as `grade` says."""
    words = ("A++", "A+", "A", "B", "C", "")
    return [
        {
            "patient_id": patient,
            "study_id": study,
            "question_id": question["question_id"],
            "question.quality.rating": grade() if grade is not None else words[place % len(words)],
        }
        for place, question in enumerate(questions)
    ]


def write_collection(
    root: Path,
    *,
    files: Mapping[str, Any] | None = None,
    graphs: Mapping[str, Any] | None = None,
    questions: Callable[[str], list[dict[str, Any]]] = asked,
    grade: Callable[[], str] | None = None,
    labels: Sequence[Mapping[str, Any]] = RADIOLOGIST,
    jpg: bool = True,
) -> Path:
    """mimic-cxr-jpg/, mimic-cxr/ and mimic-ext-cxr-qba/ below `root`.

    Args:
        files, graphs: Member name -> content, instead of what is written for a study.
        questions: Image id -> the questions of a study with this primary film.
        grade: Called for every question; None grades in turn.
        labels: Of the radiologist.
        jpg: Whether there are films and reports.
    """
    data = root / "mimic-ext-cxr-qba"
    listed = {key: questions(image) for key, image in studies().items()}
    asked_files = {qba.member(*key, "qa"): qba.questions(*key, rows) for key, rows in listed.items()}
    own_graphs = {qba.member(*key, "scene_graph"): qba.scene_graph(*key) for key in listed}
    qba.write_zip(data / "qa.zip", {**asked_files, **(files or {})})
    qba.write_zip(data / "scene_data.zip", {**own_graphs, **(graphs or {})})
    split_of = {f"p{row['subject_id']}": row["split"] for row in FILMS}
    qba.write_table(
        data / "metadata",
        "patient_metadata",
        [{"patient_id": patient, "patient.split": split} for patient, split in split_of.items()],
    )
    qba.write_table(
        data / "metadata",
        "image_metadata",
        [
            {
                "patient_id": f"p{row['subject_id']}",
                "study_id": f"s{row['study_id']}",
                "image_id": row["dicom_id"],
                "img.view_position": row["ViewPosition"],
                "img.size": "[3056, 2544]",
            }
            for row in FILMS
        ],
    )
    rated = [row for key, rows in listed.items() for row in grades(*key, rows, grade)]
    qba.write_table(data / "metadata", "question_metadata", rated)
    if jpg:
        write_mimic(root / "mimic-cxr-jpg", FILMS, labels={"radiologist": labels, "chexpert": CHEXPERT})
        reports = {key: report(indication="Cough.", findings="Effusion.", impression="Effusion.") for key in listed}
        write_reports(root / "mimic-cxr", reports)
    return root
