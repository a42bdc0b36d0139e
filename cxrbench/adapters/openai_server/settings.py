"""What the user chose for a server, checked before anything is sent."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cxrbench.core.errors import UsageError

OPTIONS = (
    "base_url",
    "recipe",
    "concurrency",
    "timeout",
    "retries",
    "max_new_tokens",
    "temperature",
    "seed",
    "structured",
    "image_format",
    "max_side",
    "price_in",
    "price_out",
    "max_cost",
    "cache",
    "api_key_env",
    "trained_on",
    "name",
    "extra_body",
)
_DEFAULT_URL = "https://api.openai.com/v1"
_LOOPBACK_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")


@dataclass(frozen=True)
class Settings:
    """Settings of one server and model.

    Attributes:
        base_url: Up to and with `/v1`.
        concurrency: Most requests under way at once.
        timeout: Seconds for one request.
        retries: How often a request is tried again after a passing failure.
        structured: Whether an answer is asked for as JSON by a schema (`response_format`).
        price_in, price_out: Dollars per million tokens; None where unknown.
        max_cost: Dollars after which nothing more is sent.
        cache: File of the request cache; None for none.
        api_key: Never stored, logged or part of a message.
        extra_body: Further fields of each request body, for servers that take them.
    """

    model: str
    base_url: str
    api_key: str
    concurrency: int = 16
    timeout: float = 120.0
    retries: int = 6
    max_new_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    structured: bool = False
    image_format: str = "png"
    max_side: int | None = None
    price_in: float | None = None
    price_out: float | None = None
    max_cost: float | None = None
    cache: Path | None = None
    extra_body: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return f"Settings(model={self.model!r}, base_url={self.base_url!r})"

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def remote(self) -> bool:
        """Whether the host is another machine; only loopback addresses and names are this one."""
        return not is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's loopback. Other names are not resolved: they may change."""
    if host.lower().rstrip(".") in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings(model: str, options: Mapping[str, Any], default_cache: Path) -> Settings:
    """The settings of a model spec and its options.

    Raises:
        UsageError: An option of the wrong type or range, a key given on the command line, or no usable address.
    """
    if "api_key" in options:
        raise UsageError(
            "an API key does not belong on the command line: it would be recorded",
            where="-o api_key",
            hint="export OPENAI_API_KEY=…, or name another variable with -o api_key_env=NAME",
        )
    base_url = str(options.get("base_url") or os.environ.get("OPENAI_BASE_URL") or _DEFAULT_URL).rstrip("/")
    parsed = urlsplit(base_url)
    if parsed.scheme not in ("http", "https") or not parsed.hostname:
        raise UsageError(f"base URL {base_url!r}", where="--base-url", valid="http://HOST:PORT/v1")
    if parsed.username or parsed.password:
        raise UsageError(
            "a base URL must not hold a password: it would be recorded", where="--base-url", hint="use -o api_key_env"
        )
    variable = str(options.get("api_key_env", "OPENAI_API_KEY"))
    key = os.environ.get(variable, "")
    remote = not is_loopback(parsed.hostname)
    if remote and not key:
        raise UsageError(
            f"no API key: the environment variable {variable} is not set",
            where="--model openai:",
            hint=f"export {variable}=…, or name a server of this machine with --base-url",
        )
    if remote and parsed.scheme == "http":
        raise UsageError(
            f"{base_url} is not encrypted and not on this machine", where="--base-url", valid="https://…, or loopback"
        )
    prices = {name: _number(options, name, None, 0) for name in ("price_in", "price_out", "max_cost")}
    if prices["max_cost"] is not None and (prices["price_in"] is None or prices["price_out"] is None):
        raise UsageError(
            "a cost limit needs the prices", where="--max-cost", valid="-o price_in=… -o price_out=… ($ per million)"
        )
    image_format = str(options.get("image_format", "png"))
    if image_format not in ("png", "jpeg"):
        raise UsageError(f"image format {image_format!r}", where="-o image_format", valid="png, jpeg")
    extra = options.get("extra_body")
    if extra is not None and not isinstance(extra, Mapping):
        raise UsageError(f"extra_body is {extra!r}", where="-o extra_body", valid="a mapping such as {top_k: 1}")
    return Settings(
        model=model,
        base_url=base_url,
        # The client insists on a key; servers of this machine rarely want one.
        api_key=key or "none",
        concurrency=int(_number(options, "concurrency", 16, 1) or 1),
        timeout=float(_number(options, "timeout", 120.0, 0.01) or 1),
        retries=int(_number(options, "retries", 6, 0) or 0),
        max_new_tokens=_whole(options, "max_new_tokens", 1),
        temperature=_number(options, "temperature", None, 0),
        seed=_whole(options, "seed", 0),
        structured=options.get("structured") is True,
        image_format=image_format,
        max_side=_whole(options, "max_side", 16),
        cache=_cache(options.get("cache", True), default_cache),
        extra_body=extra,
        **prices,
    )


def _number(options: Mapping[str, Any], name: str, default: float | None, low: float) -> float | None:
    value = options.get(name, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= low:
        raise UsageError(f"{name} is {value!r}", where=f"-o {name}", valid=f"a number of {low:g} or more")
    return value


def _whole(options: Mapping[str, Any], name: str, low: int) -> int | None:
    value = _number(options, name, None, low)
    return None if value is None else int(value)


def _cache(value: Any, default: Path) -> Path | None:
    # YAML reads off and no as False, on and yes as True.
    if value is False:
        return None
    return default if value is True else Path(str(value))
