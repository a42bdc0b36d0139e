"""The columns of the index, and the files it consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA: Final = "cxrbench.qba_index/1"
MANIFEST: Final = "index.json"
QUESTIONS: Final = "questions"
"""Folder of the shards, `part-00000.parquet` and so on, each with its `part-00000.json` until the index is whole."""
STUDIES: Final = "studies.parquet"
PROBLEMS: Final = "problems"
"""Folder with one file per shard that had any problem, and `plan.parquet` for those seen before the first shard."""

GRADES: Final = ("A++", "A+", "A", "B", "C", "D", "U")
"""Best first; U is unrated, which is neither better nor worse than any of them."""
SPLITS: Final = ("train", "validate", "test")
POLARITIES: Final = ("pos", "neg")
COMPLEXITIES: Final = ("single_entity", "multi_entity", "relational", "multi_hop")

ROW_GROUP: Final = 20_000
"""Rows of a row group at most: what a random access reads at least."""
PAIR_BITS: Final = 16
"""`pair` is the number of the study shifted by this, plus the position of the question in the study."""

COLUMNS: Final[dict[str, str]] = {
    "pair": "number of the pair: ascending, unique, the same in every index of the same data",
    "study_number": "number of the study in the order of the index, as in studies.parquet",
    "patient_id": "with its prefix, p10000032",
    "study_id": "with its prefix, s50414267",
    "question_id": "unique inside the study only",
    "split": "train, validate or test; null where the metadata do not name the patient",
    "grade": "A++ to D, or U for unrated; null where the metadata do not name the question",
    "type": "identifier with its prefix, D02_has_finding; as the file spells it where it is unknown",
    "strategy": "indication, abnormal, region_abnormal or finding",
    "family": "where, what, how, yes_no or describe; null for an unknown type",
    "complexity": "single_entity, multi_entity, relational or multi_hop",
    "image_id": "primary frontal image of the study, PA before AP; null where there is none",
    "view": "its view position; null where there is none",
    "question": "text of the question",
    "answer": "text of the main answer",
    "yes_no": "gold: yes or no; null for the types that are not answered so",
    "polarity": "pos or neg: positiveness of the main answer",
    "region_names": "regions of the main answers, else of all answers, as the data set names them",
    "mentioned_regions": "the same among the 26 names of cxrbench.core.regions, whatever the answers say of them",
    "region_group": "the group that most of mentioned_regions belong to, the first in order among equals",
    "entities": "finding and device entities of all answers, as the data set names them",
    "regions": "gold: regions, of the 26, where something is (see Gold of cxrbench.datasets.qba.gold)",
    "conditions": "gold: CheXpert names that positive answers mean",
    "denied_conditions": "gold: CheXpert names that negative answers mean",
    "severity": "gold: none, mild, moderate or severe",
    "boxes": "gold: boxes of positive answers on the primary image, in its pixels, each with what it shows",
    "obs_ids": "observations of the scene graph that the question refers to",
    "answers": "number of answers on all levels",
    "levels": "number of levels of answers",
    "from_report": "whether an answer comes from the report",
    "from_template": "whether an answer comes from a template",
    "question_length": "characters",
    "answer_length": "characters of the main answer",
}
"""Column -> what it holds."""
WORD_LISTS: Final = (
    "region_names",
    "mentioned_regions",
    "entities",
    "regions",
    "conditions",
    "denied_conditions",
    "obs_ids",
)
LIST_COLUMNS: Final = (*WORD_LISTS, "boxes")


def questions_schema() -> pa.Schema:
    """Arrow schema of a shard, in the order of `COLUMNS`."""
    import pyarrow as pa

    word = pa.dictionary(pa.int32(), pa.string())
    words = pa.list_(pa.string())
    corners: list[tuple[str, pa.DataType]] = [(name, pa.float32()) for name in ("x1", "y1", "x2", "y2")]
    box = pa.struct([*corners, ("label", pa.string())])
    types = {
        "pair": pa.int64(),
        "study_number": pa.int32(),
        "question_id": pa.string(),
        "question": pa.string(),
        "answer": pa.string(),
        **dict.fromkeys(WORD_LISTS, words),
        "boxes": pa.list_(box),
        "answers": pa.int16(),
        "levels": pa.int8(),
        "from_report": pa.bool_(),
        "from_template": pa.bool_(),
        "question_length": pa.int32(),
        "answer_length": pa.int32(),
    }
    return pa.schema([(name, types.get(name, word)) for name in COLUMNS])


def studies_schema() -> pa.Schema:
    """Arrow schema of `studies.parquet`: a row per study of the index.

    `shard` and `questions` tell where its rows are; `views`, `image_ids`, `widths` and `heights` (0 where unknown)
    list every image of the study in the order of the metadata; `has_graph` is whether a scene graph file exists.
    """
    import pyarrow as pa

    return pa.schema(
        [
            ("study_number", pa.int32()),
            ("patient_id", pa.string()),
            ("study_id", pa.string()),
            ("split", pa.string()),
            ("shard", pa.int32()),
            ("questions", pa.int32()),
            ("image_ids", pa.list_(pa.string())),
            ("views", pa.list_(pa.string())),
            ("widths", pa.list_(pa.int32())),
            ("heights", pa.list_(pa.int32())),
            ("primary_image_id", pa.string()),
            ("has_graph", pa.bool_()),
        ]
    )
