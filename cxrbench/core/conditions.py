"""The fourteen CheXpert conditions, always addressed by name.

Spelling and order follow CheXbert (Smit et al., EMNLP 2020; stanfordmlgroup/CheXbert `src/constants.py`).
The order is for display only: a label vector is a mapping from name to value, never a position.
"""

from typing import Final

NO_FINDING: Final = "No Finding"
SUPPORT_DEVICES: Final = "Support Devices"

CONDITIONS: Final[tuple[str, ...]] = (
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    SUPPORT_DEVICES,
    NO_FINDING,
)

FIVE_CONDITIONS: Final[tuple[str, ...]] = (
    "Cardiomegaly",
    "Edema",
    "Consolidation",
    "Atelectasis",
    "Pleural Effusion",
)
"""The subset that papers call "CheXbert-5" (the CheXpert competition tasks)."""

POSITIVE: Final = 1
NEGATIVE: Final = 0
UNCERTAIN: Final = -1
"""Label codes of the CheXpert CSV files; a condition that is not mentioned is None (an empty cell)."""
