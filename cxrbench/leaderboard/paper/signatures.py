"""Signatures of scores in plain words."""

from __future__ import annotations

from collections.abc import Mapping


def parts(signature: str) -> dict[str, str]:
    """`bleu|protocol:cxrbench|smooth:none` as {"": "bleu", "protocol": "cxrbench", "smooth": "none"}."""
    found: dict[str, str] = {}
    for piece in signature.split("|"):
        key, colon, value = piece.partition(":")
        found[key if colon else ""] = value if colon else piece
    return found


def label_conventions(signatures: Mapping[str, str]) -> list[str]:
    """One sentence per labeler among the scores: which one, and what it counts; without the full stop."""
    found: dict[str, str] = {}
    for score, signature in signatures.items():
        labeler = score.split("_", 1)[0]
        if labeler not in ("rules", "chexbert") or labeler in found:
            continue
        known = parts(signature)
        name = "the rule-based labeler of cxrbench (not CheXbert)" if labeler == "rules" else "CheXbert"
        uncertain, division = known.get("uncertain"), known.get("zero_division")
        said = [f"labels by {name}"]
        if uncertain:
            said.append(f"uncertain counts as {uncertain}")
        if division is not None:
            said.append(f"0/0 counts as {division}")
        sentence = ", ".join(said)
        found[labeler] = sentence[0].upper() + sentence[1:]
    return list(found.values())
