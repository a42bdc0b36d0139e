"""From the questions of studies to the columns of the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cxrbench.datasets.qba.gold import YesNoGold, canonical_type, yes_no_gold
from cxrbench.datasets.qba.index.boxes import Boxes
from cxrbench.datasets.qba.index.codes import Codes, spread
from cxrbench.datasets.qba.index.decode import QuestionFacts
from cxrbench.datasets.qba.index.problems import Problems
from cxrbench.datasets.qba.index.schema import COMPLEXITIES, PAIR_BITS, questions_schema
from cxrbench.datasets.qba.index.shapes import PROFILE_COLUMNS, Profile, Shapes
from cxrbench.datasets.qba.index.study import Study
from cxrbench.datasets.qba.question_types import MARKED, QUESTION_TYPES

if TYPE_CHECKING:
    import pyarrow as pa

_INVERTED: Final = {type.identifier: type.inverted for type in QUESTION_TYPES.values() if type.yes_no}
_CODED: Final = ("profile", "type", "grade", "yes_no", "obs_ids")
_UNTOLD: Final = YesNoGold(None, None)
_PLAIN: Final = ("question_id", "question", "answer", "levels", "from_report", "from_template")


class Rows:
    """Collects questions, then gives them as an Arrow table.

    A row is little more than the number of its profile, its texts and its boxes; the other columns follow from the
    profiles when the table is made.
    """

    def __init__(self, shapes: Shapes, problems: Problems) -> None:
        self._shapes = shapes
        self._problems = problems
        self._profiles = shapes.profiles
        self._clear()

    def __len__(self) -> int:
        return len(self._positions)

    def _clear(self) -> None:
        self._studies: list[Study] = []
        self._sizes: list[int] = []
        self._positions: list[int] = []
        self._codes = {name: Codes() for name in _CODED}
        self._columns: dict[str, list[Any]] = {name: [] for name in (*_CODED, *_PLAIN)}
        self._boxes = Boxes()

    def add(
        self,
        study: Study,
        questions: Iterable[QuestionFacts],
        grades: Mapping[str, str | None] | None,
        observations: frozenset[str] | None,
    ) -> int:
        """Add the questions of a study and return how many there were.

        Args:
            grades: question_id -> grade; None where the data have none.
            observations: Ids in its scene graph; None where they are not known, and links are not checked.
        """
        coded = [(self._codes[name], self._columns[name].append) for name in _CODED]
        (
            (profiles, add_profile),
            (types, add_type),
            (grade, add_grade),
            (yes_no, add_yes_no),
            (obs_ids, add_obs_ids),
        ) = coded
        add_id, add_question, add_answer, add_levels, add_report, add_template = (
            self._columns[name].append for name in _PLAIN
        )
        add_position, add_boxes = self._positions.append, self._boxes.add
        all_profiles, problems = self._profiles, self._problems
        images = frozenset(study.image_ids)
        seen: set[str] = set()
        for position, question in enumerate(questions):
            id, spelt, text, numbers, texts, where, depth, image_ids, links, report, template = question
            if id in seen:
                problems.add("duplicate_question", study.study_id, id)
                continue
            seen.add(id)
            profile: Profile = all_profiles[numbers]
            answer = "" if profile.main is None else texts[profile.main].strip()
            type = canonical_type(spelt, id)
            told = _UNTOLD
            if type in _INVERTED and profile.main is not None:
                told = yes_no_gold(answer, profile.positive, inverted=_INVERTED[type])
            add_profile(profiles[profile])
            add_type(types[type or spelt or id])
            add_grade(grade[None if grades is None else grades.get(id)])
            add_yes_no(yes_no[told.answer])
            add_obs_ids(obs_ids[links])
            add_id(id)
            add_question(text)
            add_answer(answer)
            add_levels(depth)
            add_report(report)
            add_template(template)
            add_position(position)
            add_boxes(profile.shows, where)
            if not answer or not text or type is None or told.agrees is False:
                self._note(study, question, type, told, profile)
            if not image_ids <= images:
                for image in image_ids - images:
                    problems.add("unknown_image", study.study_id, image)
            if observations is not None and not observations.issuperset(links):
                for observation in {*links} - observations:
                    problems.add("unknown_observation", study.study_id, observation)
        if grades is not None and grades.keys() != seen:
            for kind, ids in (
                ("question_without_metadata", seen - grades.keys()),
                ("question_without_file", grades.keys() - seen),
            ):
                for id in sorted(ids):
                    problems.add(kind, study.study_id, id)
        self._studies.append(study)
        self._sizes.append(len(seen))
        return len(seen)

    def table(self) -> pa.Table:
        """The rows collected since the last call; the collector is empty afterwards."""
        import pyarrow as pa
        import pyarrow.compute as pc

        schema = questions_schema()
        of_row = np.repeat(np.arange(len(self._studies)), self._sizes)
        columns: dict[str, pa.Array] = {}
        for place, name in enumerate(PROFILE_COLUMNS):
            values = [profile.values[place] for profile in self._codes["profile"]]
            columns[name] = spread(values, self._columns["profile"], schema.field(name).type)
        for name, source, of in _DERIVED:
            values = [of(value) for value in self._codes[source]]
            columns[name] = spread(values, self._columns[source], schema.field(name).type)
        columns |= {name: pa.array(self._columns[name], schema.field(name).type) for name in _PLAIN}
        columns["complexity"] = self._complexity(schema.field("complexity").type)
        columns |= self._of_studies(of_row, schema)
        columns["boxes"] = self._box_column(of_row, schema.field("boxes").type)
        for name in ("question", "answer"):
            columns[f"{name}_length"] = pc.utf8_length(columns[name])
        self._note_unmapped()
        self._clear()
        return pa.table({name: columns[name] for name in schema.names})

    def _of_studies(self, of_row: NDArray[np.int64], schema: pa.Schema) -> dict[str, pa.Array]:
        import pyarrow as pa

        numbers = np.array([study.number for study in self._studies], np.int64)[of_row]
        columns = {
            "study_number": pa.array(numbers.astype(np.int32)),
            "pair": pa.array((numbers << PAIR_BITS) + np.array(self._positions, np.int64)),
        }
        for name in ("patient_id", "study_id", "split", "image_id", "view"):
            values = [getattr(study, name) for study in self._studies]
            columns[name] = spread(values, of_row.astype(np.int32), schema.field(name).type)
        return columns

    def _box_column(self, of_row: NDArray[np.int64], type: pa.DataType) -> pa.Array:
        sizes = np.array([study.size for study in self._studies], np.float64).reshape(-1, 2)
        column, outside, empty = self._boxes.column(sizes[of_row], type)
        for kind, rows in (("box_outside", outside), ("box_empty", empty)):
            for row in rows:
                study = self._studies[of_row[row]]
                self._problems.add(kind, study.study_id, self._columns["question_id"][row])
        return column

    def _complexity(self, type: pa.DataType) -> pa.Array:
        marked = np.array([MARKED.index(name) + 2 if name in MARKED else 0 for name in self._codes["type"]], np.int32)
        several = np.array([profile.entities > 1 for profile in self._codes["profile"]], np.int32)
        by_type, by_profile = marked[self._columns["type"]], several[self._columns["profile"]]
        return spread(COMPLEXITIES, np.where(by_type > 0, by_type, by_profile), type)

    def _note_unmapped(self) -> None:
        questions = np.bincount(np.array(self._columns["profile"], np.int64), minlength=len(self._codes["profile"]))
        for profile, count in zip(self._codes["profile"], questions.tolist()):
            for kind, name in profile.unmapped:
                self._problems.add(kind, item=name, count=count)

    def _note(
        self, study: Study, question: QuestionFacts, type: str | None, told: YesNoGold, profile: Profile
    ) -> None:
        found = {
            "empty_question": not question.text,
            "no_answer": profile.main is None,
            "empty_answer": profile.main is not None and not question.texts[profile.main].strip(),
            "yes_no_disagrees": told.agrees is False,
        }
        for kind, true in found.items():
            if true:
                self._problems.add(kind, study.study_id, question.id)
        if type is None:
            self._problems.add("unknown_type", study.study_id, question.type or question.id)


def _same(value: Any) -> Any:
    return value


def _strategy(type: str) -> str | None:
    return "relational" if type in MARKED else QUESTION_TYPES[type].strategy if type in QUESTION_TYPES else None


def _family(type: str) -> str | None:
    return QUESTION_TYPES[type].family if type in QUESTION_TYPES else None


_DERIVED: Final = (
    ("type", "type", _same),
    ("strategy", "type", _strategy),
    ("family", "type", _family),
    ("grade", "grade", _same),
    ("yes_no", "yes_no", _same),
    ("obs_ids", "obs_ids", _same),
)
