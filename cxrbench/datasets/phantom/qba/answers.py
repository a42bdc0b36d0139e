"""Questions and answers as JSON, written together with their rows in the metadata tables.

For a corpus of millions of pairs, answers are put together from bytes that were made once per fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

import numpy as np
import orjson

from cxrbench.datasets.phantom.qba import quality
from cxrbench.datasets.phantom.qba.facts import Fact, Facts, codes_object
from cxrbench.datasets.phantom.qba.places import Place
from cxrbench.datasets.phantom.qba.quality import Draw
from cxrbench.datasets.qba.question_types import MARKED, QUESTION_TYPES

MAIN, DETAILS, RELATED = range(3)
KINDS: Final = ("main_answer", "details", "related_information")
RELATIONAL: Final = "relational"
_UNRATED_SHARE: Final = 0.196
_VARIANTS: Final = 512


class Said(NamedTuple):
    """An answer that is to be written.

    Attributes:
        kind: `MAIN`, `DETAILS` or `RELATED`.
        below: Answers on the next level.
    """

    fact: Fact
    kind: int
    text: str
    below: Sequence[Said] = ()


class Asked(NamedTuple):
    """A question that is to be written.

    Attributes:
        type: Identifier with its prefix.
        variables: What the template was filled with.
    """

    type: str
    text: str
    answers: Sequence[Said]
    variables: dict[str, str] = {}  # noqa: RUF012 - never changed


class Judged(NamedTuple):
    """What the judge says of an answer: as JSON, as codes, and the rank that it allows."""

    json: bytes
    codes: tuple[int, int, int, int]
    rank: int


@cache
def _judgements(kind: int, silent: bool) -> tuple[Judged, ...]:
    """Verdicts on answers of a kind with realistic shares; `silent` answers say no to what no report mentions."""
    main = kind == MAIN
    silence = {4: 0.10, 3: 0.05, 2: 0.828, 1: 0.012, 0: 0.010}
    entailment = Draw(silence if silent else {6: 0.61, 5: 0.325, 3: 0.03, 2: 0.02, 1: 0.008, 0: 0.007})
    relevance = Draw({3: 0.97, 2: 0.02, 1: 0.01} if kind != RELATED else {2: 0.96, 3: 0.02, 1: 0.02})
    completeness = Draw({4: 0.60, 3: 0.37, 2: 0.01, 1: 0.015, 0: 0.005})
    clarity = Draw({4: 0.95, 3: 0.03, 2: 0.015, 1: 0.004, 0: 0.001})
    rng = np.random.default_rng([kind, int(silent)])
    found = []
    for row in rng.random((_VARIANTS, 4)).tolist():
        codes = (entailment(row[0]), relevance(row[1]), completeness(row[2]) if main else 4, clarity(row[3]))
        rank = min(ranks[code] for ranks, code in zip(quality.ANSWER_RANKS, codes))
        # An answer of the wrong kind is held against it.
        if kind == RELATED and codes[1] == quality.RELEVANT_MAIN:
            rank = min(rank, quality.GRADES.index("A"))
        if kind != RELATED and codes[1] == quality.RELATED:
            rank = min(rank, quality.GRADES.index("A+"))
        found.append(Judged(orjson.dumps(dict(zip(quality.ANSWER_KEYS, codes))), codes, rank))
    return tuple(found)


_CLARITY: Final = Draw({5: 0.965, 4: 0.015, 3: 0.01, 2: 0.005, 1: 0.003, 0: 0.002})
_NOT_JUDGED: Final = Judged(b"{}", (-1, -1, -1, -1), quality.BEST)


@dataclass(slots=True)
class Rows:
    """Columns of the metadata tables, of the questions and of the answers; lists run in parallel."""

    question_id: list[str] = field(default_factory=list)
    question_type: list[str] = field(default_factory=list)
    strategy: list[str] = field(default_factory=list)
    rating: list[str] = field(default_factory=list)
    clarity: list[int] = field(default_factory=list)
    extraction: list[tuple[int, ...]] = field(default_factory=list)
    from_report: list[bool] = field(default_factory=list)
    from_template: list[bool] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    image_quality: list[tuple[int, ...]] = field(default_factory=list)
    answer_id: list[int] = field(default_factory=list)
    answer_kind: list[int] = field(default_factory=list)
    answer_level: list[int] = field(default_factory=list)
    answer_report: list[bool] = field(default_factory=list)
    answer_codes: list[tuple[int, ...]] = field(default_factory=list)
    answer_place: list[Place] = field(default_factory=list)


class Writer:
    """Writes the questions of a study.

    Args:
        rows: Where the rows of the tables go.
    """

    def __init__(self, facts: Facts, rows: Rows) -> None:
        self.rows = rows
        self._facts = facts
        self._draw = facts.uniforms.next
        self._images = [film.dicom_id.encode() for film in facts.study.films]
        self._numbers: dict[str, int] = {}

    def file(self, questions: Iterable[Asked]) -> bytes:
        """`<study>.qa.json`."""
        study = self._facts.study
        head = b'{"patient_id":"p%d","study_id":"s%d","questions":[' % (study.patient.subject_id, study.study_id)
        return head + b",".join(map(self._question, questions)) + b"]}"

    def _question(self, asked: Asked) -> bytes:
        type, rows = asked.type, self.rows
        number = self._numbers[type] = self._numbers.get(type, 0) + 1
        known = QUESTION_TYPES.get(type)
        # The files spell types short, the tables and the ids in full; so too for the marked ones.
        marked = next((name for name in MARKED if type.startswith(name)), type)
        strategy, short = (known.strategy, known.name) if known is not None else (RELATIONAL, marked)
        rated = self._draw() >= _UNRATED_SHARE
        used = list(_walk(asked.answers))
        first = len(rows.answer_id)
        written: list[int] = [0]
        body, rank = self._answers(asked.answers, 0, written, rated)
        clarity = _CLARITY(self._draw()) if rated else -1
        codes = [said.fact.codes for said in used if said.fact.codes is not None]
        extraction: tuple[int, ...] = tuple(map(min, zip(*codes))) if len(codes) > 1 else codes[0] if codes else ()
        rank = min([rank, *(said.fact.rank for said in used)])
        if rated:
            rank = min(rank, quality.QUESTION_RANKS[clarity])
        on_images = tuple(
            max(place.rows[image].quality for place in rows.answer_place[first:])
            for image in range(len(self._images))
        )
        obs_ids = list(dict.fromkeys(said.fact.id for said in used if said.fact.id))
        from_report = any(said.fact.from_report for said in used)
        from_template = not all(said.fact.from_report for said in used)
        identifier = f"{type}_{number:03d}"
        rows.question_id.append(identifier)
        rows.question_type.append(type)
        rows.strategy.append(strategy)
        rows.rating.append(quality.GRADES[rank] if rated else quality.UNRATED)
        rows.clarity.append(clarity)
        rows.extraction.append(extraction or (-1,) * len(quality.EXTRACTION_KEYS))
        rows.from_report.append(from_report)
        rows.from_template.append(from_template)
        rows.answers.append(written[0])
        rows.image_quality.append(on_images)
        head = orjson.dumps(
            {
                "question_id": identifier,
                "question_type": short,
                "question_strategy": strategy,
                "variables": asked.variables,
                "obs_ids": obs_ids,
                "contains_report_answers": from_report,
                "contains_template_answers": from_template,
                "extraction_quality": codes_object(extraction or None),  # type: ignore[arg-type]
                "question": asked.text,
                "question_quality": {"clarity": clarity} if rated else {},
            }
        )
        images = b",".join(b'"%b":%d' % item for item in zip(self._images, on_images))
        return b'%b,"question_img_localization_quality":{%b},"answers":%b}' % (head[:-1], images, body)

    def _answers(self, answers: Sequence[Said], level: int, written: list[int], rated: bool) -> tuple[bytes, int]:
        """The list as JSON, numbered top down, and the lowest rank in it."""
        parts, lowest = [], quality.BEST
        rows = self.rows
        for said in answers:
            fact, kind = said.fact, said.kind
            number = written[0]
            written[0] += 1
            judged = _NOT_JUDGED
            if rated:
                silent = not fact.from_report and not fact.positive
                judged = _judgements(kind, silent)[int(self._draw() * _VARIANTS)]
                lowest = min(lowest, judged.rank)
            rows.answer_id.append(number)
            rows.answer_kind.append(kind)
            rows.answer_level.append(level)
            rows.answer_report.append(fact.from_report)
            rows.answer_codes.append(judged.codes)
            rows.answer_place.append(fact.place)
            below = b"[]"
            if said.below:
                below, rank = self._answers(said.below, level + 1, written, rated)
                lowest = min(lowest, rank)
            parts.append(
                b'{"answer_id":%d,"answer_type":"%b","answer_level":%d,"text":%b,"sub_answers":%b,"answer_quality":%b,%b'
                % (number, KINDS[kind].encode(), level, orjson.dumps(said.text), below, judged.json, fact.tail)
            )
        return b"[" + b",".join(parts) + b"]", lowest


def _walk(answers: Sequence[Said]) -> Iterator[Said]:
    for said in answers:
        yield said
        yield from _walk(said.below)
