"""Requests with small films, for the tests of servers."""

from pathlib import Path

import numpy as np

from cxrbench.core.types import Image, Request


def films(count=1, side=8):
    return tuple(Image(Path(f"{n}.png"), "PA", pixels=np.full((side, side), n, np.uint8)) for n in range(count))


def questions(count, **fields):
    return [Request(f"q{n}", "vqa", films(), f"Is it number-{n}", **fields) for n in range(count)]
