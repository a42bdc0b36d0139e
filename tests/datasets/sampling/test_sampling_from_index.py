"""Columns read from index files that the test writes itself, in the columns of the schema."""

import numpy as np
import pytest

from cxrbench.core.errors import UnknownNameError
from cxrbench.datasets.qba.index.manifest import Manifest, Shard
from cxrbench.datasets.qba.index.query import open_index
from cxrbench.datasets.qba.index.schema import COMPLEXITIES, LIST_COLUMNS, STUDIES, questions_schema, studies_schema
from cxrbench.datasets.qba.index.selection import Selection
from cxrbench.datasets.sampling.columns import GROUPS, TYPES
from cxrbench.datasets.sampling.from_index import primary_images, read_columns
from cxrbench.datasets.sampling.hierarchical import HierarchicalSampler
from cxrbench.datasets.sampling.label_consistency import NAMES
from cxrbench.datasets.sampling.stratified import StratifiedSampler

SPLITS = ("train", "train", "validate", "test", "train")
ROWS = [
    # study, type, polarity, group, complexity, conditions, denied, grade
    (0, "D02_has_finding", "pos", "pulmonary", "single_entity", ["Edema"], [], "A"),
    (0, "D02_has_finding", "neg", "pleural", "multi_entity", [], ["Pleural Effusion", "Fracture"], "B"),
    (0, "B04_is_normal", "pos", None, "single_entity", [], [], "A++"),
    (1, "E99_unheard_of", None, "other", None, [], [], "A"),
    (1, "relational", "pos", "osseous", "relational", ["Fracture"], [], "C"),
    (1, "B03_is_abnormal", "neg", None, "multi_hop", None, None, "A"),
    (2, "D02_has_finding", "pos", "cardiac", "single_entity", ["Cardiomegaly"], [], "A"),
    (3, "D02_has_finding", "neg", "cardiac", "single_entity", [], ["Cardiomegaly"], "A"),
    (4, "D02_has_finding", "neg", "cardiac", "single_entity", [], ["Cardiomegaly"], "A"),
]
NO_FILM = 4
LABELS = {
    "s0": {"Edema": 1, "Fracture": 1, "No Finding": None},
    "s1": {"No Finding": 1, "Fracture": 1},
    "s2": {"Cardiomegaly": 0},
}


@pytest.fixture
def index(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = []
    for number, (study, type, polarity, group, complexity, conditions, denied, grade) in enumerate(ROWS):
        row = dict.fromkeys(questions_schema().names) | {name: [] for name in LIST_COLUMNS}
        row |= {"pair": (study << 16) + number, "study_number": study, "patient_id": f"p{study}"}
        row |= {"study_id": f"s{study}", "question_id": f"{type}_001", "split": SPLITS[study], "type": type}
        row |= {"polarity": polarity, "region_group": group, "complexity": complexity, "grade": grade}
        row |= {"conditions": conditions, "denied_conditions": denied}
        row |= {"image_id": None if study == NO_FILM else f"i{study}", "view": "PA"}
        rows.append(row)
    studies = [
        dict.fromkeys(studies_schema().names)
        | {"study_number": number, "study_id": f"s{number}", "split": split}
        | {"primary_image_id": None if number == NO_FILM else f"i{number}"}
        for number, split in enumerate(SPLITS)
    ]
    shard = Shard(0, 0, len(SPLITS), len(ROWS), 0, "")
    (tmp_path / shard.file).parent.mkdir()
    pq.write_table(pa.Table.from_pylist(rows, questions_schema()), tmp_path / shard.file)
    pq.write_table(pa.Table.from_pylist(studies, studies_schema()), tmp_path / STUDIES)
    shard = Shard(0, 0, len(SPLITS), len(ROWS), (tmp_path / shard.file).stat().st_size, "")
    Manifest("print", True, len(SPLITS), len(ROWS), (shard,), {}).write(tmp_path)
    with open_index(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("split", ["train", "validate", "test"])
def test_the_questions_of_one_split_are_read_as_codes_in_the_order_of_the_index(index, split):
    columns = read_columns(index, split)
    wanted = [(number, row) for number, row in enumerate(ROWS) if SPLITS[row[0]] == split and row[0] != NO_FILM]
    assert columns.split == split
    assert columns.pair.tolist() == [(row[0] << 16) + number for number, row in wanted]
    assert columns.study.tolist() == [row[0] for _, row in wanted]
    assert names(columns.type, TYPES) == [row[1] if row[1] in TYPES else None for _, row in wanted]
    assert names(columns.polarity, ("neg", "pos")) == [row[2] for _, row in wanted]
    assert names(columns.group, GROUPS) == [row[3] if row[3] in GROUPS else None for _, row in wanted]
    assert names(columns.complexity, COMPLEXITIES) == [row[4] for _, row in wanted]
    assert columns.consistency is None


def names(codes: np.ndarray, values) -> list[str | None]:
    return [None if code < 0 else values[code] for code in codes]


def test_a_selection_narrows_the_questions_and_cannot_widen_the_split(index):
    columns = read_columns(index, "train", Selection(grades=("A", "A++"), splits=("test",)))
    assert columns.study.tolist() == [0, 0, 1, 1, 4]


def test_a_sampler_never_draws_a_question_of_another_split(index):
    split_of = {(row[0] << 16) + number: SPLITS[row[0]] for number, row in enumerate(ROWS)}
    for split in ("train", "validate", "test"):
        columns = read_columns(index, split)
        for sampler in (HierarchicalSampler(columns, 2, 3), StratifiedSampler(columns, 1)):
            batches = sampler.batches(epochs=6) if sampler.__class__ is HierarchicalSampler else (
                sampler.batches(1, epochs=6)
            )  # fmt: skip
            drawn = {int(pair) for batch in batches for pair in batch.pairs}
            assert {split_of[pair] for pair in drawn} == {split}


def test_answers_are_compared_with_the_labels_of_their_study(index):
    columns = read_columns(index, "train", labels=LABELS)
    assert [NAMES[code] for code in columns.consistency] == [
        "agree",  # claims edema, which is positive
        "contradict",  # denies a fracture, which is positive
        "unknown",  # says that the film is abnormal, and "No Finding" is blank
        "unknown",  # no polarity, no condition
        "agree",  # claims the fracture
        "agree",  # says that the film is not abnormal, and there is no finding
    ]
    assert [NAMES[code] for code in read_columns(index, "validate", labels=LABELS).consistency] == ["contradict"]
    assert [NAMES[code] for code in read_columns(index, "test", labels=LABELS).consistency] == ["unknown"]


def test_images_are_the_primary_ones_by_study_number(index):
    assert primary_images(index).tolist() == ["i0", "i1", "i2", "i3", None]


def test_nothing_selected_gives_no_rows_and_an_unknown_split_is_refused(index):
    assert len(read_columns(index, "train", Selection(grades=("D",)))) == 0
    assert len(read_columns(index, "train", Selection(grades=("D",)), labels=LABELS)) == 0
    with pytest.raises(UnknownNameError, match="val"):
        read_columns(index, "val")
