"""What a report calls a drawn finding: noun, degree, side, place and the anatomical regions that these words mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cxrbench.datasets.phantom.plan import SIDES, Finding
from cxrbench.datasets.phantom.wording import RIB, pick

_SIZES: Final = {"mild": "small", "moderate": "moderate", "severe": "large"}
_ZONES: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("right", "upper"): ("right upper lung zone", "right upper lobe"),
    ("right", "mid"): ("right mid lung zone", "right middle lobe"),
    ("right", "lower"): ("right lower lung zone", "right lower lobe", "right lung base"),
    ("left", "upper"): ("left upper lung zone", "left upper lobe"),
    ("left", "mid"): ("left mid lung zone", "lingula"),
    ("left", "lower"): ("left lower lung zone", "left lower lobe", "left lung base"),
}
"""(side, zone) -> names of the place, each also the name of a region."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A sign told as part of a finding.

    Attributes:
        text: Behind "with".
        summary: A sentence that stands alone.
        relation: `associated_with` or `part_of`.
    """

    entity: str
    text: str
    summary: str
    regions: tuple[str, ...]
    relation: str


@dataclass(frozen=True, slots=True)
class Naming:
    """The words for one finding.

    Attributes:
        entity: Key of `ENTITIES`.
        head: Words before the noun, without the degree ("left", "linear").
        degree: "" or a severity word.
        tail: Words behind the noun ("in the left lower lobe").
        article: "a", "an" or "" for plural and mass nouns, of the phrase without its degree.
        side: "left", "right", "bilateral" or "".
    """

    entity: str
    noun: str
    regions: tuple[str, ...]
    side: str = ""
    degree: str = ""
    head: str = ""
    tail: str = ""
    countable: bool = False
    plural: bool = False
    texture: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()
    signs: tuple[Sign, ...] = ()

    def phrase(self, lead: str = "", *, degree: bool = True) -> str:
        """The noun phrase without its article; `lead` ("new") comes first."""
        words = (lead, self.degree if degree else "", self.head, self.noun, self.tail)
        return " ".join(word for word in words if word)

    def with_article(self, lead: str = "") -> str:
        """The noun phrase with its article."""
        text = self.phrase(lead)
        if not self.countable or self.plural:
            return text
        return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


def name_finding(rng: np.random.Generator, f: Finding) -> Naming:
    """Words for a finding. Side, zone, degree and kind follow from the plan; the choice among synonyms is free."""
    return _NAMERS[f.condition](rng, f)


def _degree(f: Finding) -> str:
    return "minimal" if f.subtle else f.grade


def _size(f: Finding) -> str:
    return "tiny" if f.subtle else _SIZES[f.grade]


def _at(rng: np.random.Generator, f: Finding) -> tuple[str, tuple[str, ...]]:
    place = pick(rng, _ZONES[f.side, f.zone])
    return f"in the {place}", (place,)


def _cardiomegaly(rng: np.random.Generator, f: Finding) -> Naming:
    noun = pick(rng, ("cardiomegaly", "cardiomegaly", "enlargement of the cardiac silhouette"))
    return Naming("cardiomegaly", noun, ("cardiac silhouette",), degree=_degree(f))


def _mediastinum(rng: np.random.Generator, f: Finding) -> Naming:
    noun = pick(rng, ("widening of the mediastinum", "mediastinal widening"))
    return Naming("mediastinal widening", noun, ("upper mediastinum",), degree=_degree(f))


def _opacity(rng: np.random.Generator, f: Finding) -> Naming:
    tail, regions = _at(rng, f)
    return Naming(
        "lung opacity", "opacity", regions, f.side, _degree(f), "hazy", tail, countable=True, texture=("hazy",)
    )


def _lesion(rng: np.random.Generator, f: Finding) -> Naming:
    tail, regions = _at(rng, f)
    if f.kind == "mass":
        return Naming("mass", "mass", regions, f.side, head="round", tail=tail, countable=True, texture=("round",))
    if f.kind == "nodule":
        return Naming(
            "pulmonary nodule", "nodule", regions, f.side, head="round", tail=tail, countable=True, texture=("round",)
        )
    return Naming(
        "pulmonary nodule",
        "nodules",
        regions,
        f.side,
        head="multiple",
        tail=tail,
        countable=True,
        plural=True,
        texture=("round",),
        spread=("multiple",),
    )


def _edema(rng: np.random.Generator, f: Finding) -> Naming:
    signs = (
        ()
        if f.subtle or rng.random() < 0.5
        else (
            Sign(
                "pulmonary vascular congestion",
                "pulmonary vascular congestion",
                "There is pulmonary vascular congestion.",
                ("lungs",),
                "associated_with",
            ),
        )
    )
    return Naming(
        "pulmonary edema", "pulmonary edema", ("lungs",), "bilateral", _degree(f), spread=("diffuse",), signs=signs
    )


def _consolidation(rng: np.random.Generator, f: Finding) -> Naming:
    tail, regions = _at(rng, f)
    signs = (
        ()
        if f.subtle or rng.random() < 0.5
        else (Sign("air bronchogram", "air bronchograms", "There are air bronchograms.", regions, "associated_with"),)
    )
    return Naming(
        "consolidation", "consolidation", regions, f.side, "", "focal", tail, spread=("focal",), signs=signs
    )


def _pneumonia(rng: np.random.Generator, f: Finding) -> Naming:
    tail, regions = _at(rng, f)
    return Naming(
        "pneumonia", "pneumonia", regions, f.side, "", "patchy", tail, texture=("patchy",), spread=("multifocal",)
    )


def _atelectasis(rng: np.random.Generator, f: Finding) -> Naming:
    tail, regions = _at(rng, f)
    head = pick(rng, ("linear", "platelike"))
    signs: tuple[Sign, ...] = ()
    if f.grade == "severe" and rng.random() < 0.6:
        signs = (Sign("volume loss", "volume loss", "There is volume loss.", regions, "associated_with"),)
    return Naming("atelectasis", "atelectasis", regions, f.side, _degree(f), head, tail, texture=(head,), signs=signs)


def _pneumothorax(rng: np.random.Generator, f: Finding) -> Naming:
    apical = f.grade == "mild"
    regions = (f"{f.side} pleural space", f"{f.side} apical zone")
    head = f"{f.side} apical" if apical else f.side
    return Naming("pneumothorax", "pneumothorax", regions, f.side, _size(f), head, countable=True)


def _effusion(rng: np.random.Generator, f: Finding) -> Naming:
    both = f.side == "bilateral"
    sides = SIDES if both else (f.side,)
    blunted: tuple[Sign, ...] = ()
    if rng.random() < 0.45:
        angles = tuple(f"{side} costophrenic angle" for side in sides)
        text = f"blunting of the {'costophrenic angles' if both else angles[0]}"
        blunted = (Sign("costophrenic angle blunting", text, f"There is {text}.", angles, "associated_with"),)
    return Naming(
        "pleural effusion",
        "pleural effusions" if both else "pleural effusion",
        tuple(f"{side} {part}" for part in ("pleural space", "costophrenic angle") for side in sides),
        f.side,
        _size(f),
        f.side,
        countable=True,
        plural=both,
        signs=blunted,
    )


def _pleural(rng: np.random.Generator, f: Finding) -> Naming:
    regions = (f"{f.side} pleural space",)
    if f.kind == "plaque":
        return Naming(
            "pleural plaque",
            "pleural plaques",
            regions,
            f.side,
            head=f"calcified {f.side}",
            countable=True,
            plural=True,
            texture=("calcified",),
        )
    if f.kind == "apical":
        return Naming(
            "pleural thickening",
            "pleural thickening",
            (*regions, f"{f.side} apical zone"),
            f.side,
            _degree(f),
            f"{f.side} apical",
        )
    return Naming("pleural thickening", "pleural thickening", regions, f.side, _degree(f), f"{f.side} lateral")


def _fracture(rng: np.random.Generator, f: Finding) -> Naming:
    noun, head, tail = "fracture", f.kind, f"of the {f.side} {RIB[f.zone]} rib"
    temporal = pick(rng, ("of the", "involving the"))
    return Naming(
        "rib fracture",
        noun,
        (f"{f.side} ribs",),
        f.side,
        head=head,
        tail=tail.replace("of the", temporal),
        countable=True,
        texture=(f.kind,),
    )


def _device(rng: np.random.Generator, f: Finding) -> Naming:
    """Devices are told with their side only where the drawing has one."""
    wall = f"{f.side} chest wall"
    tip = Sign(
        "catheter tip",
        "its tip at the cavoatrial junction",
        "The catheter tip lies at the cavoatrial junction.",
        ("cavoatrial junction",),
        "part_of",
    )
    lead = Sign(
        "pacemaker lead",
        "its lead projecting over the right ventricle",
        "The lead projects over the right ventricle.",
        ("cardiac silhouette",),
        "part_of",
    )
    if f.kind == "endotracheal tube":
        return Naming("endotracheal tube", "endotracheal tube", ("trachea",), countable=True)
    if f.kind == "enteric tube":
        noun = pick(rng, ("enteric tube", "nasogastric tube"))
        return Naming(
            "enteric tube", noun, ("mediastinum", "stomach"), tail="coursing into the stomach", countable=True
        )
    if f.kind == "central venous catheter":
        noun = pick(rng, ("central venous catheter", "central venous line"))
        return Naming(f.kind, noun, ("svc",), f.side, head=f"{f.side}-sided", countable=True, signs=(tip,))
    if f.kind == "port":
        return Naming("port", "chest port", (wall, "svc"), f.side, head=f.side, countable=True, signs=(tip,))
    if f.kind == "pacemaker":
        regions = (wall, "cardiac silhouette")
        return Naming("pacemaker", "pacemaker", regions, f.side, head=f.side, countable=True, signs=(lead,))
    if f.kind == "chest tube":
        return Naming("chest tube", "chest tube", (f"{f.side} pleural space",), f.side, head=f.side, countable=True)
    return Naming("sternotomy wire", "sternotomy wires", ("sternum",), head="median", countable=True, plural=True)


_NAMERS: Final = {
    "Cardiomegaly": _cardiomegaly,
    "Enlarged Cardiomediastinum": _mediastinum,
    "Lung Opacity": _opacity,
    "Lung Lesion": _lesion,
    "Edema": _edema,
    "Consolidation": _consolidation,
    "Pneumonia": _pneumonia,
    "Atelectasis": _atelectasis,
    "Pneumothorax": _pneumothorax,
    "Pleural Effusion": _effusion,
    "Pleural Other": _pleural,
    "Fracture": _fracture,
    "Support Devices": _device,
}
