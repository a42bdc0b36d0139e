"""The numbers of an exploration against counts in Python, and what its page may not hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from qba_index_folder import write_qba

from cxrbench.core.errors import UnknownNameError
from cxrbench.datasets.qba import documented
from cxrbench.datasets.qba.explore.overlap import gold_overlap, largest_ious, sampled_studies
from cxrbench.datasets.qba.explore.summary import Exploration, explore
from cxrbench.datasets.qba.folder import open_qba
from cxrbench.datasets.qba.index.build import build_index
from cxrbench.datasets.qba.index.query import QbaIndex, open_index
from cxrbench.datasets.qba.index.selection import PRESETS, Selection
from cxrbench.leaderboard.explore import explore_page, write_exploration


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("explore")
    write_qba(root / "in", 10, count=30, views={2: ("AP",), 4: ("LATERAL",)})
    build_index(root / "in", root / "index", workers=1)
    return root


@pytest.fixture(scope="module")
def index(folder: Path) -> Iterator[QbaIndex]:
    with open_index(folder / "index", threads=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(folder: Path, index: QbaIndex) -> Exploration:
    return explore(index, folder=open_qba(folder / "in"))


def test_every_distribution_counts_what_the_rows_hold_before_and_after(index: QbaIndex, found: Exploration) -> None:
    rows = index.table().to_pylist()
    kept = [row for row in rows if row["grade"] in PRESETS["finetuning"] and row["image_id"] is not None]
    assert found.sizes[0].questions == 300
    assert (found.sizes[2].name, found.sizes[2].questions) == ("finetuning", len(kept))
    assert found.sizes[2].studies == len({row["study_id"] for row in kept})
    assert found.sizes[2].patients == len({row["patient_id"] for row in kept})

    def members(row: dict[str, Any], column: str) -> list[Any]:
        value = len(row["boxes"]) if column == "boxes" else row[column]
        if column in ("boxes", "answers"):
            return [str(value) if value < 5 else "5 or more"]
        return value if isinstance(value, list) else [value]

    for item in found.distributions:
        for number, chosen, whole in (("before", rows, item.of_before), ("after", kept, item.of_after)):
            counted = Counter(name for row in chosen for name in members(row, item.key) if name is not None)
            shown = {value.label: getattr(value, number) for value in item.values}
            if item.key == "region_group":
                del counted["other"]
            assert {name: count for name, count in shown.items() if count} == counted, item.key
            several = item.key in ("mentioned_regions", "conditions", "denied_conditions")
            assert whole == (len(chosen) if several else sum(counted.values()))


def test_quantiles_of_lengths_are_near_those_of_numpy(index: QbaIndex, found: Exploration) -> None:
    lengths = index.table(columns=("answer_length",))["answer_length"].to_numpy()
    shown = next(item.before for item in found.quantiles if item.what == "characters of a main answer")
    assert np.abs(np.quantile(lengths, [0.05, 0.25, 0.5, 0.75, 0.95]) - shown).max() <= 3


coordinates = arrays(np.float64, st.tuples(st.integers(1, 6), st.just(4)), elements=st.integers(0, 40).map(float))


@settings(max_examples=60, deadline=None)
@given(coordinates)
def test_the_largest_iou_of_a_box_is_found_by_counting_pixels(boxes: np.ndarray) -> None:
    boxes = np.hstack([np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])])
    masks = []
    for x1, y1, x2, y2 in boxes.astype(int):
        mask = np.zeros((40, 40), bool)
        mask[y1:y2, x1:x2] = True
        masks.append(mask)
    expected = []
    for place, mask in enumerate(masks):
        others = [other for number, other in enumerate(masks) if number != place]
        ious = [(mask & other).sum() / max((mask | other).sum(), 1) for other in others]
        expected.append(max(ious, default=0.0))
    assert largest_ious(boxes) == pytest.approx(expected)


def test_overlap_counts_each_box_of_a_study_once_and_only_selected_questions(index: QbaIndex) -> None:
    studies = sampled_studies(index)
    assert studies == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert len(sampled_studies(index, 4)) == 4
    rows = [row for row in index.table(Selection(types=("D02_has_finding",))).to_pylist() if row["boxes"]]
    boxes = {
        (row["study_id"], *(box[side] for side in ("x1", "y1", "x2", "y2"))) for row in rows for box in row["boxes"]
    }
    found = gold_overlap(index, studies, Selection(types=("D02_has_finding",)))
    assert (found.studies, found.boxes) == (len({box[0] for box in boxes}), len(boxes))
    nothing = gold_overlap(index, studies, Selection(patients=("p1",)))
    assert (nothing.studies, nothing.boxes, nothing.overlapping, nothing.mean_max_iou) == (0, 0, None, None)


def test_regions_of_the_scene_graphs_are_measured_where_the_data_are_at_hand(
    index: QbaIndex, found: Exploration
) -> None:
    regions = found.overlaps["boxes of all regions in the scene graphs"]
    # The graphs of the writer have three regions, all of them on an image that is none of the study's.
    assert (regions.boxes, regions.missing) == (0, 1.0)
    assert "boxes of all regions in the scene graphs" not in explore(index).overlaps


def test_a_preset_or_split_that_does_not_exist_is_named(index: QbaIndex) -> None:
    with pytest.raises(UnknownNameError, match="preset"):
        explore(index, preset="b")
    with pytest.raises(UnknownNameError, match="splits"):
        explore(index, splits=("val",))
    only = next(item for item in explore(index, splits=("test",)).distributions if item.key == "split")
    assert {value.label for value in only.values if value.before} == {"test"}


def test_the_page_holds_every_number_no_text_and_nothing_from_outside(index: QbaIndex, found: Exploration) -> None:
    page = unescape(explore_page(replace(found, phantom=True)))
    assert "Content-Security-Policy" in page
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=[\"'](?!#)", page)
    assert "https://" not in page.replace("http://www.w3.org", "")
    for row in index.table(columns=("question", "answer", "study_id", "patient_id", "image_id")).to_pylist():
        assert row["study_id"] not in page
        assert row["patient_id"] not in page
        assert str(row["image_id"]) not in page
        assert row["question"] not in page
        assert len(row["answer"]) < 12 or row["answer"] not in page
    assert page.count("<svg") == 2 * len(found.distributions)
    assert page.count("<title id=") == page.count("<svg") == page.count("<desc id=")
    assert f"{100 * documented.OVERLAPPING:.3f}" in page


def test_small_counts_of_restricted_data_are_not_shown(found: Exploration) -> None:
    small = [v for item in found.distributions for v in item.values if 0 < v.before < 10]
    assert small
    restricted, phantom = explore_page(replace(found, phantom=False)), explore_page(replace(found, phantom=True))
    assert "fewer than 10" in restricted
    assert "Restricted data" in restricted
    assert "fewer than 10" not in phantom
    assert "Phantom data" in phantom


def test_the_page_is_written_where_asked(tmp_path: Path, found: Exploration) -> None:
    write_exploration(found, tmp_path / "deep/page.html")
    assert (tmp_path / "deep/page.html").read_text() == explore_page(found)
