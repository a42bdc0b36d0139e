"""The scene graph of a study, and the small file beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from cxrbench.datasets.phantom.mimic.statements import deny
from cxrbench.datasets.phantom.mimic.study import Study
from cxrbench.datasets.phantom.qba import quality
from cxrbench.datasets.phantom.qba.facts import Fact, Facts, graph_regions, observation_of
from cxrbench.datasets.phantom.qba.places import place_of
from cxrbench.datasets.phantom.qba.regions import PARENTS, laterality
from cxrbench.datasets.phantom.wording import sentence


def study_quality(facts: Facts) -> dict[str, int]:
    """The worst code of the study's observations, criterion by criterion."""
    all_codes = [one.codes for fact in facts.stated for one in fact.walk() if one.codes is not None]
    worst = tuple(map(min, zip(*all_codes))) if all_codes else quality.BEST_CODES
    return dict(zip(quality.EXTRACTION_KEYS, worst))


def image_quality(facts: Facts) -> dict[str, int]:
    """Image id -> the best localisation code that a finding has on it."""
    films = facts.study.films
    return {
        film.dicom_id: max((fact.place.rows[number].quality for fact in facts.stated), default=0)
        for number, film in enumerate(films)
    }


def scene_graph(facts: Facts) -> bytes:
    """`<study>.scene_graph.json`."""
    study = facts.study
    every = [one for fact in facts.stated for one in fact.walk()]
    sentences = {f"S{number:02d}": item for number, item in enumerate(study.story.sentences, 1)}
    regions = graph_regions(facts)
    return orjson.dumps(
        {
            "patient_id": f"p{study.patient.subject_id}",
            "study_id": f"s{study.study_id}",
            "sentences": {
                id: {"sent_id": id, "section": item.section, "section_type": item.section, "sentence": item.text}
                for id, item in sentences.items()
            },
            "top_level_obs_ids": [fact.id for fact in facts.stated],
            "observations": {fact.id: fact.graph for fact in every},
            "indication": _indication(facts, {item.text: id for id, item in sentences.items()}),
            "regions": {name: _region(study, name) for name in regions},
            "located_at_relations": [
                {"region": name, "observation_id": fact.id, "distances": [], "where_specified": "direct"}
                for fact in every
                for name in fact.regions
            ],
            "obs_relations": [
                {
                    "parent_observation_id": fact.id,
                    "child_observation_id": part.id,
                    "child_type": part.graph["child_type"],
                }
                for fact in facts.stated
                for part in fact.parts
            ],
            "obs_sent_relations": [
                {"observation_id": one.id, "sentence_id": id}
                for id, item in sentences.items()
                for number in item.about
                for one in facts.stated[number].walk()
            ],
            "region_region_relations": list(_between(regions)),
            "study_quality": study_quality(facts),
            "study_img_localization_quality": image_quality(facts),
        }
    )


def metadata_file(facts: Facts) -> bytes:
    """`<study>.metadata.json`; its content is not documented, so it holds what the tables say of the study."""
    study = facts.study
    return orjson.dumps(
        {
            "patient_id": f"p{study.patient.subject_id}",
            "study_id": f"s{study.study_id}",
            "split": study.patient.split,
            "images": {
                film.dicom_id: {"view_position": film.view.recorded, "size": [film.view.rows, film.view.columns]}
                for film in study.films
            },
            "study_quality": study_quality(facts),
        }
    )


def _region(study: Study, name: str) -> dict[str, Any]:
    place = place_of(study, (name,), None)
    return {
        "region": name,
        "laterality": laterality(name),
        "region_localization_quality": place.quality,
        "localization": place.objects,
    }


def _between(regions: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Parts of wholes, and the two of a pair."""
    known = set(regions)
    for name in regions:
        for parent in PARENTS.get(name, ()):
            if parent in known:
                yield {"region": parent, "related_region": name, "relation_type": "sub_region"}
        first, _, rest = name.partition(" ")
        if first == "left" and f"right {rest}" in known:
            yield {"region": name, "related_region": f"right {rest}", "relation_type": "right"}


def answer_to_indication(facts: Facts) -> Fact | None:
    """What the study says to the question it was made for; None where none was asked."""
    indication = facts.study.story.indication
    if indication.evaluation:
        return (
            facts.stated[indication.answer] if indication.answer is not None else facts.absent(indication.evaluation)
        )
    return None


def _indication(facts: Facts, ids: dict[str, str]) -> dict[str, Any]:
    indication = facts.study.story.indication
    fact = answer_to_indication(facts)
    answer: dict[str, Any] = {}
    if fact is not None:
        answer = {**(fact.graph or _unsaid(fact)), "obs_id": "OIND"}
    return {
        "indication_summary": sentence(
            f"{indication.patient.removeprefix('___ year old ')} with {indication.complaint}."
        )
        if indication.text
        else "",
        "patient_info": indication.patient,
        "indication": indication.complaint,
        "evaluation": indication.evaluation,
        "associated_sentence_ids": [ids[indication.text]] if indication.text else [],
        "associated_obs_ids": [fact.id] if fact is not None and fact.id else [],
        "answer_for_indication": answer,
    }


def _unsaid(fact: Fact) -> dict[str, Any]:
    """A denial that no observation stands behind, in the shape of one."""
    assert fact.codes is not None
    return {**observation_of(deny(fact.entity), "OIND", fact.place, fact.codes), "from_report": False}
