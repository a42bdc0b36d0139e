"""Inference: films in, reports with label probabilities (and attention maps, when asked for) out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cxrbench.core.errors import UnknownNameError, UsageError, WeightsError
from cxrbench.reference_models.chexquery.checkpoint import FILES, Checkpoint, fingerprint, load_checkpoint
from cxrbench.reference_models.chexquery.config import CheXQueryConfig, DecodingConfig
from cxrbench.reference_models.chexquery.preprocess import prepare
from cxrbench.reference_models.chexquery.targets import report_text
from cxrbench.reference_models.training.state import read_pointer

BUNDLED = Path(__file__).parent / "checkpoints" / "tiny"
"""Where `make checkpoints` puts the checkpoint that ships with the package."""

PHANTOM_NOTE = (
    "This checkpoint was trained on drawn phantom films only: on real films its reports and scores mean nothing."
)
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True, slots=True)
class GeneratedReport:
    """One report.

    Attributes:
        text: "Findings: ... | Impression: ...".
        label_probabilities: Condition name -> probability, from the auxiliary head.
        gate: Weight of the global token against the queries, in (0, 1).
        tokens: Generated tokens.
        finished: False when the text was cut at the longest allowed length.
        attention: Query name -> weights [grid, grid] that sum to 1, last cross-attention layer, mean of its heads.
    """

    text: str
    label_probabilities: dict[str, float]
    gate: float
    tokens: int
    finished: bool
    attention: dict[str, NDArray[np.float32]] | None = None


class Predictor:
    """A loaded checkpoint that writes reports. The same films in the same batches give the same reports."""

    def __init__(self, checkpoint: Checkpoint, name: str, fingerprint: str, device: torch.device) -> None:
        self.config: CheXQueryConfig = checkpoint.config
        self.meta = checkpoint.meta
        self.name = name
        self.fingerprint = fingerprint
        self.device = device
        self.model = checkpoint.model.eval()
        self.tokenizer = checkpoint.tokenizer
        # Adapters cost time at every layer and are exact when folded in.
        self.model.drop_warmup()
        self.model.merge_adapters()
        self.model.requires_grad_(False)

    @classmethod
    def load(cls, source: str | Path | None = None, device: str | torch.device | None = None) -> Predictor:
        """Load a checkpoint.

        Args:
            source: A folder, a Hugging Face hub id, or None for the bundled checkpoint.
            device: "cpu", "cuda", ...; None or "auto" takes an accelerator if there is one.

        Raises:
            WeightsError: Missing, truncated, or of another architecture.
        """
        folder = find_checkpoint(source)
        target = _device(device)
        name = "chexquery" if source is None else f"chexquery-{Path(str(source)).name}"
        return cls(load_checkpoint(folder, target), name, fingerprint(folder), target)

    @property
    def version(self) -> str:
        """Preset, training phase and epoch."""
        return f"{self.meta.preset}/phase{self.meta.phase}/epoch{self.meta.epoch}"

    @property
    def trained_on(self) -> tuple[str, ...] | None:
        return None if self.meta.data is None else (self.meta.data.name,)

    @property
    def licence(self) -> str | None:
        return None if self.meta.data is None else self.meta.data.licence

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that belong beside every score."""
        phantom = any("phantom" in name for name in self.trained_on or ())
        return (
            (*self.meta.notes, PHANTOM_NOTE) if phantom and PHANTOM_NOTE not in self.meta.notes else self.meta.notes
        )

    def decoding(self, **overrides: Any) -> DecodingConfig:
        """The checkpoint's decoding settings with some replaced.

        Raises:
            UnknownNameError: No such setting.
            UsageError: A value that makes no sense.
        """
        types = {item.name: type(getattr(self.config.decoding, item.name)) for item in fields(DecodingConfig)}
        for key, value in overrides.items():
            if key not in types:
                raise UnknownNameError("decoding setting", key, types)
            if types[key] is float and type(value) is int:
                overrides[key] = float(value)
            elif type(value) is not types[key]:
                raise UsageError(f"{key} must be of type {types[key].__name__}, got {value!r}")
        return replace(self.config.decoding, **overrides)

    @torch.inference_mode()
    def predict(
        self, pixels: Sequence[NDArray[Any]], *, return_attention: bool = False, **overrides: Any
    ) -> list[GeneratedReport]:
        """Write one report per film.

        Args:
            pixels: Grey values, uint8 [H, W] each; sizes may differ.
            return_attention: Also return one map per query.
            **overrides: Decoding settings for this call.
        """
        decoding = self.decoding(**overrides)
        if not pixels:
            return []
        images = prepare(pixels, self.config.vision.image_size).to(self.device)
        encoded = self.model.encode(images, need_attention=return_attention)
        prompt = self.tokenizer.prompt_ids(self.config.prompt)
        generated = self.model.generate(encoded, prompt, decoding, eos_id=self.tokenizer.eos_id)
        probabilities = encoded.aux_logits.float().sigmoid().tolist()
        gates = encoded.gate.float().flatten().tolist()
        maps: list[dict[str, NDArray[np.float32]] | None] = [None] * len(pixels)
        if encoded.attentions:
            grid = self.config.vision.grid
            weights = encoded.attentions[-1].float().mean(1).view(len(pixels), -1, grid, grid).cpu().numpy()
            maps = [dict(zip(self.config.query_names, film)) for film in weights]
        return [
            GeneratedReport(
                text=report_text(self.config.prompt, self.tokenizer.decode(tokens)),
                label_probabilities=dict(zip(self.config.conditions, probabilities[i])),
                gate=gates[i],
                tokens=len(tokens),
                finished=generated.finished[i],
                attention=maps[i],
            )
            for i, tokens in enumerate(generated.tokens)
        ]


def find_checkpoint(source: str | Path | None) -> Path:
    """The folder of a checkpoint; a hub id is fetched, because the user named it."""
    if source is None:
        if not BUNDLED.is_dir():
            raise WeightsError(
                "the bundled CheXQuery checkpoint is not there", where=str(BUNDLED), hint="make checkpoints"
            )
        return BUNDLED
    folder = Path(source).expanduser()
    if folder.is_dir():
        # The folder of a whole training points to its best checkpoint.
        best = None if (folder / FILES[0]).is_file() else read_pointer(folder / "best.json")
        return best or folder
    if isinstance(source, Path) or folder.exists() or not _HUB_ID.fullmatch(str(source)):
        raise WeightsError(
            f"no checkpoint folder {str(source)!r}", valid=f"a folder with {', '.join(FILES)}, or a hub id"
        )
    from huggingface_hub import snapshot_download

    patterns = list(FILES)
    try:
        return Path(snapshot_download(str(source), allow_patterns=patterns, local_files_only=True))
    except Exception:
        try:
            return Path(snapshot_download(str(source), allow_patterns=patterns))
        except Exception as error:
            raise WeightsError(
                f"no folder and no reachable hub repository {str(source)!r}: {error}",
                valid=f"a folder with {', '.join(FILES)}, or a hub id",
            ) from error


def _device(device: str | torch.device | None) -> torch.device:
    if device is None or device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(device)
    except RuntimeError as error:
        raise UsageError(f"unknown device {device!r}", valid="cpu, cuda, cuda:N, mps or auto") from error
