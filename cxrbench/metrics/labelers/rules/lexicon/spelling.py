"""One spelling for the forms of a word: plurals, British and American, abbreviations, frequent slips.

The phrases of the lexicon are written in the spellings on the left. Articles are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable

_FORMS = """
is: are was were be been being remain remains remained
has: have had
appear: appears appeared appearing
seen: identified noted visualized visualised demonstrated detected evident appreciated present found observed visible
    apparent discernible delineated recognized recognised
suggest: suggests suggesting suggested suggestive
represent: represents representing represented
reflect: reflects reflecting reflected
indicate: indicates indicating indicated indicative
favor: favors favoring favored favour favours favouring favoured
may: might could maybe
versus: vs v
possible: possibly possibility
probable: probably probability
likely: likley likelihood
question: questionable questionably questioned queried query equivocal
no: nor neither non none
not: isn't aren't wasn't weren't doesn't don't cannot can't
xxxx: xxx xxxxx xxxxxx xxxxxxx xxxxxxxx
lung: lungs
pulmonary: pulm
lobe: lobes
base: bases basis
apex: apices apexes
zone: zones
area: areas
angle: angles
sulcus: sulci
contour: contours
silhouette: silhouettes silhoutte silouette shadow shadows
margin: margins
field: fields
rib: ribs
bone: bones
mediastinum: mediastinums
pleura: pleurae
heart: hearts
size: sizes sized
effusion: effusions
consolidation: consolidations consolidative consolidated consolidating consolidate
opacity: opacities opacification opacifications opacified opaque
density: densities
nodule: nodules
nodular: nodularity nodularities
mass: masses masslike
lesion: lesions
infiltrate: infiltrates infiltration infiltrations infiltrative infilitrate infiltrates'
pneumonia: pneumonias pneumonic pna bronchopneumonia
pneumothorax: pneumothoraces pneumothoraxes pneumothoracies ptx pneumo hydropneumothoraces
hydropneumothorax: hydropneumothoraxes
atelectasis: atelectases atelectatic atelectasia subatelectasis
edema: oedema edematous oedematous
cardiomegaly: cardiomegalia megalocardia cardiomegally
enlarged: enlarge
enlargement: enlargment
congestion: congested
thickening: thickened thickenings
plaque: plaques
scar: scars scarring scarred
fracture: fractures fractured fx
granuloma: granulomas granulomata granulomatous
calcified: calcific calcification calcifications
process: processes
change: changes changed
infection: infections infectious
metastasis: metastases metastatic
tumor: tumors tumour tumours
neoplasm: neoplasms neoplastic
malignancy: malignancies malignant
cancer: cancers
carcinoma: carcinomas
abscess: abscesses
cavity: cavities
disease: diseases
abnormality: abnormalities
collection: collections
tube: tubes
catheter: catheters
line: lines
lead: leads
wire: wires
device: devices
stent: stents
drain: drains
valve: valves
pacemaker: pacemakers pacer pacers
defibrillator: defibrillators icd aicd
picc: piccs
process: processes
marking: markings
shift: shifted shifting
vessel: vessels
space: spaces
airspace: airspaces
deformity: deformities
dislocation: dislocations
node: nodes
bulla: bullae bullous bleb blebs
unchanged: unaltered
resolved: cleared
exclude: excluded excludes excluding
enlarging: enlarges
"""

_DROPPED = ("a", "an", "the")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_FUZZY = (
    "atelectasis",
    "cardiomegaly",
    "consolidation",
    "pneumothorax",
    "pneumothoraces",
    "mediastinum",
    "mediastinal",
    "cardiomediastinal",
    "costophrenic",
    "infiltrate",
    "emphysema",
    "opacities",
    "effusions",
    "pulmonary",
    "pneumonia",
    "silhouette",
    "pacemaker",
    "thickening",
    "defibrillator",
    "endotracheal",
    "nasogastric",
    "congestion",
    "enlargement",
)
"""Words of nine letters and more: so long that one edit of them is no other word of a chest report."""


def spellings(vocabulary: Iterable[str]) -> dict[str, str]:
    """Token -> canonical spelling, for every known form and every single slip in a long word.

    Args:
        vocabulary: All tokens of the lexicon's phrases, which are never taken for slips of another word.
    """
    forms: dict[str, str] = dict.fromkeys(_DROPPED, "")
    canonical = ""
    for line in _FORMS.strip().splitlines():
        if ":" in line:
            canonical, line = line.split(":")
        forms.update(dict.fromkeys(line.split(), canonical.strip()))
    known = set(vocabulary) | set(forms) | set(forms.values())
    for word in _FUZZY:
        for slip in _slips(word):
            if slip not in known:
                forms[slip] = forms.get(word, word)
    return forms


def _slips(word: str) -> set[str]:
    """Strings one deletion, insertion, replacement or swap of neighbours away."""
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {a + b[1:] for a, b in cuts if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    for letter in _LETTERS:
        found |= {a + letter + b for a, b in cuts}
        found |= {a + letter + b[1:] for a, b in cuts if b}
    found.discard(word)
    return found
