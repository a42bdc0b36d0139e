from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import pytest
from mimic_writer import film, report, write_csv, write_mimic, write_reports

from cxrbench.core.errors import DataError
from cxrbench.datasets.mimic_cxr.reports import SECTIONED, StudyReport, open_reports

A, B = ("p10000001", "s50000001"), ("p90000002", "s99000002")
TEXTS = {
    A: report(indication="Cough.", technique="PA.", findings="Clear lungs.", impression="Normal."),
    B: report(history="Fever.", comparison="None."),
}
COLUMNS = ["study", "impression", "findings", "last_paragraph", "comparison"]


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("place", [".", "mimic-cxr/2.1.0", "physionet.org/files/mimic-cxr/2.1.0"])
def test_reports_are_read_from_a_zip_in_place_or_unpacked(tmp_path: Path, zipped: bool, place: str) -> None:
    write_mimic(tmp_path / "mimic-cxr-jpg/2.1.0", [film(1, 10000001, 50000001)])
    write_reports(tmp_path / place, TEXTS, zipped=zipped)
    reports = open_reports(tmp_path)
    assert list(reports.studies()) == [A, B]
    assert reports.text(*A) == TEXTS[A]
    assert reports.report(*A) == StudyReport(
        findings="Clear lungs.",
        impression="Normal.",
        last_paragraph=None,
        comparison=None,
        indication="Cough.",
        history=None,
        technique="PA.",
        source="section_report",
    )
    assert reports.report("10000001", "50000001") == reports.report(*A)
    assert reports.problems == ()
    assert pickle.loads(pickle.dumps(reports)).text(*B) == TEXTS[B]


def test_a_study_without_a_report_has_none(tmp_path: Path) -> None:
    reports = open_reports(write_reports(tmp_path, TEXTS))
    assert reports.report("p10000001", "s7") is None
    with pytest.raises(DataError, match=r"no \.txt file of p10000001 s7"):
        reports.text("p10000001", "s7")


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_authors_sections_count_where_the_user_has_them(tmp_path: Path, suffix: str) -> None:
    write_reports(tmp_path, TEXTS)
    rows = [
        {"study": "s99000002", "findings": "Fixed by hand,\nin two lines. ", "comparison": ""},
        {"study": "s50000099", "impression": "Without a text."},
    ]
    write_csv(tmp_path / f"{SECTIONED}{suffix}", COLUMNS, rows)
    reports = open_reports(tmp_path)
    fixed = reports.report(*B)
    assert fixed is not None
    assert (fixed.findings, fixed.comparison, fixed.history) == ("Fixed by hand,\nin two lines.", None, "Fever.")
    assert fixed.source == SECTIONED
    other = reports.report(*A)
    assert other is not None
    assert (other.findings, other.source) == ("Clear lungs.", "section_report")
    alone = reports.report("p10000001", "s50000099")
    assert alone is not None
    assert alone.impression == "Without a text."


def test_the_sectioned_table_alone_is_enough(tmp_path: Path) -> None:
    write_csv(tmp_path / SECTIONED, COLUMNS, [{"study": "s50000001", "findings": "Clear."}])
    reports = open_reports(tmp_path)
    found = reports.report(*A)
    assert found is not None
    assert found.findings == "Clear."
    assert list(reports.studies()) == []
    with pytest.raises(DataError, match="has no report texts"):
        reports.text(*A)


def test_a_damaged_sectioned_table_is_an_error(tmp_path: Path) -> None:
    (tmp_path / f"{SECTIONED}.gz").write_bytes(gzip.compress(b"study,impression\n")[:20])
    with pytest.raises(DataError, match="cannot read table"):
        open_reports(tmp_path).report(*A)


def test_text_in_another_encoding_is_read_all_the_same(tmp_path: Path) -> None:
    reports = open_reports(write_reports(tmp_path, TEXTS, zipped=False))
    path = tmp_path / "files/p10/p10000001/s50000001.txt"
    path.write_bytes("\n FINDINGS:  37 °C.\n".encode("cp1252"))
    found = reports.report(*A)
    assert found is not None
    assert found.findings == "37 °C."
    path.write_bytes(b"")
    found = reports.report(*A)
    assert found is not None
    assert (found.findings, found.impression) == (None, None)


def test_a_folder_without_reports_is_an_error(tmp_path: Path) -> None:
    root = write_mimic(tmp_path, [film(1, 10000001, 50000001)])
    with pytest.raises(DataError, match="no reports of MIMIC-CXR found"):
        open_reports(root)
