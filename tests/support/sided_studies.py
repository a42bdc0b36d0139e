"""Studies whose every part names its side, drawn by hypothesis, so that a mix-up can be read off anywhere."""

import numpy as np
from hypothesis import strategies as st

from cxrbench.core.types import Box
from cxrbench.datasets.augment.film.boxes import Size
from cxrbench.datasets.augment.recipe import StudySample
from cxrbench.datasets.qba.records import Answer, Localisation, Observation, Question, Region, Relation, SceneGraph

SIZE = Size(200.0, 160.0)
IMAGE, LATERAL = "00000000-0001", "00000000-0002"
SIDES = ("left", "right")
STRUCTURES = ("lung", "lower lobe", "hilum", "pleural space", "costophrenic angle", "clavicle")
FINDINGS = ("effusion", "opacity", "consolidation", "nodule")


def box_on(side: str, draw) -> Box:
    """A box wholly on the patient's side: the patient's left is on the image's right, away from the midline."""
    x1 = draw(st.integers(0, 55))
    x2 = draw(st.integers(x1 + 5, 75))
    y1 = draw(st.integers(0, 100))
    y2 = draw(st.integers(y1 + 5, 155))
    box = Box(float(x1), float(y1), float(x2), float(y2))
    return box if side == "right" else Box(SIZE.width - x2, box.y1, SIZE.width - x1, box.y2)


@st.composite
def places(draw, side: str, name: str):
    boxes = tuple(box_on(side, draw) for _ in range(draw(st.integers(1, 2))))
    found = {IMAGE: Localisation(IMAGE, boxes, references=(name,))}
    if draw(st.booleans()):
        found[LATERAL] = Localisation(LATERAL, (Box(1, 2, 3, 4),), references=(name,))
    return found


@st.composite
def studies(draw) -> StudySample:
    """A study with a film that is bright on one side only, and observations, regions and questions of both sides."""
    observations, regions, located, questions = {}, {}, [], []
    for number in range(draw(st.integers(1, 4))):
        side, structure = draw(st.sampled_from(SIDES)), draw(st.sampled_from(STRUCTURES))
        finding, positive = draw(st.sampled_from(FINDINGS)), draw(st.booleans())
        region, id = f"{side} {structure}", f"O{number + 1:02d}"
        said = f"{'There is' if positive else 'No'} {finding} in the {region}."
        where = draw(places(side, region))
        observations[id] = Observation(
            id, f"{side}-sided {finding}", said, regions=(region,), entities=(finding,), laterality=side,
            positive=positive, modifiers={"spread": (f"{side}ward",)}, localisations=where,
        )  # fmt: skip
        regions[region] = Region(region, side, localisations=where)
        located.append(Relation(region, id, side))
        below = Answer("1", "details", 1, said, laterality=side, regions=(region,), localisations=where)
        answer = Answer(
            "0", "main_answer", 0, f"{'Yes' if positive else 'No'}, {said[0].lower()}{said[1:]}", laterality=side,
            regions=(region,), positive=positive, localisations=where, below=(below,),
        )  # fmt: skip
        questions.append(
            Question(
                f"D02_has_finding_{number + 1:03d}",
                "D02_has_finding",
                "finding",
                f"Is there {finding} in the {region}?",
                (answer,),
                (id,),
                {"region": region, "n": [1, region]},
            )
        )
    film = np.zeros((80, 100), np.float32)
    bright = draw(st.sampled_from(SIDES))
    film[20:60, 70:90] = bright == "left"
    film[20:60, 10:30] = bright == "right"
    graph = SceneGraph(
        "p1", "s1", observations, regions, tuple(observations), {"S01": f"Bright on the {bright}."},
        f"Evaluate the {bright} side.", tuple(located),
    )  # fmt: skip
    return StudySample(film, IMAGE, SIZE, graph, tuple(questions))


def answers(question: Question):
    return list(question.walk())


def sided_texts(sample: StudySample) -> list[str]:
    """Every text and name of a study, in a fixed order."""
    found = [sample.graph.indication or "", *sample.graph.sentences.values()]
    for item in sample.graph.observations.values():
        found += [item.name, item.sentence, item.laterality, *item.regions, *item.modifiers["spread"]]
    for name, region in sample.graph.regions.items():
        found += [name, region.name, region.laterality]
    for relation in sample.graph.located_at:
        found += [relation.source, relation.kind]
    for question in sample.questions:
        found += [question.text, str(question.variables)]
        for answer in answers(question):
            found += [answer.text, answer.laterality, *answer.regions]
    return found


def sided_boxes(sample: StudySample) -> list[tuple[str, Box]]:
    """(side that is claimed for it, box) of everything with a place in the frontal image."""
    holders = [(item.laterality, item) for item in sample.graph.observations.values()]
    holders += [(item.laterality, item) for item in sample.graph.regions.values()]
    holders += [(item.laterality, item) for question in sample.questions for item in answers(question)]
    return [
        (side, box)
        for side, item in holders
        for image, place in item.localisations.items()
        if image == IMAGE
        for box in place.boxes
    ]


def patients_side(x: float, width: float) -> str:
    return "left" if x > width / 2 else "right"
