"""Asks a server for many requests at once; keeps what it answered, books what it cost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cxrbench.adapters.base import AdapterContext
from cxrbench.adapters.openai_server.asking import Desk, Reply, ask
from cxrbench.adapters.openai_server.cache import RequestCache
from cxrbench.adapters.openai_server.cost import Ledger, likely_tokens
from cxrbench.adapters.openai_server.messages import chat_messages, response_format, sent_size, without_films
from cxrbench.adapters.openai_server.pace import Pace
from cxrbench.adapters.openai_server.settings import OPTIONS, Settings, read_settings
from cxrbench.adapters.recipes import Recipe, find_recipe
from cxrbench.adapters.recipes.asking import chosen_images, user_text
from cxrbench.adapters.recipes.reading import read_json, read_output
from cxrbench.core import jsonio
from cxrbench.core.errors import ExtraMissingError, UsageError
from cxrbench.core.types import ModelInfo, Prediction, Request

_BATCHES_OF_CONCURRENCY = 16


class OpenAIAdapter:
    """A model behind an OpenAI-compatible server.

    Args:
        trained_on: For the leakage column; None where unknown.
        name: Shown instead of the model's name.

    Raises:
        ExtraMissingError: The package openai is not installed.
        StorageError: The request cache cannot be opened.
    """

    def __init__(
        self,
        settings: Settings,
        recipe: Recipe,
        *,
        name: str | None = None,
        trained_on: tuple[str, ...] | None = None,
        inputs: tuple[str, ...] = ("frontal",),
        seed: int = 0,
    ) -> None:
        try:
            import openai
        except ImportError:
            raise ExtraMissingError("openai:", "openai") from None
        self.settings = settings
        self.ledger = Ledger(settings)
        self._recipe = recipe
        self._name = name or settings.model
        self._trained_on = trained_on
        self._inputs = inputs
        self._rng = random.Random(seed)
        self._cache = None if settings.cache is None else RequestCache(settings.cache)
        self._hopeless: str | None = None
        self._runner = asyncio.Runner()
        # A server of this machine must not be able to send us elsewhere, nor a proxy see what goes to it.
        http = openai.DefaultAsyncHttpxClient(follow_redirects=False, trust_env=settings.remote)
        self._client = openai.AsyncOpenAI(
            api_key=settings.api_key,
            base_url=settings.base_url,
            timeout=settings.timeout,
            max_retries=0,
            http_client=http,
        )
        self._desk: Desk | None = None
        self._ready = asyncio.Semaphore(1)

    def describe(self) -> ModelInfo:
        settings = self.settings
        return ModelInfo(
            name=self._name,
            version=self._recipe.name,
            fingerprint=jsonio.digest(
                [
                    settings.base_url,
                    settings.model,
                    self._generation(),
                    [settings.structured, settings.image_format, settings.max_side],
                    _asked(self._recipe),
                ]
            ),
            trained_on=self._trained_on,
            inputs=self._inputs,
            remote_host=settings.host if settings.remote else None,
            remote=settings.remote,
            batch_size=_BATCHES_OF_CONCURRENCY * settings.concurrency,
            notes=("The server decides what answers under this name; its weights cannot be fingerprinted.",),
        )

    def predict(self, requests: Sequence[Request]) -> list[Prediction]:
        return self._runner.run(self._predict(requests))

    def close(self) -> None:
        """Close connections and the cache."""
        self._runner.run(self._client.close())
        self._runner.close()
        if self._cache is not None:
            self._cache.close()

    def estimate(self, request: Request) -> tuple[int, float | None]:
        """(prompt tokens, dollars) that a request is likely to cost, with the longest answer allowed."""
        side = self.settings.max_side or self._recipe.max_side
        sizes = [sent_size(image.pixels, side) for image in self._films(request) if image.pixels is not None]
        tokens = likely_tokens(self._recipe.system + user_text(self._recipe, request), sizes)
        return tokens, self.ledger.price(tokens, self._max_tokens())

    async def _predict(self, requests: Sequence[Request]) -> list[Prediction]:
        if self._desk is None:
            pace = Pace(self.settings.concurrency)
            self._desk = Desk(self._client, self.settings, pace, self._rng, self._closed, self._book)
            # Films are encoded while others are under way, and no more of them than can soon be sent.
            self._ready = asyncio.Semaphore(2 * self.settings.concurrency)
        return list(await asyncio.gather(*(self._one(request, self._desk) for request in requests)))

    def _closed(self) -> str | None:
        if self._hopeless is None and self.ledger.exhausted:
            return f"cost limit reached: {self.ledger.cost:.4f} of {self.settings.max_cost:g} dollars are spent"
        return self._hopeless

    def _book(self, reply: Reply) -> None:
        if reply.hopeless:
            self._hopeless = reply.error
        self.ledger.add(reply.prompt_tokens, reply.completion_tokens)

    async def _one(self, request: Request, desk: Desk) -> Prediction:
        async with self._ready:
            return await self._answer(request, desk)

    async def _answer(self, request: Request, desk: Desk) -> Prediction:
        try:
            messages = await asyncio.to_thread(chat_messages, self._recipe, self.settings, request)
        except ValueError as error:
            return Prediction(request.id, status="error", error=str(error))
        settings = self.settings
        form = response_format(request.kind) if settings.structured else None
        key = jsonio.digest(
            [settings.base_url, settings.model, self._generation(), form, without_films(messages)], length=64
        )
        stored = None if self._cache is None else self._cache.get(key)
        if stored is not None:
            return self._prediction(request, Reply(content=stored["content"], refused=bool(stored["refused"])))
        body: dict[str, Any] = {"model": settings.model, "messages": messages, **self._generation()}
        if form is not None:
            body["response_format"] = form
        reply = await ask(desk, body)
        if reply.error is not None:
            return Prediction(request.id, status="error", error=reply.error)
        if self._cache is not None:
            self._cache.put(key, {"content": reply.content, "refused": reply.refused})
        return self._prediction(request, reply)

    def _prediction(self, request: Request, reply: Reply) -> Prediction:
        usage: dict[str, float] = {
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": reply.completion_tokens,
        }
        cost = self.ledger.price(reply.prompt_tokens, reply.completion_tokens)
        if cost is not None:
            usage["cost"] = cost
        if reply.refused:
            return Prediction(request.id, status="refused", error=reply.content or "content filter", usage=usage)
        output = reply.content or ""
        read = read_json(request, output) if self.settings.structured else read_output(self._recipe, request, output)
        return replace(read, usage=usage)

    def _films(self, request: Request) -> list[Any]:
        return chosen_images(self._recipe, request)

    def _max_tokens(self) -> int:
        return self.settings.max_new_tokens or self._recipe.max_new_tokens

    def _generation(self) -> dict[str, Any]:
        settings = self.settings
        temperature = self._recipe.temperature if settings.temperature is None else settings.temperature
        found: dict[str, Any] = {"max_tokens": self._max_tokens(), "temperature": temperature}
        if settings.seed is not None:
            found["seed"] = settings.seed
        if settings.extra_body:
            found["extra_body"] = dict(settings.extra_body)
        return found


def _asked(recipe: Recipe) -> list[Any]:
    """What of a recipe changes the predictions."""
    return [
        recipe.system,
        recipe.report,
        recipe.vqa,
        sorted(recipe.context.items()),
        recipe.views,
        recipe.max_images,
        recipe.max_side,
        recipe.read_report,
        recipe.read_vqa,
        recipe.choice_line,
    ]


def create(argument: str | None, context: AdapterContext) -> OpenAIAdapter:
    """The model named after the colon, at the address of --base-url.

    Raises:
        UsageError: No model, or an option that cannot be understood.
        ExtraMissingError: The package openai is not installed.
        StorageError: The request cache cannot be opened.
    """
    from cxrbench.datasets.phantom.cache import default_cache_dir

    if not argument:
        raise UsageError(
            "openai: needs a model", where="--model", valid="openai:MODEL --base-url http://localhost:8000/v1"
        )
    context.check_options("openai", OPTIONS)
    options = context.options
    settings = read_settings(argument, options, Path(default_cache_dir()) / "requests.sqlite")
    recipe = find_recipe(argument, None if options.get("recipe") is None else str(options["recipe"]))
    trained = options.get("trained_on")
    return OpenAIAdapter(
        settings,
        recipe,
        name=None if options.get("name") is None else str(options["name"]),
        trained_on=None if trained is None else tuple(part.strip() for part in str(trained).split(",")),
        seed=context.seed,
    )
