"""bert-score with transformers 5, in memory that does not grow with the number of texts."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from cxrbench.core.errors import UsageError, WeightsError
from cxrbench.metrics.base import FloatArray

_PAIRS_AT_ONCE = 1024
"""Pairs whose token embeddings are held together (about 0.5 GB for 60 tokens a text and 1,024 dimensions)."""
_MAX_TOKENS = 512
_patching = threading.RLock()


class Scorer:
    """A loaded model.

    Args:
        folder: Weights, configuration and tokenizer.
        num_layers: The layer whose outputs are compared; the layers above it are dropped.
        device: A torch device.
        batch_size: Texts encoded, and pairs matched, at once.

    Raises:
        UsageError: The model has fewer layers, or bert-score would take the folder for a T5 model.
        WeightsError: The folder cannot be loaded.
    """

    def __init__(self, folder: Path, num_layers: int, *, device: str = "cpu", batch_size: int = 64) -> None:
        from bert_score import utils
        from transformers import AutoConfig

        name = str(folder)
        try:
            config = AutoConfig.from_pretrained(name, local_files_only=True)
        except (OSError, ValueError) as error:
            raise WeightsError(f"BERTScore: cannot load the model: {error}", where=name) from error
        if "t5" in name and "t5" not in config.model_type:
            raise UsageError(
                "BERTScore: bert-score takes every folder with 't5' in its path for a T5 model",
                where=name,
                hint="move or link the folder to a path without 't5'",
            )
        try:
            self._tokenizer = utils.get_tokenizer(name)
            self._model = utils.get_model(name, num_layers).to(device)
        except AssertionError as error:
            raise UsageError(f"BERTScore: {error}", where=name) from error
        except (OSError, ValueError, RuntimeError) as error:
            raise WeightsError(f"BERTScore: cannot load the model: {error}", where=name) from error
        self._device = device
        self._batch_size = batch_size

    def idf(self, texts: Sequence[str]) -> dict[str, float]:
        """Inverse document frequency of each token id (as a string) over the texts; "" for tokens not seen."""
        from bert_score import utils

        with tolerant_tokenisation():
            found = utils.get_idf_dict(list(texts), self._tokenizer, nthreads=0)
        return {"": float(np.log(len(texts) + 1)), **{str(token): float(value) for token, value in found.items()}}

    def score(
        self, hypotheses: Sequence[str], references: Sequence[str], idf: Mapping[str, float] | None
    ) -> FloatArray:
        """Precision, recall and F1 of each pair, not rescaled: float64 [pairs, 3]; NaN where no token has a weight.

        Equal pairs are scored once. Pairs go by length, and equal texts of one block of pairs are encoded once.
        """
        from bert_score import utils

        weights = self._weights(idf)
        unique = sorted(set(zip(hypotheses, references)), key=lambda pair: (len(pair[1]), pair[1], pair[0]))
        found: dict[tuple[str, str], Any] = {}
        with tolerant_tokenisation():
            for start in range(0, len(unique), _PAIRS_AT_ONCE):
                block = unique[start : start + _PAIRS_AT_ONCE]
                scores = utils.bert_cos_score_idf(
                    self._model,
                    [reference for _, reference in block],
                    [hypothesis for hypothesis, _ in block],
                    self._tokenizer,
                    weights,
                    device=self._device,
                    batch_size=self._batch_size,
                )
                found.update(zip(block, scores.double().numpy()))
        rows = [found[pair] for pair in zip(hypotheses, references)]
        values = np.array(rows, np.float64).reshape(len(rows), 3)
        return np.where(np.isnan(values).any(axis=1, keepdims=True), np.nan, values)

    def _weights(self, idf: Mapping[str, float] | None) -> dict[int, float]:
        if idf is not None:
            unseen = idf[""]
            weights: dict[int, float] = defaultdict(lambda: unseen)
            weights.update({int(token): value for token, value in idf.items() if token})
            return weights
        weights = defaultdict(lambda: 1.0)
        for special in (self._tokenizer.sep_token_id, self._tokenizer.cls_token_id):
            weights[special] = 0.0
        return weights


@contextmanager
def tolerant_tokenisation() -> Iterator[None]:
    """While inside, bert-score tokenises in a way that works with transformers 5; outside, it is as it was.

    bert-score 0.3.13 passes an unlimited `model_max_length` on (OverflowError), calls a method that is gone for empty
    texts (AttributeError), and asks RoBERTa and GPT-2 for `add_prefix_space` while encoding, which is now ignored.
    """
    from bert_score import utils

    with _patching:
        original = utils.sent_encode
        utils.sent_encode = _encode
        try:
            yield
        finally:
            utils.sent_encode = original


def _encode(tokenizer: Any, text: str) -> list[int]:
    limit = tokenizer.model_max_length if tokenizer.model_max_length < 100_000 else _MAX_TOKENS
    text = text.strip()
    if text and type(tokenizer).__name__.startswith(("Roberta", "GPT2")):
        text = " " + text
    tokens: list[int] = tokenizer.encode(text, add_special_tokens=True, max_length=limit, truncation=True)
    return tokens
