"""The words that name a condition, and the look-alikes that do not.

Written from the definitions of the CheXpert paper (Irvin et al., AAAI 2019) and its annotation guide as quoted in
stanfordmlgroup/chexpert-labeler#26 (granulomas and calcified nodules are no Lung Lesion), in the spellings of
`spelling.py`. `(a|b)` is a choice, `?` after it makes it optional.
"""

from __future__ import annotations

from typing import Final

IGNORED: Final = (
    # Effusions, masses and collapses of other places.
    "(pericardial|joint|knee|hip|shoulder|elbow|ankle|subdural|middle ear|mastoid) effusion",
    "pleural or pericardial effusion",
    "pericardial (and|or) pleural (fat|reaction)",
    "mass effect",
    "(soft tissue|subcutaneous|peripheral|leg|ankle|pedal|lower extremity|body wall|laryngeal|bowel|marrow|wall|optic disc) edema",
    "body mass (index)?",
    "(muscle|fat|bone|lean) mass",
    "(breast|thyroid|adrenal|renal|hepatic|liver|splenic|abdominal|pelvic|neck|scalp|axillary|subcutaneous) (mass|nodule|lesion)",
    "(nipple|skin|soft tissue) (shadow|silhouette|nodule|lesion|density|opacity)",
    "(vertebral|vertebral body|compression|height) collapse",
    "(bone|bony|osseous|skeletal|lytic|blastic|sclerotic|destructive|rib|vertebral|cutaneous) (bony|bone|osseous)? lesion",
    "bone (island|density|mineral density)",
    "(mineral|osseous) density",
    # Lines that are anatomy, and words that contain others.
    "(pleural|fissure|fissural|paratracheal|paraspinal|junction|junctional|septal|kerley|kerley b|skin|fat|mid|midclavicular"
    "|mid clavicular|axillary|midaxillary|fracture|suture|soft tissue|stripe|reticular|linear|air|mediastinal"
    "|diaphragmatic|interstitial|b|cardiophrenic) line",
    "line (of|up)",
    "eustachian tube",
    "(aortic|mitral|tricuspid|pulmonic|cardiac|heart)? valve (calcified|stenosis|disease)",
    "calcified (aortic|mitral|tricuspid)? valve",
    "lead (to|placement|apron)",
    "drain (into|the|to)",
    "(old|healed|prior)? granuloma (disease|process|infection|change|exposure|nodule|calcified|opacity|density)?",
    "calcified (granuloma|histoplasmoma)",
    "calcified (left|right|bilateral|lower|upper|middle|lobe|lung|pulmonary|parenchymal|small|tiny|hilar|apical|basilar|base|apex"
    "|nodular|subcentimeter|punctate|perihilar|mediastinal)? (lung|lobe|pulmonary|node|zone|base|apex|nodular)?"
    " (nodule|density|opacity|lesion|mass|scar)",
    "calcified (lymph)? node",
    "nodule calcified",
    "lymph (node|xxxx)",
    "nodular (contour|liver|thyroid|goiter)",
    "contrast (opacity|density)",
    "opacity of vessel",
    "(lens|corneal|sinus) opacity",
    # Findings spoken of as someone's history or as a risk.
    "(cystic|pulmonary interstitial) fibrosis",
    "infection control",
    "heart failure clinic",
)

FINDINGS: Final[dict[str, tuple[str, ...]]] = {
    "Cardiomegaly": (
        "cardiomegaly",
        "(cardiac|heart|biventricular|ventricular|left ventricular|right ventricular|lv|rv|atrial|left atrial|right atrial|biatrial"
        "|chamber|cardiac chamber|biventricular|four chamber) (silhouette|size|contour)? enlargement",
        "enlargement of (heart|cardiac silhouette|cardiac contour|cardiac size|cardiac shadow|cardiopericardial silhouette)",
        "(left|right) (ventricular|atrial|atrium|ventricle) (hypertrophy|dilatation|dilation)",
        "enlarged (left|right) (ventricle|atrium)",
        "(increased|increase in) (cardiac|heart) size",
        "cardiac dilatation",
    ),
    "Enlarged Cardiomediastinum": (
        "(mediastinal|cardiomediastinal|cardio mediastinal|superior mediastinal) (silhouette|contour)? (widening|enlargement|prominence)",
        "(widening|enlargement|prominence|fullness) of (superior|upper|right|left)? (mediastinum|mediastinal contour|mediastinal silhouette"
        "|cardiomediastinal silhouette|cardiomediastinal contour)",
        "(widened|wide) (superior|upper)? (mediastinum|mediastinal contour|mediastinal silhouette)",
        "(mediastinal|paratracheal|mediastinum) (mass|hematoma|haematoma|fullness)",
    ),
    "Lung Opacity": (
        "opacity",
        "infiltrate",
        "(airspace|air space|alveolar|parenchymal|interstitial|lung parenchymal) (disease|process|filling)",
        "(interstitial|reticular|reticulonodular|airspace) (lung|markings|marking|pattern|prominence|thickening|change|abnormality|density)",
        "(increased|prominent|coarse|coarsened|accentuated|thickened|thickening) (lung|interstitial|bronchovascular) (marking|prominence)",
        "(interstitial|bronchovascular) marking (is)? (increased|prominent|coarse|coarsened|accentuated)",
        "(increased|abnormal|hazy|patchy|streaky|linear|focal|ill defined|airspace|basilar|retrocardiac|bandlike|band like|alveolar|parenchymal"
        "|vague|wedge shaped|confluent) density",
        "reticulation",
        "(peribronchial|bronchial wall|peribronchial cuffing) (thickening|cuffing)?",
        "ground glass",
        "(parenchymal|lung|pulmonary|interstitial|basilar|bibasilar|apical|biapical) scar",
    ),
    "Lung Lesion": (
        "nodule",
        "mass",
        "(lung|pulmonary|cavitary|cavitating|parenchymal|lobe|suspicious|cystic|coin|spiculated|space occupying) lesion",
        "(lung|pulmonary|bronchogenic)? (carcinoma|neoplasm|tumor|malignancy)",
        "(lung|pulmonary|bronchogenic) cancer",
        "(lung|pulmonary|lymphangitic|cavitary|miliary) metastasis",
        "metastasis (disease|lesion|nodule)?",
        "(lung|pulmonary) abscess",
    ),
    "Edema": (
        "edema",
        "(congestive|cardiac|decompensated) (heart|cardiac)? (failure|decompensation)",
        "heart failure",
        "chf",
        "kerley (b|a)? (line)?",
    ),
    "Consolidation": ("consolidation", "air bronchogram", "hepatization"),
    "Pneumonia": (
        "pneumonia",
        "pneumonitis",
        "(pulmonary|lung|lower respiratory|chest|atypical|active|acute|superimposed|viral|bacterial|fungal|airway)? infection (process|infiltrate|etiology"
        "|disease|source|pneumonia|consolidation)?",
        "(active|acute) tuberculosis",
    ),
    "Atelectasis": (
        "atelectasis",
        "(lobar|lobe|segmental|subsegmental|lung|partial|complete|total|basilar|apical)? collapse",
        "collapsed (left|right)? (upper|middle|lower)? (lung|lobe)",
    ),
    "Pneumothorax": (
        "pneumothorax",
        "(pleural|intrapleural) (air|gas) (collection)?",
    ),
    "Pleural Effusion": (
        "effusion",
        "(pleural|intrapleural|interlobar|fissural) (based)? (fluid|fluid collection)",
        "fluid in (right|left|major|minor|horizontal|oblique)? (pleural space|fissure)",
        "(hemothorax|haemothorax|hydrothorax|empyema|chylothorax|pyothorax)",
    ),
    "Pleural Other": (
        "pleural (parenchymal|based|apical|surface|and parenchymal|or parenchymal|reaction|diaphragmatic|fissure)? (thickening|plaque|scar|fibrosis"
        "|reaction|calcified|nodule|mass)",
        "(pleuro parenchymal|pleuroparenchymal|pleuropericardial|pleuro pericardial|pleurodiaphragmatic|fissural|fissure) (thickening|scar|adhesion)",
        "(thickening|scar) (of|along|in) (right|left|apical|lateral|both|bilateral|minor|major|horizontal)? (pleura|pleural surface|fissure)",
        "(apical|biapical) (pleural)? (thickening|cap|capping)",
        "calcified pleural plaque",
        "fibrothorax",
        "pleural (rind|peel|adhesion|disease|abnormality|based opacity|density)",
        "pleural (based)? (opacity)",
    ),
    "Fracture": ("fracture",),
    "Support Devices": (
        "(endotracheal|et|tracheostomy|nasogastric|ng|orogastric|og|enteric|dobbhoff|dobhoff|feeding|chest|thoracostomy|pleural|mediastinal|gastric"
        "|gastrostomy|nasoenteric|support)? tube",
        "(ett|ngt|ogt|dobbhoff|dobhoff)",
        "(pigtail|thoracostomy|mediastinal|chest|pleural|surgical)? drain",
        "(central|venous|central venous|swan ganz|dialysis|hemodialysis|subclavian|jugular|picc|ij|internal jugular|port|pulmonary artery|pa|tunneled"
        "|intravenous|infusion|mediport|vascular)? (access)? catheter",
        "(central|venous|central venous|picc|subclavian|jugular|ij|internal jugular|support|monitoring|ekg|ecg|right|left|vascular|arterial|femoral"
        "|hemodialysis) (venous|access)? line",
        "line (and|or) tube",
        "tube (and|or) line",
        "(support|monitoring|medical) (apparatus|device|equipment|hardware)",
        "picc",
        "(swan ganz|mediport|portacath|port cath|port xxxx cath|chemotherapy port|infusion port|chest port|port|infusaport|introducer|sheath)",
        "(dual|single|biventricular|left|right|chest|triple)? (chamber|lead|sided)? (cardiac)? pacemaker (lead|wire|device|generator)?",
        "(pacing|pacemaker|defibrillator|electrode|icd|av) (lead|wire|device|generator)",
        "defibrillator",
        "(cardiac|implanted|implantable|closure|assist|stimulator|loop recorder|cardiac monitoring|ventricular assist) device",
        "(lvad|iabp|ecmo|impella)",
        "intra aortic balloon (pump)?",
        "(aortic|mitral|tricuspid|prosthetic|cardiac|heart|mechanical|bioprosthetic|replacement)? valve (replacement|prosthesis|repair|ring)",
        "(prosthetic|mechanical|artificial|bioprosthetic) (heart|aortic|mitral|cardiac)? valve",
        "(sternotomy|sternal|median sternotomy|midline sternotomy|cerclage) wire",
        "(spinal|fusion|orthopedic|surgical|fixation|posterior|cervical|lumbar|thoracic|metallic) (fixation|fusion)? hardware",
        "hardware",
        "(coronary|tracheal|esophageal|aortic|vascular|biliary|endovascular)? stent (graft)?",
        "(spinal|nerve|vagal|vagus|neural) stimulator",
        "(harrington|fixation|spinal) rod",
        "arthroplasty",
        "(shoulder|hip|joint) prosthesis",
        "prosthesis",
    ),
}

SEVERAL: Final[dict[str, tuple[str, ...]]] = {
    "Pneumothorax+Pleural Effusion": ("hydropneumothorax", "(hemopneumothorax|haemopneumothorax|pyopneumothorax)"),
    "Lung Opacity+Consolidation": ("(airspace|air space|alveolar|pneumonia) consolidation",),
}
"""Phrases that assert two conditions at once."""

SUSPECTS: Final[dict[str, tuple[str, ...]]] = {
    "Edema": (
        "(vascular|pulmonary vascular|pulmonary venous|venous|pulmonary|interstitial)? congestion",
        "(vascular|pulmonary vascular|pulmonary venous|venous) (engorgement|indistinctness|redistribution|cephalization|prominence)",
        "cephalization",
        "(volume|fluid) overload",
    ),
    "Lung Opacity+Lung Lesion": ("(nodular|mass like|rounded|round) (airspace|parenchymal|lung|pulmonary)? opacity",),
    "Lung Lesion": (
        "nodular (density|lesion|silhouette|focus|infiltrate|appearance|change|disease|prominence|scar|irregularity)",
        "(rounded|round|mass like) (density|lesion)",
        "(cavitation|cavitary)",
    ),
    "Atelectasis": ("volume loss", "loss of volume"),
    "Pleural Effusion": (
        "(blunting|blunted|obscuration|obscured|obliteration|opacity|effacement) (of)? (left|right|bilateral|both|posterior|lateral|anterior)?"
        " (left|right|posterior|lateral)? (costophrenic|costovertebral|cp|lateral costophrenic) (angle|sulcus|xxxx|recess)?",
        "(costophrenic|cp) (angle|sulcus|xxxx|recess) (is|appear|demonstrate|demonstrates)? (mildly|minimally|slightly)? (blunting|blunted|blunt|obscured)",
    ),
}
"""Signs that make a condition possible without naming it (CheXpert calls a blunted angle an uncertain effusion)."""

OTHER_ABNORMALITIES: Final = (
    "emphysema",
    "emphysematous (change)?",
    "(copd|chronic obstructive)",
    "hyperinflation",
    "hyperinflated",
    "bronchiectasis",
    "(pulmonary|interstitial|lung)? fibrosis",
    "(hiatal|hiatus|diaphragmatic|bochdalek|morgagni) hernia",
    "hernia",
    "(hilar|mediastinal)? (lymphadenopathy|adenopathy)",
    "pneumomediastinum",
    "pneumoperitoneum",
    "(free|subdiaphragmatic|intraperitoneal) (intraperitoneal|subdiaphragmatic|peritoneal)? air",
    "subcutaneous (emphysema|air|gas)",
    "(aortic|thoracic aortic) (aneurysm|dissection)",
    "aneurysm",
    "(tracheal|mediastinal) (shift|deviation)",
    "(elevation|elevated) (of)? (left|right)? (hemidiaphragm|diaphragm)",
    "bulla",
    "pericardial effusion",
    "tuberculosis",
    "sarcoidosis",
    "scar",
)
"""Chest abnormalities outside the fourteen: each blocks No Finding unless it is negated."""
