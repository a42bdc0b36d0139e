"""CheXbert (Smit et al., EMNLP 2020): BERT with fourteen heads, with weights that the user brings.

Layout, label order and text cleaning follow the modules bert_labeler, constants and utils of
stanfordmlgroup/CheXbert. The weights are under Stanford's non-commercial licence and are not part of cxrbench.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from cxrbench.core.conditions import CONDITIONS, NEGATIVE, POSITIVE, UNCERTAIN
from cxrbench.core.errors import UsageError, WeightsError
from cxrbench.metrics.labelers.base import ConditionLabels, no_labels

if TYPE_CHECKING:
    from torch import Tensor

    from cxrbench.metrics.labelers.chexbert_network import CheXbertNetwork

Cleaning = Literal["csv", "list"]

MAX_TOKENS = 512
DEFAULT_TOKENIZER = "google-bert/bert-base-uncased"
_VALUES: tuple[int | None, ...] = (None, POSITIVE, NEGATIVE, UNCERTAIN)
"""Class of a head -> label; the two classes of No Finding are the first two."""
_SPACE = re.compile(r"\s+")
_NUMBERING = re.compile(r"[0-9]\.")


class CheXbertLabeler:
    """Labels by the CheXbert network.

    Args:
        weights: `chexbert.pth` (or its tensors as safetensors), a folder that holds one, or a hub id such as
            "StanfordAIMI/RRG_scorers". A hub id is the only way to make this reach for the network.
        tokenizer: Folder or hub id of the bert-base-uncased tokenizer; None looks beside the weights first.
        cleaning: "csv" collapses white space, as CheXbert's file path does; "list" also removes numbering such as
            "1.", as its `label_report_list` does.
        batch_size: Reports at a time; 18 as in the original.
        device: A torch device.
        config: Overrides of the BertConfig defaults, for networks of another size.

    Raises:
        UsageError: `cleaning` or `batch_size` has an invalid value, or no weights are named.
        WeightsError: Weights or tokenizer are missing, truncated or of another architecture.
    """

    name = "chexbert"
    version = "1"

    def __init__(
        self,
        weights: str | Path | None = None,
        tokenizer: str | Path | None = None,
        *,
        cleaning: Cleaning = "csv",
        batch_size: int = 18,
        device: str = "cpu",
        config: Mapping[str, Any] | None = None,
    ) -> None:
        if weights is None:
            raise UsageError(
                "the chexbert labeler needs the weights of CheXbert, which may not be bundled",
                valid="a chexbert.pth, a folder with one, or a hub id",
                hint='weights="StanfordAIMI/RRG_scorers", or use the labeler "rules"',
            )
        if cleaning not in get_args(Cleaning):
            raise UsageError(
                f"chexbert labeler: cleaning {cleaning!r} is unknown", valid=", ".join(get_args(Cleaning))
            )
        if batch_size < 1:
            raise UsageError(f"chexbert labeler: batch_size is {batch_size}", valid="at least 1")
        from cxrbench.metrics.labelers.chexbert_network import find_weights, load_network

        file = find_weights(weights)
        self._network: CheXbertNetwork = load_network(file, config or {}).to(device)
        self._tokenizer = _load_tokenizer(tokenizer, file.parent)
        self.cleaning: Cleaning = cleaning
        self.batch_size = batch_size
        self.device = device

    def signature(self) -> str:
        return (
            f"labeler:{self.name}|version:{self.version}|weights:{self._network.fingerprint}"
            f"|cleaning:{self.cleaning}|max_tokens:{MAX_TOKENS}"
        )

    def label(self, texts: Sequence[str]) -> list[ConditionLabels]:
        """Labels of each text, in order. A blank text has no label (the network would label the bare [CLS] [SEP])."""
        cleaned = [clean(text, self.cleaning) for text in texts]
        # Neighbours in length share a batch, so that little of it is padding; no label depends on the batch.
        order = sorted((i for i, text in enumerate(cleaned) if text), key=lambda i: (len(cleaned[i]), i))
        found: list[ConditionLabels] = [no_labels() for _ in texts]
        for start in range(0, len(order), self.batch_size):
            chosen = order[start : start + self.batch_size]
            for index, row in zip(chosen, self._classes([cleaned[i] for i in chosen]).tolist()):
                found[index] = {name: _VALUES[row[head]] for head, name in enumerate(CONDITIONS)}
        return found

    def _classes(self, texts: list[str]) -> Tensor:
        """Most probable class of each head: int64 [texts, 14]."""
        import torch

        batch = self._tokenizer(texts, truncation=True, max_length=MAX_TOKENS, padding=True, return_tensors="pt")
        with torch.inference_mode():
            logits = self._network(batch["input_ids"].to(self.device), batch["attention_mask"].to(self.device))
        return torch.stack([head.argmax(dim=-1) for head in logits], dim=1).cpu()


def clean(text: str, cleaning: Cleaning) -> str:
    """The text as CheXbert's tokeniser gets it."""
    if cleaning == "list":
        text = _NUMBERING.sub("", text)
    return _SPACE.sub(" ", text).strip()


def _load_tokenizer(source: str | Path | None, beside: Path) -> Any:
    from transformers import AutoTokenizer

    if source is None:
        local = any((beside / name).exists() for name in ("tokenizer.json", "vocab.txt"))
        source = beside if local else DEFAULT_TOKENIZER
    try:
        return AutoTokenizer.from_pretrained(str(source))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"no tokenizer for CheXbert: {str(error).splitlines()[0]}",
            where=str(source),
            valid="a folder with the bert-base-uncased tokenizer (vocab.txt or tokenizer.json), or a hub id",
            hint="name the folder with tokenizer=..., or put vocab.txt beside the weights",
        ) from error
