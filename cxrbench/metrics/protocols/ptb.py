"""The tokeniser of "official COCO evaluation": Stanford's PTBTokenizer as pycocoevalcap runs it.

Lower-cased Penn Treebank tokens without the punctuation tokens that pycocoevalcap drops. One Java call tokenises a
whole set of texts.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from cxrbench.core.errors import CxrbenchError
from cxrbench.metrics.java import ENCODING, archive, encoded, java_executable, one_line

_JAR = "tokenizer/stanford-corenlp-3.4.1.jar"
_DROPPED = frozenset(
    ("''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".", "?", "!", ",", ":", "-", "--", "...", ";")
)


def ptb_tokenize(texts: Sequence[str]) -> list[str]:
    """Each text as its tokens joined by single blanks.

    As in pycocoevalcap, `-LRB-` and its kin are only dropped in capitals: after lower-casing they stay.

    Raises:
        MissingError: No Java runtime or no pycocoevalcap.
        CxrbenchError: The tokeniser failed.
    """
    if not any(text.strip() for text in texts):
        return [""] * len(texts)
    command = [
        str(java_executable()),
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-Dfile.encoding=UTF-8",
        "-cp",
        str(archive(_JAR)),
        "edu.stanford.nlp.process.PTBTokenizer",
        "-preserveLines",
        "-lowerCase",
        "-encoding",
        "UTF-8",
    ]
    text = "".join(f"{one_line(text)}\n" for text in texts)
    done = subprocess.run(command, input=encoded(text), capture_output=True, check=False)
    lines = done.stdout.decode(ENCODING, errors="replace").split("\n")[:-1]
    if done.returncode or len(lines) != len(texts):
        raise CxrbenchError(
            f"the PTB tokeniser returned {len(lines)} lines for {len(texts)} texts (exit code {done.returncode})",
            where=done.stderr.decode(ENCODING, errors="replace").strip()[-500:] or None,
            hint="cxrbench doctor",
        )
    return [" ".join(token for token in line.split(" ") if token and token not in _DROPPED) for line in lines]
