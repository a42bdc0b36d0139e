"""Generates with a Hugging Face vision-language model: the processor's chat template, in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cxrbench.adapters.base import AdapterContext
from cxrbench.adapters.huggingface.loading import Loaded, Source, load
from cxrbench.adapters.recipes import Recipe, find_recipe
from cxrbench.adapters.recipes.asking import chosen_images, user_text
from cxrbench.adapters.recipes.reading import read_output
from cxrbench.core import jsonio
from cxrbench.core.errors import UsageError, WeightsError
from cxrbench.core.types import ModelInfo, Prediction, Request

OPTIONS = (
    "revision",
    "peft",
    "recipe",
    "trust_remote_code",
    "download",
    "max_new_tokens",
    "num_beams",
    "trained_on",
    "name",
)


class HuggingFaceAdapter:
    """A model on this machine.

    Args:
        generation: Arguments of `generate` beyond the recipe's: `max_new_tokens`, `num_beams`.
        trained_on: For the leakage column; None where unknown.
        seed: Of the sampling, where the recipe's temperature is above 0.
    """

    def __init__(
        self,
        name: str,
        loaded: Loaded,
        recipe: Recipe,
        *,
        generation: Mapping[str, int],
        trained_on: tuple[str, ...] | None = None,
        inputs: tuple[str, ...] = ("frontal",),
        seed: int = 0,
    ) -> None:
        self._name = name
        self._loaded = loaded
        self._recipe = recipe
        self._generation = {"max_new_tokens": recipe.max_new_tokens, **generation}
        self._trained_on = trained_on
        self._inputs = inputs
        self._seed = seed
        tokenizer = getattr(loaded.processor, "tokenizer", loaded.processor)
        # What is generated begins where the prompts end, so prompts of a batch must end together.
        tokenizer.padding_side = "left"
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        self._pad = tokenizer.pad_token_id

    def describe(self) -> ModelInfo:
        recipe = self._recipe
        asked = [recipe.system, recipe.report, recipe.vqa, recipe.template, sorted(recipe.context.items())]
        read = [recipe.views, recipe.max_images, recipe.max_side, recipe.read_report, recipe.read_vqa]
        settings = [self._generation, recipe.temperature, recipe.choice_line, self._seed if recipe.temperature else 0]
        return ModelInfo(
            name=self._name,
            version=recipe.name,
            fingerprint=jsonio.digest([self._loaded.fingerprint, asked, read, settings]),
            trained_on=self._trained_on,
            inputs=self._inputs,
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        import torch

        films = [
            [_picture(request, image, self._recipe.max_side) for image in self._films(request)]
            for request in requests
        ]
        inputs = self._inputs_of(requests, films).to(self._loaded.device)
        floats = {key: value for key, value in inputs.items() if torch.is_floating_point(value)}
        inputs.update({key: value.to(self._loaded.model.dtype) for key, value in floats.items()})
        sampling: dict[str, Any] = {"do_sample": False}
        if self._recipe.temperature > 0:
            torch.manual_seed(self._seed)
            sampling = {"do_sample": True, "temperature": self._recipe.temperature}
        with torch.inference_mode():
            output = self._loaded.model.generate(**inputs, **self._generation, **sampling, pad_token_id=self._pad)
        said = output[:, inputs["input_ids"].shape[1] :]
        texts = self._loaded.processor.batch_decode(said, skip_special_tokens=True)
        used = (said != self._pad).sum(dim=1).tolist()
        return [
            replace(read_output(self._recipe, request, text), usage={"completion_tokens": float(count)})
            for request, text, count in zip(requests, texts, used)
        ]

    def _films(self, request: Request) -> list[Any]:
        return chosen_images(self._recipe, request)

    def _inputs_of(self, requests: Sequence[Request], films: Sequence[Sequence[Any]]) -> Any:
        """Token ids, attention mask and pixel values of a batch."""
        processor = self._loaded.processor
        if getattr(processor, "chat_template", None):
            conversations = [
                _conversation(self._recipe, request, pictures) for request, pictures in zip(requests, films)
            ]
            return processor.apply_chat_template(
                conversations,
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                return_tensors="pt",
                padding=True,
            )
        token = getattr(processor, "image_token", None)
        if not self._recipe.template or token is None:
            raise WeightsError(
                f"the processor of {self._name} has no chat template, and recipe {self._recipe.name!r} no template",
                hint="name a recipe with a template: -o recipe=llava, or a file of your own; see docs/adapters.md",
            )
        texts = [_plain(self._recipe, request, len(pictures), token) for request, pictures in zip(requests, films)]
        pictures = [list(several) for several in films]
        return processor(images=pictures if any(pictures) else None, text=texts, return_tensors="pt", padding=True)


def _conversation(recipe: Recipe, request: Request, pictures: Sequence[Any]) -> list[dict[str, Any]]:
    said = [{"type": "image", "image": picture} for picture in pictures]
    said.append({"type": "text", "text": user_text(recipe, request)})
    system = [{"role": "system", "content": [{"type": "text", "text": recipe.system}]}] if recipe.system else []
    return [*system, {"role": "user", "content": said}]


def _plain(recipe: Recipe, request: Request, films: int, token: str) -> str:
    filled = recipe.template.replace("{system}", recipe.system).replace("{images}", token * films)
    return filled.replace("{text}", user_text(recipe, request))


def _picture(request: Request, image: Any, max_side: int) -> Any:
    from PIL import Image as Pillow

    pixels: NDArray[np.uint8] | None = image.pixels
    if pixels is None:
        raise ValueError(f"request {request.id!r}: film {image.path.name} is not decoded")
    picture = Pillow.fromarray(pixels).convert("RGB")
    if max(picture.size) > max_side:
        picture.thumbnail((max_side, max_side), Pillow.Resampling.LANCZOS)
    return picture


def create(argument: str | None, context: AdapterContext) -> HuggingFaceAdapter:
    """The model named after the colon: a folder, or a hub repository.

    Raises:
        UsageError: No model, or an option that cannot be understood.
        WeightsError: It cannot be loaded.
    """
    if not argument:
        raise UsageError("hf: needs a repository or a folder", where="--model", valid="hf:google/medgemma-4b-it")
    context.check_options("hf", OPTIONS)
    options = context.options
    source = Source(
        path=argument,
        revision=_text(options.get("revision")),
        peft=_text(options.get("peft")),
        trust_remote_code=options.get("trust_remote_code") is True,
        download=options.get("download") is True,
    )
    recipe = find_recipe(argument, _text(options.get("recipe")))
    generation = {name: _whole(name, options[name]) for name in ("max_new_tokens", "num_beams") if name in options}
    trained = options.get("trained_on")
    return HuggingFaceAdapter(
        _text(options.get("name")) or argument.rstrip("/").rpartition("/")[2],
        load(source, recipe, context.device),
        recipe,
        generation=generation,
        trained_on=None if trained is None else tuple(part.strip() for part in str(trained).split(",")),
        seed=context.seed,
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UsageError(f"{name} is {value!r}", where=f"-o {name}", valid="a whole number of 1 or more")
    return value
