"""The two sizes that ship: `tiny` trains in minutes on a processor, `base` is the documented model."""

from __future__ import annotations

from collections.abc import Callable

from cxrbench.core.errors import UnknownNameError
from cxrbench.reference_models.chexquery.config import (
    CheXQueryConfig,
    DecoderConfig,
    DecodingConfig,
    LoraSettings,
    VisionConfig,
)


def _base() -> CheXQueryConfig:
    return CheXQueryConfig(
        preset="base",
        width=768,
        vision=VisionConfig(hub_id="google/siglip-base-patch16-384"),
        decoder=DecoderConfig(hub_id="google/flan-t5-base"),
        query_hub_id="dmis-lab/biobert-v1.1",
    )


def _tiny() -> CheXQueryConfig:
    # Without pretrained weights a patch embedding learns nothing from a thousand films; convolutions do, and one
    # transformer block on top of them is what makes small findings learnable.
    return CheXQueryConfig(
        preset="tiny",
        width=96,
        vision=VisionConfig(kind="cnn", image_size=128, layers=1, heads=4, mlp_width=192, stages=(16, 32, 64)),
        decoder=DecoderConfig(vocab_size=0, layers=2, heads=4, head_width=24, ff_width=192, dropout=0.1),
        vision_lora=LoraSettings(8, 16, 0.0),
        decoder_lora=LoraSettings(16, 32, 0.0),
        decoding=DecodingConfig(no_repeat_ngram_size=0, min_new_tokens=4, max_new_tokens=160),
        heads=4,
        ffn_width=192,
        dropout=0.0,
        gate_width=48,
        aux_width=48,
        aux_dropout=0.1,
    )


PRESETS: dict[str, Callable[[], CheXQueryConfig]] = {"tiny": _tiny, "base": _base}


def preset(name: str) -> CheXQueryConfig:
    """The configuration of a preset. The vocabulary of `tiny` is 0 until its tokenizer is trained.

    Raises:
        UnknownNameError: No such preset.
    """
    if name not in PRESETS:
        raise UnknownNameError("preset", name, PRESETS)
    return PRESETS[name]()
