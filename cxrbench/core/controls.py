"""Does the model look at the image? The same questions again with films of other patients, or with an empty film.

A model whose scores do not fall under a control answers from the words alone. The paired difference between a run and
its control is its *image reliance* (Goyal et al., CVPR 2017, on the priors of language in visual question answering).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from cxrbench.core.errors import DataError, UnknownNameError
from cxrbench.core.ordering import hashed_order
from cxrbench.core.types import Example, Image, Request

CONTROLS: Final = ("shuffled", "blank")
_BLANK_SIDE: Final = 512
_GREY: Final = 128


def controlled(examples: Sequence[Example], control: str, folder: Path, seed: int) -> list[Request]:
    """The requests of a control, in the order of the examples; all but the films stays.

    Args:
        control: "shuffled" gives each example the films of another group (patient, study, image), every group's films
            going to exactly one other place; "blank" gives it one mid-grey film for each of its own.
        folder: Where the blank film is written.
        seed: Decides who gets whose films.

    Raises:
        UnknownNameError: Another control.
        DataError: One group holds more than half of the examples, so that nobody else's films are left for it.
    """
    if control == "shuffled":
        return _shuffled(examples, seed)
    if control == "blank":
        return _blank(examples, folder)
    raise UnknownNameError("control", control, CONTROLS, where="--control")


def _shuffled(examples: Sequence[Example], seed: int) -> list[Request]:
    place = {group: number for number, group in enumerate(hashed_order({item.group for item in examples}, seed))}
    order = sorted(range(len(examples)), key=lambda row: (place[examples[row].group], examples[row].id))
    # Shifted by the size of the largest group, a list that is sorted by group meets no group of its own again.
    sizes = np.bincount([place[item.group] for item in examples])
    shift = int(sizes.max())
    if 2 * shift > len(examples):
        raise DataError(
            f"the control 'shuffled' needs films of others: {shift} of {len(examples)} examples share one group",
            hint="take more examples (--limit), or --control blank",
        )
    films = {order[row]: examples[order[(row + shift) % len(order)]].request.images for row in range(len(order))}
    return [replace(item.request, images=films[row]) for row, item in enumerate(examples)]


def _blank(examples: Sequence[Example], folder: Path) -> list[Request]:
    from PIL import Image as Pillow

    path = (folder / "control-blank.png").absolute()
    Pillow.new("L", (_BLANK_SIDE, _BLANK_SIDE), _GREY).save(path)

    def emptied(image: Image) -> Image:
        return replace(image, path=path, pixels=None)

    return [replace(item.request, images=tuple(map(emptied, item.request.images))) for item in examples]
