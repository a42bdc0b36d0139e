"""Tokens and dollars: what was spent, what may be spent, and what a run is likely to cost."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cxrbench.adapters.openai_server.settings import Settings

_CHARACTERS_PER_TOKEN = 4
_TILE = 512
_TOKENS_PER_TILE = 170
_TOKENS_PER_IMAGE = 85


@dataclass
class Ledger:
    """What one run has spent.

    Attributes:
        prompt_tokens, completion_tokens: As the server counted them.
        cost: Dollars; 0 where no price is known.
    """

    settings: Settings
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0

    def price(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Dollars for so many tokens; None without prices."""
        price_in, price_out = self.settings.price_in, self.settings.price_out
        if price_in is None or price_out is None:
            return None
        return (prompt_tokens * price_in + completion_tokens * price_out) / 1e6

    def add(self, prompt_tokens: int, completion_tokens: int) -> None:
        """Book an answer."""
        self.prompt_tokens += prompt_tokens
        self.completion_tokens += completion_tokens
        self.cost += self.price(prompt_tokens, completion_tokens) or 0.0

    @property
    def exhausted(self) -> bool:
        """Whether the limit is reached. Requests that are under way then still end and are paid."""
        return self.settings.max_cost is not None and self.cost >= self.settings.max_cost


def likely_tokens(text: str, sizes: list[tuple[int, int]]) -> int:
    """Tokens of a prompt, roughly: a token per 4 characters, 85 a film and 170 for each of its 512-pixel tiles.

    The rule for films is the one OpenAI published for GPT-4o; other models count otherwise. For an estimate only.

    Args:
        sizes: Width and height in pixels of each film as sent.
    """
    tiles = sum(math.ceil(width / _TILE) * math.ceil(height / _TILE) for width, height in sizes)
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN) + _TOKENS_PER_IMAGE * len(sizes) + _TOKENS_PER_TILE * tiles
