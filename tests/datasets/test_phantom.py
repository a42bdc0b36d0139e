from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxrbench.core.conditions import CONDITIONS, NO_FINDING, SUPPORT_DEVICES
from cxrbench.core.errors import DataError, UsageError
from cxrbench.datasets.images import load_image
from cxrbench.datasets.iu_xray import frontal, read_iu_xray
from cxrbench.datasets.phantom import GENERATOR_VERSION, PhantomInfo, read_phantom_info, read_truth, write_phantom
from cxrbench.datasets.phantom.film import draw_film
from cxrbench.datasets.phantom.plan import Finding, Plan, plan_study
from cxrbench.datasets.phantom.reports import write_report
from cxrbench.datasets.phantom.studies import draw_studies

STUDIES = 70


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PhantomInfo]:
    root = tmp_path_factory.mktemp("phantom") / "p"
    return root, write_phantom(root, studies=STUDIES, seed=3, workers=1)


def plans(count: int, seed: int = 0) -> list[Plan]:
    return [plan_study(np.random.default_rng([seed, uid, 0]), str(uid)) for uid in range(90001, 90001 + count)]


def digest(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_folder_whatever_the_number_of_workers(
    phantom: tuple[Path, PhantomInfo], tmp_path: Path
) -> None:
    again = write_phantom(tmp_path / "again", studies=STUDIES, seed=3, workers=2)
    assert again == phantom[1]
    assert digest(tmp_path / "again") == digest(phantom[0])


def test_another_seed_gives_another_phantom_and_a_larger_one_extends_a_smaller_one(
    phantom: tuple[Path, PhantomInfo], tmp_path: Path
) -> None:
    write_phantom(tmp_path / "small", studies=5, seed=3, workers=1)
    write_phantom(tmp_path / "other", studies=5, seed=4, workers=1)
    whole, small, other = (read_truth(root) for root in (phantom[0], tmp_path / "small", tmp_path / "other"))
    assert {uid: whole[uid] for uid in small} == small
    assert other != small


def test_the_iu_reader_reads_a_phantom_like_the_real_collection(phantom: tuple[Path, PhantomInfo]) -> None:
    root, info = phantom
    data = read_iu_xray(root)
    assert data.phantom == info == read_phantom_info(root)
    assert data.fingerprint == info.files
    assert len(data.studies) == STUDIES
    assert not data.missing_images
    assert not data.orphan_images
    for study in data.studies:
        film = frontal(study)
        assert film is not None
        assert load_image(film.path).shape == (256, 256)
        assert study.findings or study.impression


def test_the_phantom_splits_its_studies_70_15_15(phantom: tuple[Path, PhantomInfo]) -> None:
    counts = [list(phantom[1].split.values()).count(name) for name in ("train", "val", "test")]
    assert counts == [49, 11, 10] or counts == [49, 10, 11]


def test_the_truth_lists_every_drawn_finding_with_boxes_inside_the_film(phantom: tuple[Path, PhantomInfo]) -> None:
    truth = read_truth(phantom[0])
    assert len(truth) == STUDIES
    for record in truth.values():
        drawn = {finding["condition"] for finding in record["findings"]}
        assert {name for name, value in record["labels"].items() if value} - {NO_FINDING} == drawn
        assert bool(record["labels"][NO_FINDING]) == (not drawn - {SUPPORT_DEVICES})
        for box in [*record["anatomy"], *(box for finding in record["findings"] for box in finding["boxes"])]:
            assert 0 <= box["x1"] < box["x2"] <= 256
            assert 0 <= box["y1"] < box["y2"] <= 256
        assert all(finding["boxes"] for finding in record["findings"])


def test_prevalences_lie_between_5_and_25_percent() -> None:
    drawn = [plan.conditions for plan in plans(3000)]
    for name in CONDITIONS:
        share = sum(name in conditions for conditions in drawn) / len(drawn)
        assert (0.30 < share < 0.45) if name == NO_FINDING else (0.05 < share < 0.25), (name, share)


def test_five_to_ten_percent_of_the_findings_are_subtle_and_severities_spread() -> None:
    findings = [f for plan in plans(2000) for f in plan.findings if f.condition != SUPPORT_DEVICES]
    assert 0.05 < sum(f.subtle for f in findings) / len(findings) < 0.10
    grades = {
        grade: sum(f.grade == grade for f in findings) / len(findings) for grade in ("mild", "moderate", "severe")
    }
    assert min(grades.values()) > 0.2


@pytest.mark.parametrize(
    "finding",
    [
        Finding("Cardiomegaly", severity=0.5),
        Finding("Enlarged Cardiomediastinum", severity=0.5),
        Finding("Lung Opacity", "right", "upper", 0.5),
        Finding("Lung Lesion", "left", "upper", 0.5, "nodule"),
        Finding("Edema", "bilateral", severity=0.5),
        Finding("Consolidation", "left", "lower", 0.5),
        Finding("Pneumonia", "right", "mid", 0.5),
        Finding("Atelectasis", "right", "lower", 0.5),
        Finding("Pneumothorax", "left", severity=0.5),
        Finding("Pleural Effusion", "right", severity=0.5),
        Finding("Pleural Other", "left", "mid", 0.5, "thickening"),
        Finding("Fracture", "right", "mid", 0.5, "displaced"),
        Finding(SUPPORT_DEVICES, "left", kind="pacemaker", severity=1.0),
    ],
    ids=lambda finding: finding.condition,
)
def test_every_finding_changes_the_film_where_its_box_says(finding: Finding) -> None:
    film = draw_film(np.random.default_rng(5), Plan("1", (finding,)))
    boxes = film.boxes[0]
    assert boxes
    assert all(box.label == finding.condition for box in boxes)
    center = sum(box.x1 + box.x2 for box in boxes) / (2 * len(boxes))
    if finding.side == "left":
        assert center > 128, "the patient's left is on the image's right"
    elif finding.side == "right":
        assert center < 128
    if finding.condition in {"Lung Opacity", "Lung Lesion", "Consolidation", "Pneumonia", "Pleural Effusion"}:
        mirror = {"left": "right", "right": "left"}
        other = Finding(finding.condition, mirror[finding.side], finding.zone, finding.severity, finding.kind)
        opposite = draw_film(np.random.default_rng(5), Plan("1", (other,)))
        box = boxes[0]
        window = np.s_[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2)]
        assert film.pixels[window].mean() > opposite.pixels[window].mean() + 8


def test_an_effusion_grows_with_its_severity() -> None:
    small, large = (
        draw_film(np.random.default_rng(1), Plan("1", (Finding("Pleural Effusion", "left", severity=s),)))
        for s in (0.1, 0.9)
    )
    assert large.boxes[0][0].y1 < small.boxes[0][0].y1 - 10


def test_reports_say_what_is_drawn_with_side_and_size() -> None:
    plan = Plan("1", (Finding("Pleural Effusion", "left", severity=0.9),))
    for seed in range(40):
        report = write_report(np.random.default_rng(seed), plan)
        text = f"{report.findings} {report.impression}".lower()
        assert "left" in text
        assert "right" not in text
        assert "large" in text
        assert "effusion" in text
        assert "no pleural effusion" not in text


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31))
def test_reports_are_made_of_whole_sentences(seed: int) -> None:
    rng = np.random.default_rng(seed)
    report = write_report(rng, plan_study(rng, "1"))
    for text in (report.findings, report.impression):
        assert "  " not in text
        assert "{" not in text
        assert ".." not in text
        if text:
            assert text[0].isupper() or text[0].isdigit()
            assert text.endswith(".")


def test_the_embedded_labeler_agrees_with_the_drawn_truth_to_97_percent() -> None:
    from cxrbench.metrics.labelers.base import get_labeler

    drawn = plans(500, seed=9)
    reports = [write_report(np.random.default_rng([9, number]), plan) for number, plan in enumerate(drawn)]
    labels = get_labeler("rules").label([f"{report.findings}\n{report.impression}" for report in reports])
    hits = wrong = 0
    for plan, label in zip(drawn, labels):
        said = {name for name in CONDITIONS if label[name] in {1, -1}}
        hits += 2 * len(said & plan.conditions)
        wrong += len(said ^ plan.conditions)
    assert hits / (hits + wrong) >= 0.97


def test_hedged_findings_are_reported_as_uncertain() -> None:
    finding = Finding("Pneumonia", "left", "lower", 0.3, hedged=True)
    words = ("possible", "may", "questionable", "suspected", "probable", "cannot be excluded")
    for seed in range(30):
        report = write_report(np.random.default_rng(seed), Plan("1", (finding,)))
        assert any(word in f"{report.findings} {report.impression}".lower() for word in words)


@pytest.mark.parametrize(("studies", "seed", "workers"), [(0, 0, 1), (10_000, 0, 1), (3, -1, 1), (3, 0, 0)])
def test_impossible_sizes_are_refused(tmp_path: Path, studies: int, seed: int, workers: int) -> None:
    with pytest.raises(UsageError):
        write_phantom(tmp_path / "p", studies=studies, seed=seed, workers=workers)


def test_a_folder_that_holds_something_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(DataError, match="not empty"):
        write_phantom(tmp_path, studies=1, workers=1)
    assert digest(tmp_path).keys() == {"mine.txt"}


def test_a_full_disk_is_a_data_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("PIL.Image.Image.save", full)
    with pytest.raises(DataError, match="cannot write the phantom: No space left on device"):
        write_phantom(tmp_path / "p", studies=2, workers=1)


def test_what_stops_a_worker_process_reaches_the_caller(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(draw_studies(tmp_path / "nowhere", 0, range(90001, 90065), workers=2))


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_phantom(tmp_path / "p", studies=4, workers=1, progress=lambda done, all: seen.append((done, all)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_damaged_description_or_truth_is_a_data_error(tmp_path: Path) -> None:
    write_phantom(tmp_path / "p", studies=2, workers=1)
    (tmp_path / "p/truth.jsonl").write_text('{"uid": ')
    with pytest.raises(DataError, match="is damaged"):
        read_truth(tmp_path / "p")
    description = json.loads((tmp_path / "p/phantom.json").read_text())
    assert description["generator_version"] == GENERATOR_VERSION
    (tmp_path / "p/phantom.json").write_text('{"schema": "something/9"}')
    with pytest.raises(DataError, match="something/9"):
        read_iu_xray(tmp_path / "p")
    with pytest.raises(DataError, match="not a phantom"):
        read_truth(tmp_path)


def test_the_generator_is_frozen_as_version_1() -> None:
    """A changed film or report needs a new generator version: checkpoints and published numbers refer to it."""
    assert GENERATOR_VERSION == "1"
    text = hashlib.sha256()
    for uid in range(90001, 90041):
        report = write_report(
            np.random.default_rng([0, uid, 2]), plan_study(np.random.default_rng([0, uid, 0]), str(uid))
        )
        text.update(repr((report.findings, report.impression, report.indication, report.comparison)).encode())
    assert text.hexdigest()[:16] == "a420a42c47a51910"
    means = {90001: 107.3, 90003: 100.4, 90008: 113.4, 90012: 145.4, 90023: 104.8}
    for uid, mean in means.items():
        plan = plan_study(np.random.default_rng([0, uid, 0]), str(uid))
        film = draw_film(np.random.default_rng([0, uid, 1]), plan)
        assert float(film.pixels.mean()) == pytest.approx(mean, abs=0.1)
