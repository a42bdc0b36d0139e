"""What is odd about the data: counted and listed, never fatal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Final

from cxrbench.datasets.qba.index.files import write_table

KINDS: Final[dict[str, str]] = {
    "file_names": "names or versions of files that do not fit",
    "no_question_metadata": "there is no table of questions: no question has a grade",
    "no_scene_graphs": "there are no scene graphs: links to observations are not checked",
    "duplicate_study": "a study under two patients; the first counts",
    "study_without_file": "a study of the metadata without a question file",
    "study_without_metadata": "a question file whose study the metadata do not name",
    "study_without_images": "a study of which no image is known",
    "study_without_graph": "a study without a scene graph file",
    "image_without_questions": "an image whose study has no question file",
    "graph_without_questions": "a scene graph whose study has no question file",
    "unreadable_study": "a question file that cannot be read; the study has no row",
    "unreadable_graph": "a scene graph that cannot be read; links to its observations are not checked",
    "repaired": "a file that is not quite as documented, read all the same",
    "id_differs": "the patient or study inside the file is another than in its name; the name counts",
    "duplicate_question": "a question id that a study uses twice; the first counts",
    "question_without_metadata": "a question that the table of questions does not name; it has no grade",
    "question_without_file": "a question of the table that no file has",
    "unknown_type": "a question type that is none of the 27; kept as it is spelt",
    "unknown_grade": "a grade that is not known; the question has none",
    "unknown_image": "a place in an image that is none of the study's",
    "unknown_observation": "a question about an observation that the scene graph does not have",
    "empty_question": "a question without text",
    "empty_answer": "a main answer without text",
    "no_answer": "a question without an answer",
    "box_outside": "a box that reaches outside its image; cut at the border",
    "box_empty": "a box without area inside its image; dropped",
    "yes_no_disagrees": "a sentence that says yes where positiveness says no, or the reverse; the sentence counts",
    "unmapped_region": "a region name that means none of the 26",
    "unmapped_entity": "an entity name that the table of CheXpert conditions does not know",
}
"""Kind -> what it means and what was done about it."""


COLUMNS: Final = ("kind", "study_id", "item", "message", "count")
_Key = tuple[str, str, str]


class Problems:
    """Collects problems; the same kind, study and item is one row with a count."""

    def __init__(self) -> None:
        self._messages: dict[_Key, str] = {}
        self._counts: Counter[_Key] = Counter()

    def add(self, kind: str, study_id: str = "", item: str = "", message: str = "", count: int = 1) -> None:
        """Note a problem; the first message of a kind, study and item is kept."""
        key = kind, study_id, item
        self._messages.setdefault(key, message or KINDS[kind])
        self._counts[key] += count

    def counts(self) -> dict[str, int]:
        """Kind -> how many."""
        total: Counter[str] = Counter()
        for (kind, _, _), count in self._counts.items():
            total[kind] += count
        return dict(sorted(total.items()))

    def listed(self) -> list[dict[str, Any]]:
        """The same as `QbaIndex.problems`."""
        return [dict(zip(COLUMNS, row)) for row in self.rows()]

    def rows(self) -> list[list[Any]]:
        """Kind, study_id, item, message and count of each, as `add` takes them."""
        return [[*key, self._messages[key], count] for key, count in self._counts.items()]

    def write(self, path: Path) -> None:
        """Write a table of columns kind, study_id, item, message and count; no file where there is no problem."""
        import pyarrow as pa

        path.unlink(missing_ok=True)
        if self._counts:
            types = (pa.string(), pa.string(), pa.string(), pa.string(), pa.int64())
            columns = zip(COLUMNS, types, zip(*self.rows()))
            write_table(path, pa.table({name: pa.array(values, type) for name, type, values in columns}))
