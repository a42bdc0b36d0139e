"""Tensors from safetensors files, and a hash of tensors by name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from cxrbench.core.errors import WeightsError


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file.

    Raises:
        WeightsError: Missing or truncated.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise WeightsError("the weights are missing", where=str(path))
    try:
        return dict(load_file(path))
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"unreadable weights: {error}", where=str(path), hint="the file is truncated or damaged: copy it again"
        ) from error


def hash_tensors(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and bytes, in the order of the names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}:{value.dtype}:{list(value.shape)};".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
