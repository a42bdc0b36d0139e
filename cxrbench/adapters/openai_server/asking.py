"""One request to the server, tried again until it is answered, refused for good, or given up."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cxrbench.adapters.openai_server.pace import Pace
from cxrbench.adapters.openai_server.settings import Settings

_FIRST_BACKOFF_S = 0.5
_LONGEST_BACKOFF_S = 30.0
_PASSING = (408, 409, 425, 429, 500, 502, 503, 504, 529)
_OVERLOAD = (429, 503, 529)
_HOPELESS = (401, 403, 404)
_KEY_LIKE = re.compile(r"\b(?:sk|pk|key|Bearer)[-_ ][A-Za-z0-9_\-*.]{6,}")
_MESSAGE_LENGTH = 300


@dataclass(frozen=True)
class Reply:
    """What the server said, or why it did not.

    Attributes:
        content: The text; None where there is an error.
        refused: Whether the server or the model declined to answer.
        error: Why there is no answer.
        hopeless: Whether every other request will fail alike: a wrong key, model or address.
    """

    content: str | None = None
    refused: bool = False
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str | None = None
    hopeless: bool = False


class _Malformed(Exception):
    """The server answered something that is no chat completion."""


@dataclass(frozen=True)
class Desk:
    """What all requests of a run share.

    Attributes:
        client: An `openai.AsyncOpenAI` that does not retry by itself.
        rng: Source of the jitter.
        closed: Why nothing more may be sent, or None; asked right before each request.
        book: Told every reply before another request can take its place.
    """

    client: Any
    settings: Settings
    pace: Pace
    rng: random.Random
    closed: Callable[[], str | None]
    book: Callable[[Reply], None]


async def ask(desk: Desk, body: dict[str, Any]) -> Reply:
    """Send a request; passing failures are waited out with exponential backoff and full jitter.

    Args:
        body: The arguments of `chat.completions.create`.
    """
    import openai

    settings, pace = desk.settings, desk.pace

    failure = ""
    for attempt in range(settings.retries + 1):
        if attempt:
            longest = min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * 2 ** (attempt - 1))
            await asyncio.sleep(desk.rng.uniform(0, longest))
        async with pace.slot() as began:
            if (reason := desk.closed()) is not None:
                return Reply(error=reason)
            try:
                completion = await asyncio.wait_for(desk.client.chat.completions.create(**body), settings.timeout)
                reply = _reply(completion)
            except (openai.APITimeoutError, TimeoutError):
                pace.overloaded(began)
                failure = f"no answer within {settings.timeout:g} s"
                continue
            except openai.APIStatusError as error:
                failure = f"HTTP {error.status_code}: {_clean(_said(error), settings)}"
                if error.status_code not in _PASSING:
                    reply = Reply(error=failure, hopeless=error.status_code in _HOPELESS)
                    desk.book(reply)
                    return reply
                if error.status_code in _OVERLOAD:
                    pace.overloaded(began, _retry_after(error))
                continue
            except openai.APIConnectionError as error:
                failure = f"connection failed: {_clean(str(error.__cause__ or error), settings)}"
                continue
            except (openai.APIError, _Malformed, ValueError, TypeError, AttributeError) as error:
                failure = f"the server's answer is no chat completion: {_clean(str(error), settings)}"
                continue
            pace.answered()
            desk.book(reply)
            return reply
    return Reply(error=f"gave up after {settings.retries + 1} tries; the last: {failure}")


def _reply(completion: Any) -> Reply:
    choices = getattr(completion, "choices", None)
    if not choices:
        raise _Malformed("it has no choices")
    message = choices[0].message
    if message is None:
        raise _Malformed("its first choice has no message")
    usage = getattr(completion, "usage", None)
    asked = int(getattr(usage, "prompt_tokens", 0) or 0)
    said = int(getattr(usage, "completion_tokens", 0) or 0)
    declined = getattr(message, "refusal", None)
    if declined or choices[0].finish_reason == "content_filter":
        return Reply(str(declined or ""), refused=True, prompt_tokens=asked, completion_tokens=said)
    content = message.content
    if content is not None and not isinstance(content, str):
        raise _Malformed(f"its content is {type(content).__name__}")
    return Reply(content or "", prompt_tokens=asked, completion_tokens=said)


def _retry_after(error: Any) -> float | None:
    value = error.response.headers.get("retry-after")
    try:
        return None if value is None else float(value)
    except ValueError:
        # The other form of the header is a date, by a clock that need not agree with ours.
        return None


def _said(error: Any) -> str:
    body = getattr(error, "body", None)
    if isinstance(body, dict) and isinstance(body.get("message"), str):
        return str(body["message"])
    return str(getattr(error, "message", error))


def _clean(text: str, settings: Settings) -> str:
    """One line, of bounded length, without the key or anything that looks like one."""
    if settings.api_key not in ("", "none"):
        text = text.replace(settings.api_key, "[key]")
    return _KEY_LIKE.sub("[key]", " ".join(text.split()))[:_MESSAGE_LENGTH]
