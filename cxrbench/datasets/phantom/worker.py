"""A worker process: draws some studies and prints their rows as JSON lines. Started by `studies.draw_studies`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from cxrbench.datasets.phantom.studies import draw_study


def main(arguments: list[str]) -> None:
    """Arguments: folder, seed, and start, stop, step of the uids."""
    folder = Path(arguments[0])
    seed, start, stop, step = map(int, arguments[1:])
    for uid in range(start, stop, step):
        try:
            line = json.dumps(asdict(draw_study(folder, seed, uid)))
        except OSError as error:
            line = json.dumps({"errno": error.errno, "strerror": error.strerror, "filename": str(error.filename)})
        try:
            print(line, flush=True)
        except BrokenPipeError:
            # The parent is gone, and nobody wants the rest.
            os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
