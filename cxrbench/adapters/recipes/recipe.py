"""A recipe: loaded from YAML, checked key by key, found by the name of the model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from cxrbench.core.errors import DataError, UnknownNameError

DEFAULT = "default"
MODEL_CLASSES = ("image-text-to-text", "causal-lm")
READINGS = ("whole", "first_line", "last_line", "json")
_FAMILIES = Path(__file__).parent / "families"
_PLACES = ("prompt", "question", "indication", "technique", "comparison", "prior_report", "choices")


@dataclass(frozen=True)
class Recipe:
    """How one family is asked and read.

    Attributes:
        models: Patterns of model names (lower case, `*` and `?`) that use it unless the user names another.
        source: Where its settings come from.
        system: System message; empty for none.
        report, vqa: User message; `{prompt}`, `{question}`, `{indication}`, ... are filled in.
        context: Lines appended where the request carries that clinical text, by name.
        views: Which films are sent, in this order: current ones of these views, at most `max_images`.
        max_side: Films are reduced to this many pixels on the longer side.
        max_new_tokens, temperature: Generation; temperature 0 is greedy.
        read_report, read_vqa: What of the output is the answer: "whole", "first_line", "last_line", "json" (the
            field `answer` or `text` of the first JSON object), or a regular expression with one group, "after:…".
        choice_line: Appended to a question with choices; `{choices}` is filled in; empty for none.
        template: The whole prompt of a model without a chat template: `{images}` stands for one image token per film,
            `{system}` and `{text}` for the messages.
        model_class: "image-text-to-text" or "causal-lm", the automatic class that loads the model (hf:).
    """

    name: str
    models: tuple[str, ...] = ()
    source: str = ""
    system: str = ""
    report: str = "{prompt}"
    vqa: str = "{prompt}"
    context: Mapping[str, str] = field(default_factory=dict)
    views: tuple[str, ...] = ("frontal", "PA", "AP", "lateral")
    max_images: int = 4
    max_side: int = 1024
    max_new_tokens: int = 512
    temperature: float = 0.0
    read_report: str = "whole"
    read_vqa: str = "whole"
    choice_line: str = ""
    template: str = ""
    model_class: str = MODEL_CLASSES[0]

    def __post_init__(self) -> None:
        for name in ("read_report", "read_vqa"):
            _check_reading(self.name, name, getattr(self, name))
        for name in ("report", "vqa", "choice_line"):
            _check_places(self.name, name, getattr(self, name))
        if self.template and "{text}" not in self.template:
            raise DataError(f"recipe {self.name!r}: template has no {{text}}", valid="{images}, {system}, {text}")
        if self.model_class not in MODEL_CLASSES:
            raise DataError(
                f"recipe {self.name!r}: model_class is {self.model_class!r}", valid=", ".join(MODEL_CLASSES)
            )
        for name, low in (("max_images", 0), ("max_side", 16), ("max_new_tokens", 1), ("temperature", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value < low:
                raise DataError(f"recipe {self.name!r}: {name} is {value!r}", valid=f"a number of {low} or more")


def recipe_names() -> list[str]:
    """The bundled recipes."""
    return sorted(path.stem for path in _FAMILIES.glob("*.yaml"))


def find_recipe(model: str, chosen: str | None = None) -> Recipe:
    """The recipe for a model: the chosen one (a bundled name or a YAML file), else the one whose pattern fits.

    Raises:
        UnknownNameError: The chosen one is neither bundled nor a file.
        DataError: The file cannot be understood.
    """
    if chosen is not None:
        path = Path(chosen)
        if path.suffix in (".yaml", ".yml"):
            return load_recipe(path)
        if chosen not in recipe_names():
            raise UnknownNameError("recipe", chosen, recipe_names(), where="-o recipe", hint="or name a .yaml file")
        return _bundled()[chosen]
    lowered = model.lower()
    for recipe in _bundled().values():
        if any(fnmatchcase(lowered, pattern) for pattern in recipe.models):
            return recipe
    return _bundled()[DEFAULT]


def load_recipe(path: Path) -> Recipe:
    """Read a recipe file.

    Raises:
        DataError: Missing, not YAML, an unknown key, or a value of the wrong type.
    """
    import yaml

    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the recipe cannot be read: {error}", where=str(path)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"the recipe is no YAML: {first}", where=str(path)) from None
    if not isinstance(content, dict):
        raise DataError(f"a recipe must be a mapping, got {type(content).__name__}", where=str(path))
    return _recipe(path, content)


def _recipe(path: Path, content: Mapping[Any, Any]) -> Recipe:
    known = {item.name: item for item in fields(Recipe)}
    values: dict[str, Any] = {"name": path.stem}
    for key, value in content.items():
        if key not in known:
            raise DataError(
                f"unknown key {key!r} in the recipe", where=str(path), valid=", ".join(sorted(set(known) - {"name"}))
            )
        values[key] = _typed(path, key, value)
    try:
        return Recipe(**values)
    except DataError as error:
        raise DataError(error.message, where=str(path), valid=error.valid) from None


def _typed(path: Path, key: str, value: Any) -> Any:
    if key in ("models", "views"):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise DataError(f"{key} must be a list of texts, got {value!r}", where=str(path))
        return tuple(value)
    if key == "context":
        if not isinstance(value, dict) or not all(isinstance(item, str) for pair in value.items() for item in pair):
            raise DataError(f"context must map names to texts, got {value!r}", where=str(path))
        for name, line in value.items():
            _check_places(path.stem, f"context.{name}", line)
        return value
    if key in ("max_images", "max_side", "max_new_tokens", "temperature"):
        return value
    if not isinstance(value, str):
        raise DataError(f"{key} must be text, got {value!r}", where=str(path))
    return value


def _check_reading(recipe: str, key: str, reading: str) -> None:
    if reading in READINGS:
        return
    if reading.startswith("after:"):
        try:
            if re.compile(reading.removeprefix("after:"), re.DOTALL).groups == 1:
                return
        except re.error:
            pass
    raise DataError(
        f"recipe {recipe!r}: {key} is {reading!r}",
        valid=", ".join(READINGS) + ", or after:REGEX with one group",
    )


def _check_places(recipe: str, key: str, text: str) -> None:
    for name in re.findall(r"\{([^{}]*)\}", text):
        if name not in _PLACES:
            raise DataError(f"recipe {recipe!r}: {key} names {{{name}}}", valid=", ".join(_PLACES))


@cache
def _bundled() -> dict[str, Recipe]:
    return {name: load_recipe(_FAMILIES / f"{name}.yaml") for name in recipe_names()}
