"""From a request to what is said: messages and films, by a recipe."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cxrbench.adapters.recipes.recipe import Recipe
from cxrbench.core.types import Image, Request

_FRONTAL = ("frontal", "PA", "AP")


def user_text(recipe: Recipe, request: Request) -> str:
    """The user message: the recipe's template filled in, then clinical context and choices where there are any."""
    values = {
        "prompt": request.prompt,
        "question": request.question or request.prompt,
        "choices": ", ".join(request.choices or ()),
        **dict.fromkeys(("indication", "technique", "comparison", "prior_report"), ""),
        **request.context,
    }
    lines = [_filled(recipe.report if request.kind == "report" else recipe.vqa, values)]
    for name, text in request.context.items():
        template = recipe.context.get(name, f"{name.replace('_', ' ').capitalize()}: {{{name}}}")
        if text and f"{{{name}}}" not in (recipe.report if request.kind == "report" else recipe.vqa):
            lines.append(_filled(template, values))
    if request.choices and recipe.choice_line:
        lines.append(_filled(recipe.choice_line, values))
    return "\n".join(lines)


def chosen_images(recipe: Recipe, request: Request) -> list[Image]:
    """The films to send, in the order of the recipe's views; prior films after current ones."""
    ranked = sorted(
        (image.when != "current", place, number)
        for number, image in enumerate(request.images)
        if (place := _place(recipe, image)) is not None
    )
    return [request.images[number] for _, _, number in ranked[: recipe.max_images]]


def _place(recipe: Recipe, image: Image) -> int | None:
    if image.view in recipe.views:
        return recipe.views.index(image.view)
    if image.view in _FRONTAL and "frontal" in recipe.views:
        return recipe.views.index("frontal")
    return None


def _filled(template: str, values: Mapping[str, str]) -> str:
    # Not str.format: a report in the context may hold braces.
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], template)
