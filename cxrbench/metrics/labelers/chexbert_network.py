"""The CheXbert network and the loading of its checkpoint."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from cxrbench.core.conditions import CONDITIONS, NO_FINDING
from cxrbench.core.errors import WeightsError

HUB_FILE = "chexbert.pth"
_BUFFER = "bert.embeddings.position_ids"
_SUFFIXES = (".pth", ".pt", ".safetensors")
_VALID = "the chexbert.pth of CheXbert: keys module.bert.* and module.linear_heads.0 to 13"


class CheXbertNetwork(nn.Module):
    """BERT whose last hidden state at [CLS] (not the pooler) feeds fourteen heads of 4 classes, No Finding of 2."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        bert = BertConfig(**config)
        self.bert = BertModel(bert)
        classes = (2 if name == NO_FINDING else 4 for name in CONDITIONS)
        self.linear_heads = nn.ModuleList([nn.Linear(bert.hidden_size, count) for count in classes])
        self.fingerprint = ""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> list[Tensor]:
        """Logits of the heads, in the order of `CONDITIONS`: 13 of [B, 4], one of [B, 2].

        Args:
            input_ids: int64 [B, T], T at most 512.
            attention_mask: int64 [B, T], 0 on padding.
        """
        cls = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state[:, 0]
        return [head(cls) for head in self.linear_heads]


def find_weights(source: str | Path) -> Path:
    """The checkpoint file: a file, the only one of a folder, or `chexbert.pth` of a hub repository.

    Raises:
        WeightsError: There is none.
    """
    path = Path(source)
    if path.is_file():
        return path
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES)
        if len(files) != 1:
            raise WeightsError(f"{len(files)} checkpoints in the folder", where=str(path), valid="exactly one file")
        return files[0]
    repository = str(source)
    if path.is_absolute() or repository.count("/") != 1 or path.suffix in _SUFFIXES:
        raise WeightsError("CheXbert weights not found", where=str(source), valid=_VALID)
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(repository, HUB_FILE))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"CheXbert weights are not on the hub or not reachable: {str(error).splitlines()[0]}",
            where=repository,
            valid=f"a hub repository with {HUB_FILE}",
            hint="download the file once and name its path",
        ) from error


def load_network(path: Path, config: Mapping[str, Any]) -> CheXbertNetwork:
    """The network with the weights of a checkpoint, in evaluation mode.

    Only tensors are read: a pickle that holds anything else is refused. `module.` (left by DataParallel) and the
    buffer position_ids (left by some versions of transformers) are tolerated.

    Raises:
        WeightsError: The file is truncated, no checkpoint, or of another architecture.
    """
    state = {key.removeprefix("module."): value for key, value in _read(path).items()}
    state.pop(_BUFFER, None)
    network = CheXbertNetwork(config)
    expected = {key: tuple(value.shape) for key, value in network.state_dict().items() if key != _BUFFER}
    found = {key: tuple(value.shape) for key, value in state.items()}
    if found != expected:
        raise WeightsError(
            f"the checkpoint is no CheXbert: {_difference(expected, found)}", where=str(path), valid=_VALID
        )
    network.load_state_dict(state, strict=False)
    network.fingerprint = _fingerprint(state)
    return network.eval()


def _read(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            tensors: Any = load_file(path)
        else:
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
            tensors = checkpoint.get("model_state_dict", checkpoint) if isinstance(checkpoint, dict) else checkpoint
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"the checkpoint is damaged, or holds more than tensors: {str(error).splitlines()[0]}",
            where=str(path),
            valid=_VALID,
            hint="download it again, or convert it to safetensors where you trust it",
        ) from error
    except Exception as error:  # torch and safetensors raise many types on damaged files
        raise WeightsError(f"the checkpoint cannot be read: {error}", where=str(path), valid=_VALID) from error
    if not isinstance(tensors, dict) or not all(isinstance(value, Tensor) for value in tensors.values()):
        raise WeightsError("the checkpoint holds no table of tensors", where=str(path), valid=_VALID)
    return tensors


def _difference(expected: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]) -> str:
    missing = [key for key in expected if key not in found]
    surplus = [key for key in found if key not in expected]
    shapes = [
        f"{key} is {list(found[key])}, not {list(shape)}"
        for key, shape in expected.items()
        if key in found and found[key] != shape
    ]
    parts = [f"missing {missing[0]} and {len(missing) - 1} more" if missing else ""]
    parts += [f"unknown {surplus[0]} and {len(surplus) - 1} more" if surplus else "", shapes[0] if shapes else ""]
    return "; ".join(part for part in parts if part)


def _fingerprint(state: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for key in sorted(state):
        digest.update(key.encode())
        digest.update(state[key].contiguous().numpy().tobytes())
    return digest.hexdigest()[:12]
