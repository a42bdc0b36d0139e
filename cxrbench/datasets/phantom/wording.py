"""How findings are put into words: noun phrases per condition, the sentences around them, normal statements.

Every word about side, zone and severity follows from the plan, so a report can be read off the film; the choice among
phrasings is free, which is the honest noise of the test bed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxrbench.datasets.phantom.plan import Finding


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase with the article it takes ("" for plural and mass nouns)."""

    text: str
    article: str = ""
    plural: bool = False

    @property
    def full(self) -> str:
        return f"{self.article} {self.text}" if self.article else self.text


DEGREE = {"mild": "mild", "moderate": "moderate", "severe": "severe"}
DEGREE_ADVERB = {"mild": "mildly", "moderate": "moderately", "severe": "severely"}
SIZE = {"mild": "small", "moderate": "moderate", "severe": "large"}
RIB = {"upper": "fourth", "mid": "sixth", "lower": "eighth"}

PLACES: dict[tuple[str, str], tuple[str, ...]] = {
    ("right", "upper"): ("right upper lobe", "right upper lung", "right upper lung zone"),
    ("right", "mid"): ("right mid lung", "right middle lobe", "right mid lung zone"),
    ("right", "lower"): ("right lower lobe", "right lung base", "right lower lung zone"),
    ("left", "upper"): ("left upper lobe", "left upper lung", "left upper lung zone"),
    ("left", "mid"): ("left mid lung", "left mid lung zone", "lingula"),
    ("left", "lower"): ("left lower lobe", "left lung base", "left lower lung zone"),
}

POSITIVE_FRAMES = (
    "There is {full}.",
    "{text} is present.",
    "{text}.",
    "There is {full}.",
    "{text} is seen.",
    "{text} is noted.",
)
HEDGED_FRAMES = (
    "Possible {text}.",
    "There may be {full}.",
    "Questionable {text}.",
    "{text} is suspected.",
    "Findings may represent {full}.",
    "Probable {text}.",
    "{full} cannot be excluded.",
)
_HEDGE_WEIGHTS = np.array([0.28, 0.22, 0.12, 0.12, 0.12, 0.11, 0.03])


def pick(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]


def sentence(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def phrase(rng: np.random.Generator, finding: Finding) -> Phrase:
    """A noun phrase that names the finding with its side, zone and severity."""
    return _PHRASES[finding.condition](rng, finding)


def state(rng: np.random.Generator, finding: Finding) -> str:
    """One sentence that states the finding, as certain or, where it is hedged, as uncertain."""
    words = phrase(rng, finding)
    if finding.hedged:
        frame = HEDGED_FRAMES[int(rng.choice(len(HEDGED_FRAMES), p=_HEDGE_WEIGHTS))]
    else:
        special = () if words.plural else _SENTENCES.get(finding.condition, ())
        if special and rng.random() < 0.5:
            return sentence(pick(rng, special).format(**_slots(rng, finding)))
        frame = pick(rng, POSITIVE_FRAMES)
    text = frame.format(text=words.text, full=words.full)
    if words.plural:
        text = text.replace("There is ", "There are ").replace(" is ", " are ")
    return sentence(text)


def _place(rng: np.random.Generator, f: Finding) -> str:
    return pick(rng, PLACES[f.side, f.zone])


def _slots(rng: np.random.Generator, f: Finding) -> dict[str, str]:
    return {
        "side": f.side,
        "degree": DEGREE[f.grade],
        "adverb": DEGREE_ADVERB[f.grade],
        "size": SIZE[f.grade],
        "place": _place(rng, f) if f.side in {"left", "right"} and f.zone else "",
        "rib": RIB.get(f.zone, ""),
    }


def _cardiomegaly(rng: np.random.Generator, f: Finding) -> Phrase:
    return Phrase(f"{DEGREE[f.grade]} " + pick(rng, ("cardiomegaly", "cardiomegaly", "cardiac enlargement")))


def _mediastinum(rng: np.random.Generator, f: Finding) -> Phrase:
    noun = pick(rng, ("mediastinal widening", "widening of the mediastinum", "widening of the superior mediastinum"))
    return Phrase(f"{DEGREE[f.grade]} {noun}")


def _opacity(rng: np.random.Generator, f: Finding) -> Phrase:
    place = _place(rng, f)
    kind = pick(rng, ("hazy opacity", "hazy opacity", "ill-defined opacity", "ill-defined hazy opacity"))
    lead = "faint " if f.grade == "mild" else "dense " if f.grade == "severe" and rng.random() < 0.2 else ""
    words = f"{lead}{kind} in the {place}"
    return Phrase(words, "an" if words[0] in "aeiou" else "a")


def _lesion(rng: np.random.Generator, f: Finding) -> Phrase:
    place = _place(rng, f)
    if f.kind == "mass":
        return Phrase(f"{pick(rng, ('large round', 'large', 'well-defined'))} mass in the {place}", "a")
    if f.kind == "nodule":
        return Phrase(
            f"{pick(rng, ('small', 'round', 'solitary'))} {pick(rng, ('nodule', 'pulmonary nodule'))} in the {place}",
            "a",
        )
    return Phrase(f"{pick(rng, ('multiple', 'several'))} small nodules in the {place}", plural=True)


def _edema(rng: np.random.Generator, f: Finding) -> Phrase:
    kinds = ("pulmonary edema", "pulmonary edema", "interstitial edema", "interstitial pulmonary edema")
    return Phrase(f"{DEGREE[f.grade]} {pick(rng, kinds)}")


def _consolidation(rng: np.random.Generator, f: Finding) -> Phrase:
    place = _place(rng, f)
    lead = pick(rng, ("dense ", "focal ", "")) if f.grade != "mild" else pick(rng, ("focal ", ""))
    tail = " with air bronchograms" if not f.subtle and rng.random() < 0.4 else ""
    return Phrase(f"{lead}consolidation in the {place}{tail}")


def _pneumonia(rng: np.random.Generator, f: Finding) -> Phrase:
    place = _place(rng, f)
    kinds = ("patchy pneumonia", "multifocal pneumonia", "patchy multifocal pneumonia", "patchy bronchopneumonia")
    return Phrase(f"{pick(rng, kinds)} in the {place}")


def _atelectasis(rng: np.random.Generator, f: Finding) -> Phrase:
    place = _place(rng, f)
    lead = pick(rng, ("linear", "linear", "platelike", "bandlike", "subsegmental"))
    tail = " with volume loss" if f.grade == "severe" and rng.random() < 0.5 else ""
    return Phrase(f"{lead} atelectasis in the {place}{tail}")


def _pneumothorax(rng: np.random.Generator, f: Finding) -> Phrase:
    where = " apical" if f.grade == "mild" and rng.random() < 0.7 else ""
    return Phrase(f"{SIZE[f.grade]} {f.side}{where} pneumothorax", "a")


def _effusion(rng: np.random.Generator, f: Finding) -> Phrase:
    if f.side == "bilateral":
        return Phrase(f"{SIZE[f.grade]} bilateral pleural effusions", plural=True)
    return Phrase(f"{SIZE[f.grade]} {f.side} pleural effusion", "a")


def _pleural(rng: np.random.Generator, f: Finding) -> Phrase:
    if f.kind == "plaque":
        return Phrase(f"calcified {f.side} pleural plaques", plural=True)
    where = "apical" if f.kind == "apical" else "lateral"
    return Phrase(f"{f.side} {where} pleural thickening")


def _fracture(rng: np.random.Generator, f: Finding) -> Phrase:
    lead = "displaced" if f.kind == "displaced" else "healing"
    if rng.random() < 0.5:
        return Phrase(f"{lead} fracture of the {f.side} {RIB[f.zone]} rib", "a")
    return Phrase(f"{lead} {f.side} {RIB[f.zone]} rib fracture", "a")


_DEVICE_NOUNS = {
    "central venous catheter": ("central venous catheter", "central venous catheter", "central line"),
    "port": ("chest Port-A-Cath",),
    "enteric tube": ("enteric tube", "nasogastric tube"),
}


def _device(rng: np.random.Generator, f: Finding) -> Phrase:
    noun = pick(rng, _DEVICE_NOUNS.get(f.kind, (f.kind,)))
    text = f"{f.side} {noun}".strip()
    if f.kind == "sternotomy wires":
        return Phrase(f"{pick(rng, ('median ', ''))}{text}", plural=True)
    return Phrase(text, "an" if text[0] in "aeiou" else "a")


_PHRASES = {
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

_SENTENCES: dict[str, tuple[str, ...]] = {
    "Cardiomegaly": (
        "The heart is {adverb} enlarged.",
        "The cardiac silhouette is {adverb} enlarged.",
        "Heart size is {adverb} enlarged.",
    ),
    "Enlarged Cardiomediastinum": (
        "The mediastinum is {adverb} widened.",
        "The superior mediastinum is {adverb} widened.",
    ),
    "Lung Opacity": ("Hazy opacity overlies the {place}.",),
    "Edema": (
        "Perihilar haze and Kerley lines are consistent with {degree} pulmonary edema.",
        "{degree} pulmonary vascular congestion and interstitial edema.",
    ),
    "Consolidation": ("Consolidation obscures the vessels of the {place}.",),
    "Pneumonia": ("Patchy pneumonia involves the {place}.", "Findings of pneumonia in the {place}."),
    "Atelectasis": ("Linear bands of atelectasis are seen in the {place}.",),
    "Pneumothorax": ("{size} {side} pneumothorax with a visible visceral line.",),
    "Pleural Effusion": ("{size} {side} pleural effusion with blunting of the costophrenic angle.",),
}
