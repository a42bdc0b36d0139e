"""Balance on the phantom of MIMIC-Ext-CXR-QBA, which is as skewed as reports are; flips of what it writes."""

from dataclasses import replace

import numpy as np
import pytest

from cxrbench.datasets.augment.graph.places import move_in_graph, move_in_question
from cxrbench.datasets.augment.laterality.records import mirror_graph, mirror_question
from cxrbench.datasets.augment.laterality.words import NoMirrorImage, swap_sides
from cxrbench.datasets.phantom.qba.writer import write_mimic_phantom
from cxrbench.datasets.qba.folder import open_qba
from cxrbench.datasets.qba.index.build import build_index
from cxrbench.datasets.qba.index.query import open_index
from cxrbench.datasets.qba.index.selection import Selection
from cxrbench.datasets.sampling.balance import balance
from cxrbench.datasets.sampling.from_index import primary_images, read_columns
from cxrbench.datasets.sampling.hierarchical import HierarchicalSampler
from cxrbench.datasets.sampling.pair_store import PairStore, write_pairs
from cxrbench.datasets.sampling.stratified import StratifiedSampler

PRESET = Selection.preset("pretraining", ("train",))


def to_a_millionth(boxes):
    """Corners are fractions of a pixel, of which mirroring changes the last binary digit."""
    return tuple(
        replace(box, **{side: round(getattr(box, side), 6) for side in ("x1", "y1", "x2", "y2")}) for box in boxes
    )


def rounded(graph):
    return move_in_graph(graph, to_a_millionth)


class Everywhere(dict):
    """The same width for every image."""

    def __contains__(self, image: object) -> bool:
        return True

    def __missing__(self, image: str) -> float:
        return 3000.0


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom") / "mimic"
    write_mimic_phantom(folder, studies=48, questions=96, films=False, workers=1)
    return folder


@pytest.fixture(scope="module")
def index_folder(phantom, tmp_path_factory):
    out = tmp_path_factory.mktemp("index") / "index"
    build_index(phantom, out, workers=1)
    return out


@pytest.fixture(scope="module")
def columns(index_folder):
    with open_index(index_folder) as index:
        return read_columns(index, "train", PRESET)


def test_the_phantom_is_skewed(columns):
    shares = balance(columns)
    assert shares["polarity"]["pos"] < 0.25
    assert shares["region group"]["pulmonary"] > 0.4
    assert shares["region group"]["osseous"] < 0.12
    assert shares["complexity"]["single_entity"] > 0.8


def test_single_questions_are_balanced_exactly(columns):
    made = StratifiedSampler(columns, len(columns) // 20)
    shares = balance(columns, made.draw(9, 0, made.pairs))
    assert shares["polarity"]["pos"] == pytest.approx(0.5, abs=0.005)
    assert list(shares["region group"].values()) == pytest.approx([0.2] * 5, abs=0.02)


def test_questions_by_study_are_as_balanced_as_the_report_says(columns):
    made = HierarchicalSampler(columns)
    rows = np.concatenate([made.ask(made.order(epoch), epoch).rows for epoch in range(3, 13)])
    shares = balance(columns, rows)
    # Some 3,000 draws with a polarity and 2,000 with a region group: five standard deviations are .046 and .045.
    assert shares["polarity"]["pos"] == pytest.approx(0.5, abs=0.046)
    # So few studies do not have enough questions about bones: the report says how far the groups can be evened out.
    reached = {name: got for name, (_, got) in made.weights(9).report()["region group"].items()}
    assert shares["region group"] == pytest.approx(reached, abs=0.045)
    assert max(abs(share - 0.2) for share in reached.values()) < 0.08


def test_the_store_gives_the_texts_that_the_index_has(columns, index_folder, tmp_path):
    batch = next(HierarchicalSampler(columns).batches())
    names = ["pair", "study_id", "question_id", "question", "answer"]
    with open_index(index_folder) as index:
        assert write_pairs(index, tmp_path / "pairs.arrow", PRESET) == len(columns)
        images = primary_images(index)
        wanted = index.take(batch.pairs, [*names, "image_id"]).to_pydict()
    with PairStore(tmp_path / "pairs.arrow") as store:
        assert store.take(batch.pairs).select([*names, "image_id"]).to_pydict() == wanted
    assert images[batch.studies].tolist() == wanted["image_id"]


def test_what_the_phantom_says_is_mirrored_there_and_back_or_refused(phantom):
    folder = open_qba(phantom)
    widths = Everywhere()
    graphs = questions = 0
    for key in list(folder.studies("qa"))[:12]:
        graph = folder.read_scene_graph(key.patient_id, key.study_id)
        try:
            once = mirror_graph(graph, widths)
        except NoMirrorImage:
            continue
        graphs += 1
        assert rounded(mirror_graph(once, widths)) == rounded(graph)
        for id, item in once.observations.items():
            assert item.laterality == swap_sides(graph.observations[id].laterality)
        for question in folder.read_questions(key.patient_id, key.study_id).questions:
            try:
                mirrored = mirror_question(question, widths)
            except NoMirrorImage:
                continue
            questions += 1
            assert move_in_question(mirror_question(mirrored, widths), to_a_millionth) == move_in_question(
                question, to_a_millionth
            )
            assert [item.positive for item in mirrored.walk()] == [item.positive for item in question.walk()]
            assert [item.laterality for item in mirrored.walk()] == [
                swap_sides(item.laterality) for item in question.walk()
            ]
    assert graphs >= 6
    assert questions >= 400
