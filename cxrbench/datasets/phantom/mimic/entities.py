"""The things that a report can name: finding entities with their parents, categories and usual places.

Category and subcategory names are this phantom's: of the real value sets only `ANATOMICAL_FINDING`, `DISEASE`,
`LUNG_FIELD`, `PULMONARY_DISEASES` and `INFECTION` are documented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FINDING: Final = "ANATOMICAL_FINDING"
DISEASE: Final = "DISEASE"
DEVICE: Final = "DEVICE"


@dataclass(frozen=True, slots=True)
class Entity:
    """A finding entity.

    Attributes:
        condition: The CheXpert condition it counts for; "" for none.
        regions: Where it is looked for when no place is said: the default regions.
        graded: Whether radiologists say how severe it is.
        drawn: Whether the phantom can draw it; the others are only ever denied.
    """

    name: str
    condition: str
    parents: tuple[str, ...]
    categories: tuple[str, ...]
    subcategories: tuple[str, ...]
    regions: tuple[str, ...]
    graded: bool = False
    drawn: bool = True

    @property
    def is_device(self) -> bool:
        return DEVICE in self.categories


def _table(*rows: Entity) -> dict[str, Entity]:
    return {row.name: row for row in rows}


_LUNG: Final = ("LUNG_FIELD",)
_ILL: Final = (FINDING, DISEASE)
_LESION: Final = ("lung lesion",)
_OPACITY: Final = ("lung opacity",)
ENTITIES: Final = _table(
    Entity("cardiomegaly", "Cardiomegaly", ("heart disease",), _ILL, ("HEART",), ("cardiac silhouette",), True),
    Entity(
        "mediastinal widening", "Enlarged Cardiomediastinum", (), (FINDING,), ("MEDIASTINUM",), ("mediastinum",), True
    ),
    Entity("lung opacity", "Lung Opacity", (), (FINDING,), _LUNG, ("lungs",), True),
    Entity("pulmonary nodule", "Lung Lesion", _LESION, (FINDING,), (*_LUNG, "NEOPLASM"), ("lungs",)),
    Entity("mass", "Lung Lesion", _LESION, (FINDING,), (*_LUNG, "NEOPLASM"), ("lungs",)),
    Entity("pulmonary edema", "Edema", (), _ILL, (*_LUNG, "PULMONARY_DISEASES"), ("lungs",), True),
    Entity("consolidation", "Consolidation", _OPACITY, _ILL, (*_LUNG, "PULMONARY_DISEASES", "INFECTION"), ("lungs",)),
    Entity(
        "pneumonia", "Pneumonia", ("infection",), (DISEASE,), (*_LUNG, "PULMONARY_DISEASES", "INFECTION"), ("lungs",)
    ),
    Entity("atelectasis", "Atelectasis", _OPACITY, _ILL, (*_LUNG, "PULMONARY_DISEASES"), ("lungs",), True),
    Entity("pneumothorax", "Pneumothorax", (), _ILL, ("PLEURA",), ("pleural space",), True),
    Entity("pleural effusion", "Pleural Effusion", (), (FINDING,), ("PLEURA",), ("pleural space",), True),
    Entity("pleural thickening", "Pleural Other", (), (FINDING,), ("PLEURA",), ("pleural space",), True),
    Entity("pleural plaque", "Pleural Other", ("pleural thickening",), (FINDING,), ("PLEURA",), ("pleural space",)),
    Entity("rib fracture", "Fracture", ("fracture",), (FINDING,), ("BONES", "TRAUMA"), ("ribs",)),
    # Signs that are told as part of another finding.
    Entity("pulmonary vascular congestion", "Edema", (), (FINDING,), ("VASCULATURE",), ("lungs",)),
    Entity("costophrenic angle blunting", "Pleural Effusion", (), (FINDING,), ("PLEURA",), ("costophrenic angles",)),
    Entity("air bronchogram", "Consolidation", (), (FINDING,), _LUNG, ("lungs",)),
    Entity("volume loss", "Atelectasis", (), (FINDING,), _LUNG, ("lungs",)),
    # Devices.
    Entity("endotracheal tube", "Support Devices", ("tube",), (DEVICE,), ("TUBES",), ("trachea",)),
    Entity("enteric tube", "Support Devices", ("tube",), (DEVICE,), ("TUBES",), ("mediastinum", "stomach")),
    Entity("chest tube", "Support Devices", ("tube",), (DEVICE,), ("TUBES",), ("pleural space",)),
    Entity("central venous catheter", "Support Devices", ("catheter",), (DEVICE,), ("CATHETERS",), ("svc",)),
    Entity("port", "Support Devices", ("catheter",), (DEVICE,), ("CATHETERS",), ("svc",)),
    Entity(
        "pacemaker", "Support Devices", ("cardiac device",), (DEVICE,), ("CARDIAC_DEVICES",), ("cardiac silhouette",)
    ),
    Entity(
        "sternotomy wire", "Support Devices", ("surgical material",), (DEVICE,), ("SURGICAL_MATERIAL",), ("sternum",)
    ),
    Entity("catheter tip", "Support Devices", ("catheter",), (DEVICE,), ("CATHETERS",), ("cavoatrial junction",)),
    Entity(
        "pacemaker lead",
        "Support Devices",
        ("cardiac device",),
        (DEVICE,),
        ("CARDIAC_DEVICES",),
        ("cardiac silhouette",),
    ),
    # Never drawn.
    *(
        Entity(name, condition, (), (FINDING,), subcategories, regions, drawn=False)
        for name, condition, subcategories, regions in (
            ("emphysema", "", (*_LUNG, "PULMONARY_DISEASES"), ("lungs",)),
            ("pulmonary fibrosis", "", (*_LUNG, "PULMONARY_DISEASES"), ("lungs",)),
            ("hyperinflation", "", _LUNG, ("lungs",)),
            ("bronchiectasis", "", ("AIRWAYS", "PULMONARY_DISEASES"), ("lungs",)),
            ("tracheal deviation", "", ("AIRWAYS",), ("trachea",)),
            ("hilar lymphadenopathy", "", ("HILUM",), ("hila",)),
            ("tortuous aorta", "", ("VASCULATURE",), ("descending aorta",)),
            ("aortic calcification", "", ("VASCULATURE",), ("aortic arch",)),
            ("pneumomediastinum", "", ("MEDIASTINUM",), ("mediastinum",)),
            ("hiatal hernia", "", ("MEDIASTINUM", "ABDOMEN"), ("stomach",)),
            ("pneumoperitoneum", "", ("ABDOMEN",), ("abdomen",)),
            ("subcutaneous emphysema", "", ("SOFT_TISSUE",), ("soft tissues",)),
            ("scoliosis", "", ("BONES",), ("thoracic spine",)),
            ("degenerative change", "", ("BONES",), ("thoracic spine",)),
            ("elevated hemidiaphragm", "", ("DIAPHRAGM",), ("hemidiaphragms",)),
            ("pericardial effusion", "", ("HEART",), ("cardiac silhouette",)),
        )
    ),
    *(
        Entity(name, "Support Devices", (parent,), (DEVICE,), (group,), (region,), drawn=False)
        for name, parent, group, region in (
            ("tracheostomy tube", "tube", "TUBES", "trachea"),
            ("picc line", "catheter", "CATHETERS", "svc"),
            ("swan ganz catheter", "catheter", "CATHETERS", "mediastinum"),
            ("surgical clip", "surgical material", "SURGICAL_MATERIAL", "mediastinum"),
            ("spinal hardware", "surgical material", "SURGICAL_MATERIAL", "thoracic spine"),
        )
    ),
)
"""Entity name -> what it is. Elevated diaphragms are drawn only as part of atelectasis, and never told alone."""

FINDING_SUBCATEGORIES: Final = tuple(
    dict.fromkeys(name for entity in ENTITIES.values() if not entity.is_device for name in entity.subcategories)
)
DEVICE_SUBCATEGORIES: Final = tuple(
    dict.fromkeys(name for entity in ENTITIES.values() if entity.is_device for name in entity.subcategories)
)
