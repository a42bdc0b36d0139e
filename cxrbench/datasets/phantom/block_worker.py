"""A worker process: does every n-th block and prints what came of it, a JSON line each; see `blocks.run_blocks`."""

from __future__ import annotations

import json
import os
import sys

from cxrbench.datasets.phantom.blocks import do_block


def main(arguments: list[str]) -> None:
    """Arguments: function, its arguments as JSON, and start, stop, step of the blocks."""
    function, given = arguments[0], json.loads(arguments[1])
    start, stop, step = map(int, arguments[2:])
    for block in range(start, stop, step):
        try:
            line = json.dumps({"block": block, "done": do_block(function, block, given)})
        except OSError as error:
            line = json.dumps({"errno": error.errno, "strerror": error.strerror, "filename": str(error.filename)})
        try:
            print(line, flush=True)
        except BrokenPipeError:
            # The parent is gone, and nobody wants the rest.
            os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
