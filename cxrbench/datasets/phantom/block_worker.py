"""A worker process: does the blocks whose numbers it is given, a line each; see `blocks.run_blocks`."""

from __future__ import annotations

import json
import os
import sys

from cxrbench.datasets.phantom.blocks import do_block


def main(function: str, arguments: str) -> None:
    """Do the blocks named on stdin; print what came of each as a JSON line.

    Args:
        function: `module:name`.
        arguments: Its arguments as JSON.
    """
    given = json.loads(arguments)
    for line in sys.stdin:
        block = int(line)
        try:
            answer = json.dumps({"block": block, "done": do_block(function, block, given)})
        except OSError as error:
            answer = json.dumps({"errno": error.errno, "strerror": error.strerror, "filename": str(error.filename)})
        try:
            print(answer, flush=True)
        except BrokenPipeError:
            # The parent is gone, and nobody wants the rest.
            os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
