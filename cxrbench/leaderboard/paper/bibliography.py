"""The bibliography of a table: metrics, data, split, statistics and packages that its numbers rest on, as BibTeX."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from cxrbench.leaderboard.paper.signatures import parts
from cxrbench.leaderboard.paper.table import PaperTable

_FILE = Path(__file__).parent.parent / "data" / "citations.yaml"
_SPECIAL = str.maketrans({"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_"})


def cited(table: PaperTable) -> list[str]:
    """Keys of the entries, in the order score, labeler, data, split, protocol, statistics, package."""
    known = _citations()
    first = table.first
    identity, data = first.record["identity"], first.record["data"]
    keys: list[str] = []
    for score in table.scores:
        keys += known["scores"].get(parts(table.signatures[score])[""], [])
    if not data["phantom"]:
        keys += known["data"].get(data["name"], [])
        keys += known["splits"].get(str(identity["split"]).partition(":")[0], [])
    keys += known["protocols"].get(first.results["protocol"], [])
    keys += known["statistics"][:1]
    if table.tests:
        keys += known["statistics"][1:] + known["corrections"][table.correction]
    for package in first.record["provenance"].get("packages", {}):
        keys += known["packages"].get(package, [])
    return list(dict.fromkeys(keys))


def bibtex(keys: list[str]) -> str:
    """The entries of these keys as a .bib file."""
    return "\n".join(_entry(key, _citations()["entries"][key]) for key in keys)


def _entry(key: str, fields: dict[str, Any]) -> str:
    lines = [
        f"  {name} = {{{str(value) if name == 'doi' else str(value).translate(_SPECIAL)}}},"
        for name, value in fields.items()
        if name != "type"
    ]
    return "\n".join([f"@{fields['type']}{{{key},", *lines, "}", ""])


@cache
def _citations() -> dict[str, Any]:
    import yaml

    found: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found
