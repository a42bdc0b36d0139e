"""What a study of MIMIC-Ext-CXR-QBA holds, once read: its scene graph, its questions and their answers.

Names follow the data set. Identifiers keep their prefixes (`p10000032`, `s50414267`); image ids are dicom ids.
Boxes are `[x1, y1, x2, y2]` in pixels of the MIMIC-CXR-JPG image.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cxrbench.core.types import Box


@dataclass(frozen=True, slots=True)
class Localisation:
    """Where something lies in one image.

    Attributes:
        boxes: One reference id can own several boxes; never pair the two by position.
        is_fallback: The boxes stand in for a region that has none of its own; they are no gold.
    """

    image_id: str
    boxes: tuple[Box, ...] = ()
    references: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    is_fallback: bool = False
    quality: int | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """One statement of the report.

    Attributes:
        positive: `positiveness` pos or neg; None where it is neither.
        modifiers: Kind (temporal, severity, texture, spread, ...) -> words.
        localisations: Image id -> place.
    """

    id: str
    name: str
    sentence: str
    regions: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    entity_parents: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subcategories: tuple[str, ...] = ()
    laterality: str = ""
    positive: bool | None = None
    probability: str = ""
    certainty: str = ""
    modifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    child_type: str | None = None
    child_level: int = 0
    from_report: bool = True
    localisations: Mapping[str, Localisation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Region:
    """An anatomical region of a scene graph."""

    name: str
    laterality: str = ""
    quality: int | None = None
    localisations: Mapping[str, Localisation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Relation:
    """An edge between two nodes of a scene graph, by their ids or names."""

    source: str
    target: str
    kind: str


@dataclass(frozen=True, slots=True)
class SceneGraph:
    """What a report says, as a graph. Derived from the report: as an input of a model it is an oracle.

    Attributes:
        indication: Why the study was made, summarised.
        indication_answer: What the report answers to the indication; its id is `OIND` and it is no observation.
        located_at: Region to observation; the kind says how the place was given ("direct").
        observation_relations: Parent to child; the kind is the child's type ("associated_with").
        region_relations: Region to region; the kind is "sub_region", "right" and so on.
        observation_sentences: Observation to sentence.
        quality: Integer codes by criterion, larger is better; opaque without the data set's quality mappings.
        image_quality: Image id -> the same for its localisation.
        problems: What was odd about the file and how it was read, one sentence each.
    """

    patient_id: str
    study_id: str
    observations: Mapping[str, Observation]
    regions: Mapping[str, Region] = field(default_factory=dict)
    top_level: tuple[str, ...] = ()
    sentences: Mapping[str, str] = field(default_factory=dict)
    indication: str | None = None
    located_at: tuple[Relation, ...] = ()
    observation_relations: tuple[Relation, ...] = ()
    region_relations: tuple[Relation, ...] = ()
    observation_sentences: tuple[Relation, ...] = ()
    indication_answer: Observation | None = None
    quality: Mapping[str, int] = field(default_factory=dict)
    image_quality: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, with what hangs below it.

    Attributes:
        kind: main_answer, details or related_information.
        level: 0 for an answer to the question, more for those below.
        positive: `positiveness` pos or neg; None where it is neither.
    """

    id: str
    kind: str
    level: int
    text: str
    name_tag: str = ""
    laterality: str = ""
    regions: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    entity_parents: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subcategories: tuple[str, ...] = ()
    certainty: str = ""
    positive: bool | None = None
    modifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    localisations: Mapping[str, Localisation] = field(default_factory=dict)
    from_report: bool = True
    below: tuple[Answer, ...] = ()

    def walk(self) -> Iterator[Answer]:
        """This answer and all below it, top down."""
        yield self
        for answer in self.below:
            yield from answer.walk()


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a study.

    Attributes:
        id: Unique inside the study only.
        type: Canonical identifier, for example `D02_has_finding`; from the id's prefix where the type is short.
        variables: Opaque: names and values of the template's slots.
    """

    id: str
    type: str
    strategy: str
    text: str
    answers: tuple[Answer, ...]
    obs_ids: tuple[str, ...] = ()
    variables: Mapping[str, object] = field(default_factory=dict)
    contains_report_answers: bool = False
    contains_template_answers: bool = False

    @property
    def main(self) -> Answer | None:
        """The first main answer, else the first answer."""
        mains = [answer for answer in self.answers if answer.kind == "main_answer"]
        return next(iter(mains or self.answers), None)

    def walk(self) -> Iterator[Answer]:
        """All answers of all levels, top down."""
        for answer in self.answers:
            yield from answer.walk()


@dataclass(frozen=True, slots=True)
class StudyQuestions:
    """The questions of a study.

    Attributes:
        problems: What was odd about the file and how it was read, one sentence each.
    """

    patient_id: str
    study_id: str
    questions: tuple[Question, ...]
    problems: tuple[str, ...] = ()
