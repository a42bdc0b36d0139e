"""A request as chat messages, with films as data URLs; and the form of a structured answer."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.adapters.openai_server.settings import Settings
from cxrbench.adapters.recipes.asking import chosen_images, user_text
from cxrbench.adapters.recipes.recipe import Recipe
from cxrbench.core.types import Image, Kind, Request

_ANSWER = {"type": "string", "description": "the answer in a word or a short phrase"}
_REPORT = {"type": "string", "description": "the report, with sections Findings and Impression"}
_CONFIDENCE = {"type": "number", "description": "probability that this is right, 0 to 1"}


def chat_messages(recipe: Recipe, settings: Settings, request: Request) -> list[dict[str, Any]]:
    """System and user message.

    Raises:
        ValueError: A film that should be sent was not decoded.
    """
    side = settings.max_side or recipe.max_side
    parts: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": data_url(_pixels(request, image), side, settings.image_format)}}
        for image in chosen_images(recipe, request)
    ]
    parts.append({"type": "text", "text": user_text(recipe, request)})
    system = [{"role": "system", "content": recipe.system}] if recipe.system else []
    return [*system, {"role": "user", "content": parts}]


def data_url(pixels: NDArray[np.uint8], max_side: int, form: str) -> str:
    """A film as a data URL, reduced to `max_side` pixels on the longer side. pixels: uint8 [height, width]."""
    from PIL import Image as Pillow

    film = Pillow.fromarray(pixels)
    if max(film.size) > max_side:
        film.thumbnail((max_side, max_side), Pillow.Resampling.LANCZOS)
    stream = io.BytesIO()
    if form == "jpeg":
        film.save(stream, "JPEG", quality=95)
    else:
        film.save(stream, "PNG")
    return f"data:image/{form};base64,{base64.b64encode(stream.getvalue()).decode()}"


def sent_size(pixels: NDArray[np.uint8], max_side: int) -> tuple[int, int]:
    """Width and height of a film as it is sent."""
    height, width = pixels.shape
    share = min(1.0, max_side / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def response_format(kind: Kind) -> dict[str, Any]:
    """The JSON schema of a structured answer, with the field names of the interchange format."""
    properties = {"text": _REPORT} if kind == "report" else {"answer": _ANSWER, "confidence": _CONFIDENCE}
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}


def without_films(messages: Sequence[dict[str, Any]]) -> list[Any]:
    """The messages with each film replaced by its SHA-256, for the key of the cache."""

    def part(item: Any) -> Any:
        if isinstance(item, dict) and item.get("type") == "image_url":
            return ["film", hashlib.sha256(item["image_url"]["url"].encode()).hexdigest()]
        return item

    return [
        [message["role"], [part(item) for item in message["content"]]]
        if isinstance(message["content"], list)
        else [message["role"], message["content"]]
        for message in messages
    ]


def _pixels(request: Request, image: Image) -> NDArray[np.uint8]:
    if image.pixels is None:
        raise ValueError(f"request {request.id!r}: film {image.path.name} is not decoded")
    return image.pixels
