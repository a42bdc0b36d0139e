"""Pretrained parts of the `base` preset: SigLIP, Flan-T5's decoder, and BioBERT's query vectors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from cxrbench.core.errors import WeightsError
from cxrbench.reference_models.chexquery.biobert import initialise_queries
from cxrbench.reference_models.chexquery.model import CheXQuery
from cxrbench.reference_models.chexquery.t5_weights import encoder_norm, load_t5_decoder
from cxrbench.reference_models.chexquery.tensors import read_tensors
from cxrbench.reference_models.chexquery.vision import SiglipEncoder


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded.

    Attributes:
        parts: "vision", "decoder", "queries", as far as they were found.
        notes: Plain sentences on what was not, for the checkpoint's meta.
        query_cosines: Mean pairwise cosine of the query vectors before and after their mean was removed.
    """

    parts: tuple[str, ...]
    notes: tuple[str, ...]
    query_cosines: dict[str, float] | None = None


def load_pretrained(model: CheXQuery, *, required: bool = True, local_files_only: bool = True) -> Loaded:
    """Load every part that the configuration names, from local folders or the hub's cache.

    The norm in front of the decoder starts from T5's final encoder norm: that is the scale of memory which the
    decoder's cross-attention was trained on.

    Args:
        required: Raise when a part is not there; else note it and keep its random weights. Query vectors are never
            required: random rows of the same scale take their place.
        local_files_only: False allows downloads.

    Raises:
        WeightsError: A required part is missing, or of other sizes than the configuration.
    """
    config = model.settings
    parts: list[str] = []
    notes: list[str] = []
    if config.vision.hub_id is not None:
        try:
            _load_siglip(model, config.vision.hub_id, local_files_only)
            parts.append("vision")
        except WeightsError:
            if required:
                raise
            notes.append(f"The vision encoder started from random weights: {config.vision.hub_id} was not there.")
    if config.decoder.hub_id is not None:
        try:
            _load_t5(model, config.decoder.hub_id, local_files_only)
            parts.append("decoder")
        except WeightsError:
            if required:
                raise
            notes.append(f"The decoder started from random weights: {config.decoder.hub_id} was not there.")
    cosines: dict[str, float] | None = None
    if config.query_hub_id is not None:
        try:
            cosines = initialise_queries(
                model.queries,
                config.conditions,
                config.query_hub_id,
                config.query_text,
                local_files_only=local_files_only,
            )
            parts.append("queries")
        except WeightsError as error:
            notes.append(f"Condition queries started from random rows: {error.message}.")
    return Loaded(tuple(parts), tuple(notes), cosines)


def load_backbone(model: CheXQuery) -> None:
    """Load vision encoder and decoder from local folders or the hub's cache, and nothing else.

    Raises:
        WeightsError: One is missing, or of other sizes than the configuration.
    """
    config = model.settings
    if config.vision.hub_id is None or config.decoder.hub_id is None:
        raise WeightsError("the configuration names no pretrained backbone")
    _load_siglip(model, config.vision.hub_id, local_files_only=True)
    load_t5_decoder(model.decoder, _safetensors_of(config.decoder.hub_id, local_files_only=True))


def _load_siglip(model: CheXQuery, source: str, local_files_only: bool) -> None:
    from transformers import SiglipVisionModel

    if not isinstance(model.vision, SiglipEncoder):
        raise WeightsError(f"{source} is a SigLIP model, the configured vision encoder is not")
    try:
        pretrained: Any = SiglipVisionModel.from_pretrained(
            source, local_files_only=local_files_only, dtype=torch.float32, use_safetensors=True
        )
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"the vision encoder {source} is not on this machine",
            valid="a local folder, or a cached hub id, with safetensors weights",
            hint=f"hf download {source}",
        ) from error
    expected, state = model.vision.siglip.state_dict(), pretrained.state_dict()
    wrong = [name for name, value in expected.items() if name not in state or state[name].shape != value.shape]
    if wrong:
        raise WeightsError(f"{source} has other sizes than configured: {', '.join(wrong[:5])}", where=source)
    model.vision.siglip.load_state_dict({name: state[name] for name in expected})


def _load_t5(model: CheXQuery, source: str, local_files_only: bool) -> None:
    state = _safetensors_of(source, local_files_only)
    load_t5_decoder(model.decoder, state, where=source)
    norm = encoder_norm(state)
    if norm is not None:
        with torch.no_grad():
            model.fusion.norm.weight.copy_(norm)


def _safetensors_of(source: str, local_files_only: bool) -> dict[str, Tensor]:
    """All tensors of a local folder or a hub repository; pickled weights are not considered."""
    folder = Path(source)
    if not folder.is_dir():
        from huggingface_hub import snapshot_download

        patterns = ["*.safetensors", "*.json", "spiece.model"]
        try:
            folder = Path(snapshot_download(source, allow_patterns=patterns, local_files_only=local_files_only))
        except Exception as error:
            raise WeightsError(
                f"the decoder {source} is not on this machine",
                valid="a local folder, or a cached hub id, with safetensors weights",
                hint=f"hf download {source}",
            ) from error
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise WeightsError("no safetensors weights", where=str(folder), hint=f"hf download {source}")
    state: dict[str, Tensor] = {}
    for file in files:
        state.update(read_tensors(file))
    return state
