"""Structures whose size is reported, the words for their states, and the vocabulary of a chest sentence."""

from __future__ import annotations

from typing import Final

HEART: Final = (
    "heart (size|silhouette|contour|xxxx|border|margin|is|appear)?",
    "heart",
    "cardiac (silhouette|size|contour|shadow|xxxx|outline|diameter|border|dimension|dimensions|apex|index|transverse diameter)?",
    "(cardiopericardial|pericardial|cardiothymic|pericardiac) (silhouette|contour)",
    "(cardiothoracic|cardio thoracic) (ratio|index)",
    "(left|right) (ventricle|ventricular)",
)
MEDIASTINUM: Final = (
    "(superior|upper|anterior|right|middle)? (mediastinum|mediastinal) (silhouette|contour|size|width|structures|border|outline|shadow|margin|xxxx)?",
)
BOTH: Final = (
    "(cardiomediastinal|cardio mediastinal|cardiomediastinum|cardiovascular|cardio vascular) (silhouette|contour|size|xxxx|border|outline|structures|margin)?",
    "(heart|cardiac) (and|/|or|,) (mediastinum|mediastinal) (silhouette|contour|size|structures|border|outline|shadow|margin|xxxx)?",
)
RIVALS: Final = (
    "aorta",
    "aortic (arch|knob|contour|root)?",
    "(central|main|bilateral)? pulmonary (artery|arteries|vasculature|vascularity|vessel|vascular|trunk|outflow tract|xxxx|hila|hilum)",
    "(hilum|hila|hilar)",
    "(vasculature|vascularity|vascular)",
    "(lymph)? node",
    "(thyroid|goiter|stomach|bowel|colon|liver|spleen|diaphragm|hemidiaphragm|trachea|esophagus)",
    "lung",
    "(left|right) (atrium|atrial)",
    "(bone|bony|osseous|rib|spine|thoracic spine|skeletal)",
    "thymus",
    "pulmonary vascular engorgement (appear|is)",
)
"""Structures that may own the state word beside a heart: "heart with enlarged aorta"."""

NORMAL: Final = (
    "normal",
    "(not|no) (enlarged|widened|enlarging|prominent|enlargement)",
    "(is|appear)? not (significantly|grossly|definitely|particularly|overtly) (enlarged|widened|prominent)",
    "(is|appear) not (enlarged|widened|enlarging|prominent|enlargement)",
    "(within|in) (normal|xxxx|physiologic) (limits|range|size|limit|variation)?",
    "within (limits|xxxx limits|limits of normal)",
    "normal (limits|size|range|in size)?",
    "(unremarkable|maintained|preserved|wnl|nonenlarged|noncontributory)",
    "not remarkable",
    "(no|without) (cardiac|heart) enlargement",
    "(small|narrow)",
)
BORDERLINE: Final = (
    "(borderline|top|upper|high) (of|limit|limits|limits of|limits of the)? (normal|xxxx)",
    "(at|near|in)? (upper|high|top|borderline) (limits|limit|end|range) (of)? (normal|xxxx|range of normal)",
    "(upper|high|top) (of)? normal",
    "borderline",
    "borderline (in)? size",
)
ENLARGED: Final = (
    "(borderline|mildly|slightly|moderately|markedly|severely|massively|minimally|mild|moderate|severe|grossly|top normal to|normal to)?"
    " (borderline|mildly)? (enlarged|enlarging|widened|enlargement|prominent|dilated|widening)",
    "borderline (enlarged|enlargement|prominent|large)",
    "(large|larger|big|increased in size|increased|generous|above normal|abnormally large|prominence|globular)",
)

LUNG_NORMAL: Final = ("clear", "well (aerated|expanded|inflated)", "(expanded|inflated|aerated)")

CHEST: Final = (
    "(chest|thorax|thoracic|lung|cardiopulmonary|cardio pulmonary|pulmonary|pleura|pleural|mediastinum|mediastinal|costophrenic|hemidiaphragm"
    "|diaphragm|diaphragms|hemidiaphragms|hemithorax|bronchovascular|trachea|tracheal|airspace|airways|airway|lobe|lobar|basilar|bibasilar|retrocardiac|apical"
    "|perihilar|hilar|hila|vascularity|vasculature|cardiac|intrathoracic|osseous|rib|clavicle|clavicles|sternum|aorta|aortic|radiograph|film)",
)
