"""Flan-T5 weights into the own decoder, by name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from cxrbench.core.errors import WeightsError
from cxrbench.reference_models.chexquery.t5_decoder import T5Decoder

_RULES: tuple[tuple[str, str], ...] = (
    (r"shared\.weight", "embedding.weight"),
    (r"lm_head\.weight", "lm_head.weight"),
    (r"decoder\.final_layer_norm\.weight", "final_norm.weight"),
    (r"decoder\.block\.0\.layer\.0\.SelfAttention\.relative_attention_bias\.weight", "relative_bias.weight"),
    (r"decoder\.block\.(\d+)\.layer\.0\.SelfAttention\.([qkvo])\.weight", r"blocks.\1.self_attention.\2.weight"),
    (r"decoder\.block\.(\d+)\.layer\.0\.layer_norm\.weight", r"blocks.\1.self_norm.weight"),
    (r"decoder\.block\.(\d+)\.layer\.1\.EncDecAttention\.([qkvo])\.weight", r"blocks.\1.cross_attention.\2.weight"),
    (r"decoder\.block\.(\d+)\.layer\.1\.layer_norm\.weight", r"blocks.\1.cross_norm.weight"),
    (r"decoder\.block\.(\d+)\.layer\.2\.DenseReluDense\.(wi_0|wi_1|wo)\.weight", r"blocks.\1.feed_forward.\2.weight"),
    (r"decoder\.block\.(\d+)\.layer\.2\.layer_norm\.weight", r"blocks.\1.ff_norm.weight"),
)
_SHOWN = 5


def load_t5_decoder(decoder: T5Decoder, state: Mapping[str, Tensor], where: str = "T5 weights") -> None:
    """Fill the decoder from a T5ForConditionalGeneration state dict; encoder weights are passed over.

    Raises:
        WeightsError: A weight is missing or of another shape; the first differences are listed.
    """
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        for pattern, replacement in _RULES:
            match = re.fullmatch(pattern, name)
            if match:
                renamed[match.expand(replacement)] = value
    if decoder.settings.tied:
        renamed.pop("lm_head.weight", None)
    expected = decoder.state_dict()
    differences = [
        f"{name} is missing"
        if name not in renamed
        else f"{name} is {list(renamed[name].shape)}, expected {list(value.shape)}"
        for name, value in expected.items()
        if name not in renamed or renamed[name].shape != value.shape
    ]
    if differences:
        raise WeightsError(
            f"these weights are not of this decoder: {'; '.join(differences[:_SHOWN])}",
            where=where,
            valid="a Flan-T5 (T5 v1.1) checkpoint of the configured size",
        )
    decoder.load_state_dict({name: renamed[name] for name in expected})


def encoder_norm(state: Mapping[str, Tensor]) -> Tensor | None:
    """The weight [D] of T5's final encoder normalisation: the scale that its decoder expects of a memory."""
    return state.get("encoder.final_layer_norm.weight")
