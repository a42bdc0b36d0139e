import json
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iu_folder import uids, write_iu

from cxrbench.core.errors import DataError, UsageError
from cxrbench.tasks.base import TaskOptions
from cxrbench.tasks.iu_report import IuReport


def rows(findings="Clear lungs.", split="test", count=3, **more):
    return [{"uid": uid, "findings": findings, "impression": "Normal.", **more} for uid in uids(split, count)]


def test_an_example_holds_the_frontal_film_the_reference_and_the_study_as_group(tmp_path):
    data = IuReport().load(TaskOptions(write_iu(tmp_path, rows(), lateral=True)))
    example = data.examples[0]
    assert [image.view for image in example.request.images] == ["frontal"]
    assert example.reference.findings == "Clear lungs."
    assert example.group == example.id
    assert data.split == "r2gen:test"
    assert not data.phantom


def test_inputs_add_the_lateral_film_and_the_indication_only_when_asked(tmp_path):
    root = write_iu(tmp_path, rows(indication="Cough.", comparison="None."), lateral=True)
    plain = IuReport().load(TaskOptions(root)).examples[0].request
    assert plain.context == {}
    asked = IuReport().load(TaskOptions(root, inputs=("frontal", "lateral", "indication"))).examples[0].request
    assert [image.view for image in asked.images] == ["frontal", "lateral"]
    assert asked.context == {"indication": "Cough."}


@pytest.mark.parametrize("inputs", [("frontal", "prior"), ("lateral",), ()])
def test_impossible_inputs_are_refused(tmp_path, inputs):
    with pytest.raises(UsageError, match="inputs"):
        IuReport().load(TaskOptions(write_iu(tmp_path, rows()), inputs=inputs))


def test_studies_without_findings_are_excluded_by_name_before_any_model_runs(tmp_path):
    listed = rows(count=3)
    listed[1]["findings"] = ""
    data = IuReport().load(TaskOptions(write_iu(tmp_path, listed)))
    assert len(data.examples) == 2
    assert list(data.excluded["no findings text"]) == [listed[1]["uid"]]


def test_a_missing_film_is_listed_and_keeps_its_place_in_n(tmp_path):
    root = write_iu(tmp_path, rows(count=3))
    gone = next((root / "images" / "images_normalized").glob("*.png"))
    gone.unlink()
    data = IuReport().load(TaskOptions(root))
    assert len(data.examples) == 3
    assert any("1 of 3 frontal films are missing" in note and gone.name.split("_")[0] in note for note in data.notes)


def test_strata_tell_normal_from_abnormal_and_seen_from_unseen(tmp_path):
    listed = [
        *rows("The lungs are clear. Heart size is normal.", count=1),
        {"uid": uids("test", 2)[1], "findings": "Large left pleural effusion.", "impression": "Effusion."},
        {"uid": uids("train", 1)[0], "findings": "Large left pleural effusion.", "impression": "Effusion."},
    ]
    data = IuReport().load(TaskOptions(write_iu(tmp_path, listed)))
    normal, abnormal = data.examples
    assert normal.strata["finding"] == ("normal",)
    assert abnormal.strata["finding"] == ("abnormal",)
    assert "Pleural Effusion" in abnormal.strata["condition"]
    assert normal.strata["seen_in_training"] == ("no",)
    assert abnormal.strata["seen_in_training"] == ("yes",)


@pytest.mark.parametrize(
    ("caption", "view"),
    [
        ("Xray Chest PA and Lateral", "PA"),
        ("PORTABLE CHEST", "AP"),
        ("Chest AP and PA", "unstated"),
        ("Chest, 2 views, frontal and lateral", "unstated"),
        ("", "unstated"),
    ],
)
def test_the_view_stratum_is_what_the_caption_states(tmp_path, caption, view):
    data = IuReport().load(TaskOptions(write_iu(tmp_path, rows(count=1, image=caption))))
    assert data.examples[0].strata["view"] == (view,)


def test_the_training_examples_are_those_of_the_training_split(tmp_path):
    listed = [*rows(count=2), *rows(split="train", count=4)]
    data = IuReport().load(TaskOptions(write_iu(tmp_path, listed)))
    assert sorted(item.id for item in data.training()) == sorted(uids("train", 4))


def test_the_documented_split_can_be_asked_for_by_name(tmp_path):
    everything = [{"uid": str(uid), "findings": "Clear.", "impression": ""} for uid in range(1, 61)]
    root = write_iu(tmp_path, everything, images=False)
    parts = [
        {item.id for item in IuReport().load(TaskOptions(root, split=f"documented:{part}")).examples}
        for part in ("train", "val", "test")
    ]
    assert sum(map(len, parts)) == 60
    assert len(set().union(*parts)) == 60
    assert len(parts[0]) == pytest.approx(42, abs=3)


@pytest.mark.parametrize("split", ["tset", "r2gen2:test", "phantom:test", "documented:", ""])
def test_an_unknown_split_is_refused_with_the_valid_ones(tmp_path, split):
    with pytest.raises(UsageError) as caught:
        IuReport().load(TaskOptions(write_iu(tmp_path, rows()), split=split))
    assert "documented:test" in str(caught.value)


def test_a_split_without_a_usable_study_says_why(tmp_path):
    with pytest.raises(DataError, match="no usable study"):
        IuReport().load(TaskOptions(write_iu(tmp_path, rows(split="train")), split="test"))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(findings=st.text(st.characters(codec="utf-8"), min_size=1).map(lambda text: "X" + text.replace("\0", "")))
def test_requests_of_examples_that_differ_only_in_the_gold_are_byte_identical(tmp_path_factory, findings):
    seen = []
    for gold in ("Clear lungs.", findings):
        root = tmp_path_factory.mktemp("iu")
        data = IuReport().load(TaskOptions(write_iu(root, rows(gold, count=1, indication="Cough."))))
        request = asdict(data.examples[0].request)
        request["images"] = [image["path"].name for image in request["images"]]
        seen.append(json.dumps(request, sort_keys=True))
    assert seen[0] == seen[1]


@pytest.mark.realdata
def test_the_real_r2gen_test_split_has_590_studies_of_which_274_were_seen_verbatim(real_data):
    data = IuReport().load(TaskOptions(real_data))
    assert len(data.examples) == 590
    assert sum(item.strata["seen_in_training"] == ("yes",) for item in data.examples) == 274
    assert all(item.request.images[0].path.is_file() for item in data.examples)
