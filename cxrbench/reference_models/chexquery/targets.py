"""Training targets: "{findings} | Impression: {impression}" behind the prompt "Findings:"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from cxrbench.reference_models.chexquery.losses import IGNORE
from cxrbench.reference_models.chexquery.tokenizer import ReportTokenizer

SEPARATOR = " | Impression: "


class TargetBatch(NamedTuple):
    """decoder_input_ids and labels, both int64 [B, T]; labels are -100 on the prompt and on padding."""

    decoder_input_ids: Tensor
    labels: Tensor


def target_text(findings: str, impression: str | None) -> str:
    """What the decoder learns to write after the prompt; the impression part is left out when there is none."""
    return f"{findings}{SEPARATOR}{impression}" if impression else findings


def report_text(prompt: str, generated: str) -> str:
    """The whole report: the prompt and what was generated behind it; empty when nothing was."""
    return f"{prompt} {generated}" if generated else ""


def encode_targets(
    tokenizer: ReportTokenizer, prompt: str, texts: Sequence[str], max_tokens: int = 512
) -> TargetBatch:
    """Teacher-forcing tensors of target texts.

    Prompt and target are tokenised apart, as at generation time, where the prompt is given and the target is not.

    Args:
        texts: Targets without the prompt.
        max_tokens: Longest target, end token included; longer ones are cut and then carry no end token.
    """
    beginning = tokenizer.prompt_ids(prompt)
    targets = [[*tokenizer.encode(text), tokenizer.eos_id][:max_tokens] for text in texts]
    width = len(beginning) + max(map(len, targets), default=1) - 1
    inputs = torch.full((len(targets), width), tokenizer.pad_id)
    labels = torch.full((len(targets), width), IGNORE)
    for row, target in enumerate(targets):
        sequence = beginning + target
        inputs[row, : len(sequence) - 1] = torch.tensor(sequence[:-1])
        labels[row, len(beginning) - 1 : len(sequence) - 1] = torch.tensor(target)
    return TargetBatch(inputs, labels)
