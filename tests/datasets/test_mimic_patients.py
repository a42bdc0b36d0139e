import gzip

import pytest

from cxrbench.core.errors import DataError
from cxrbench.datasets.mimic_patients import age_band, find_patients, read_patients

ROWS = (
    "subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod\n"
    "90000001,F,58,2150,2014 - 2016,\n90000002,M,91,2140,,2141-01-01\n90000003,,,,,\n"
)


def written(folder, name="patients.csv.gz", text=ROWS):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["patients.csv.gz", "patients.csv"])
def test_sex_and_the_age_in_the_year_of_the_study(tmp_path, name):
    found = read_patients(written(tmp_path, name))
    assert found["90000001"].sex == "female"
    assert [found["90000001"].age_in(year) for year in (2150, 2155, 2140, None)] == [58, 63, 48, None]
    assert found["90000002"].age_in(2145) == 91
    assert (found["90000003"].sex, found["90000003"].age_in(2150)) == (None, None)


@pytest.mark.parametrize(
    ("age", "band"), [(0, "under 40"), (39, "under 40"), (40, "40-59"), (79, "60-79"), (91, "80 and over")]
)
def test_age_bands(age, band):
    assert age_band(age) == band


@pytest.mark.parametrize("place", ["jpg", "jpg/hosp", "mimic-iv", "mimic-iv/hosp", "mimic-iv/3.1/hosp"])
def test_the_table_is_found_in_the_data_root_and_in_mimic_iv_beside_it(tmp_path, place):
    (tmp_path / "jpg").mkdir()
    path = written(tmp_path / place)
    assert find_patients([tmp_path / "jpg"]) == path


def test_without_a_table_there_is_none(tmp_path):
    assert find_patients([tmp_path]) is None


@pytest.mark.parametrize("damage", ["columns", "gzip", "truncated", "bytes"])
def test_a_damaged_table_is_an_error_that_names_it(tmp_path, damage):
    path = written(tmp_path)
    if damage == "columns":
        path.write_bytes(gzip.compress(b"subject_id,gender\n1,F\n"))
    elif damage == "gzip":
        path.write_bytes(b"not gzip")
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-12])
    else:
        path.write_bytes(gzip.compress(ROWS.encode() + b"\xff\xfe"))
    with pytest.raises(DataError) as caught:
        read_patients(path)
    assert "patients.csv.gz" in str(caught.value)
