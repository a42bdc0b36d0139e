import pytest
from iu_folder import uids, write_iu

from cxrbench.adapters.base import AdapterContext, create_adapter
from cxrbench.tasks.base import TaskOptions
from cxrbench.tasks.iu_report import IuReport


def rows():
    reports = [
        ("Clear lungs.", "Cough and fever."),
        ("Clear lungs.", "Chest pain."),
        ("Left pleural effusion.", "Shortness of breath after surgery."),
    ]
    train = [
        {"uid": uid, "findings": findings, "impression": "Done.", "indication": why}
        for uid, (findings, why) in zip(uids("train", 3), reports)
    ]
    return [
        *train,
        {"uid": uids("test", 1)[0], "findings": "Secret.", "indication": "Status after surgery, dyspnea."},
    ]


def blind(root, *inputs):
    data = IuReport().load(TaskOptions(root, inputs=("frontal", *inputs)))
    context = AdapterContext("iu-report", "report", "iu-xray", data.training)
    return create_adapter("baseline:blind", context), [item.request for item in data.examples]


@pytest.fixture
def root(tmp_path):
    return write_iu(tmp_path, rows())


def test_without_any_text_blind_is_the_majority_and_says_so(root):
    adapter, requests = blind(root)
    info = adapter.describe()
    assert adapter.predict(requests)[0].text == "Findings: Clear lungs.\nImpression: Done."
    assert info.inputs == ()
    assert "the majority" in info.notes[0]


def test_with_the_indication_blind_repeats_the_report_of_the_nearest_one(root):
    adapter, requests = blind(root, "indication")
    info = adapter.describe()
    assert "Left pleural effusion." in adapter.predict(requests)[0].text
    assert info.inputs == ("indication",)
    assert info.trained_on == ("iu-xray",)
    assert "nearest indication" in info.notes[0]
    assert not info.needs_pixels


def test_an_indication_without_a_known_word_gets_the_majority(root):
    from dataclasses import replace

    adapter, requests = blind(root, "indication")
    made = adapter.predict([replace(requests[0], context={"indication": "???"})])
    assert "Clear lungs." in made[0].text
