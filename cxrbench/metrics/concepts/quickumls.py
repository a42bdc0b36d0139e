"""Concepts of the UMLS in text, through QuickUMLS (Soldaini and Goharian, MedIR 2016) over a user's installation."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from cxrbench.core.errors import DataError, ExtraMissingError, UsageError
from cxrbench.metrics.concepts.base import DENIABLE, Kind, Mention
from cxrbench.metrics.concepts.denial import denied
from cxrbench.metrics.labelers.rules.lexicon import lexicon
from cxrbench.metrics.labelers.rules.text import sentences

STOPWORDS: Final = ("the", "a", "an", "of", "in", "and", "or", "is", "are", "no", "with", "to", "at", "on", "for")
"""In place of the NLTK list, which QuickUMLS would download."""
_PARTS = ("umls-simstring.db", "cui-semtypes.db")
_SENTENCE = re.compile(r"[^.;?!\n]+(?:\.(?=\d)[^.;?!\n]*)*")
_MARK = "\x00"
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("T017", "T018", "T021", "T022", "T023", "T024", "T029", "T030"), "anatomy"),
    **dict.fromkeys(("T019", "T020", "T033", "T037", "T046", "T047", "T184", "T190", "T191", "T201"), "finding"),
    **dict.fromkeys(("T074", "T203"), "device"),
    "T082": "position",
    "T060": "technique",
    "T081": "measurement",
}
"""Semantic type of the UMLS -> kind; any other is a descriptor."""
_SEMTYPES_ORDER: tuple[Kind, ...] = ("finding", "device", "anatomy", "position", "measurement", "technique")
Candidate = dict[str, Any]


class QuickUmlsMatcher:
    """Finds UMLS concepts (CUIs) by approximate string matching.

    Of each place the best candidate counts (overlap by score, Jaccard similarity of at least `threshold`, five words
    at most, every semantic type). Sentences are split at full stops, semicolons and line ends; denial follows the
    cues of the rule labeler. The tokeniser is spaCy's blank English pipeline, so that nothing is downloaded; the
    part-of-speech filters of QuickUMLS do nothing then.

    Args:
        path: Folder of a QuickUMLS index (`python -m quickumls.install`), made from a licensed UMLS release.
        threshold: Smallest similarity, in (0, 1].

    Raises:
        ExtraMissingError: quickumls or spaCy is not installed.
        DataError: `path` is no QuickUMLS index.
        UsageError: `threshold` lies outside (0, 1].
    """

    name = "quickumls"

    def __init__(self, path: str | Path, *, threshold: float = 0.7) -> None:
        if not 0 < threshold <= 1:
            raise UsageError(f"quickumls: threshold is {threshold!r}", valid="a number in (0, 1]")
        core, spacy = _packages()
        self.path = _checked(Path(path))
        self.threshold = threshold
        with _without_downloads(core, spacy):
            matcher = core.QuickUMLS(
                str(self.path),
                overlapping_criteria="score",
                threshold=threshold,
                similarity_name="jaccard",
                window=5,
                accepted_semtypes=None,
            )
        self._match: Callable[[str], list[list[Candidate]]] = lambda text: matcher.match(
            text, best_match=True, ignore_syntax=False
        )
        self._remembered = lru_cache(maxsize=1 << 15)(self._mentions)

    def signature(self) -> str:
        from importlib.metadata import version

        return (
            f"concepts:{self.name}|package:{version('quickumls')}|threshold:{self.threshold}|similarity:jaccard"
            f"|window:5|index:{_fingerprint(self.path)}"
        )

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Mentions sentence by sentence, in reading order."""
        return self._remembered(text)

    def _mentions(self, text: str) -> tuple[Mention, ...]:
        found: list[Mention] = []
        for sentence in _SENTENCE.findall(text):
            if any(map(str.isalnum, sentence)):
                found.extend(self._of_sentence(sentence))
        return tuple(found)

    def _of_sentence(self, sentence: str) -> Iterator[Mention]:
        best = sorted((_best(place) for place in self._match(sentence) if place), key=lambda item: item["start"])
        tokens: list[str] = []
        end = 0
        deniable: list[tuple[int, int]] = []
        for item in best:
            tokens += _tokens(sentence[end : item["start"]])
            if _kind(item) in DENIABLE:
                deniable.append((len(tokens), len(tokens) + 1))
            tokens.append(_MARK)
            end = item["end"]
        tokens += _tokens(sentence[end:])
        absent = {start for (start, _), no in zip(deniable, denied(tokens, deniable)) if no}
        marks = [index for index, token in enumerate(tokens) if token == _MARK]
        for item, index in zip(best, marks, strict=True):
            yield Mention(item["cui"], _kind(item), index in absent)


def _packages() -> tuple[Any, Any]:
    try:
        return importlib.import_module("quickumls.core"), importlib.import_module("spacy")
    except ImportError as error:
        note = "QuickUMLS builds two of its parts from source and so needs a C++ compiler"
        raise ExtraMissingError("the QuickUMLS concept matcher", "umls", note=note) from error


def _checked(path: Path) -> Path:
    missing = [name for name in _PARTS if not (path / name).exists()]
    if missing:
        raise DataError(
            f"{path} is no QuickUMLS index: {' and '.join(missing)} not found",
            where=str(path),
            valid="a folder made by `python -m quickumls.install` from a UMLS release",
            hint="or leave the matcher at the embedded lexicon",
        )
    return path


@contextmanager
def _without_downloads(core: Any, spacy: Any) -> Iterator[None]:
    """QuickUMLS loads a spaCy model and NLTK stop words while it starts: both would be fetched from the network."""

    def blank(*_: Any, **__: Any) -> Any:
        pipeline = spacy.blank("en")
        pipeline.add_pipe("sentencizer")
        return pipeline

    words = SimpleNamespace(words=lambda *_: list(STOPWORDS))
    kept = core.spacy, core.nltk
    core.spacy = SimpleNamespace(load=blank)
    core.nltk = SimpleNamespace(download=lambda *_, **__: None, corpus=SimpleNamespace(stopwords=words))
    try:
        yield
    finally:
        core.spacy, core.nltk = kept


def _best(candidates: list[Candidate]) -> Candidate:
    """The most similar candidate; of equals the smallest CUI, so that the order of a database does not matter."""
    return min(candidates, key=lambda item: (-item["similarity"], item["cui"]))


def _kind(candidate: Candidate) -> Kind:
    kinds = {_KINDS.get(semtype, "descriptor") for semtype in candidate["semtypes"]}
    return next((kind for kind in _SEMTYPES_ORDER if kind in kinds), "descriptor")


def _tokens(piece: str) -> list[str]:
    return [token for words in sentences(piece, lexicon()[1]) for token in words]


def _fingerprint(path: Path) -> str:
    """Names and sizes of the files of terms: cheap, and another UMLS release has other ones."""
    hasher = blake2b(digest_size=4)
    for file in sorted(item for item in (path / _PARTS[0]).rglob("*") if item.is_file()):
        hasher.update(f"{file.relative_to(path)}:{file.stat().st_size}\n".encode())
    return hasher.hexdigest()
