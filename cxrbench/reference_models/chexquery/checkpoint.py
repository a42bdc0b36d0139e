"""Checkpoints: a folder of model.safetensors, config.json, tokenizer.json and meta.json. Nothing is unpickled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch

from cxrbench.core import jsonio
from cxrbench.core.errors import UsageError, WeightsError
from cxrbench.reference_models.chexquery import preprocess
from cxrbench.reference_models.chexquery.config import CheXQueryConfig
from cxrbench.reference_models.chexquery.lora import has_adapters, merged_state
from cxrbench.reference_models.chexquery.model import CheXQuery
from cxrbench.reference_models.chexquery.tensors import hash_tensors, read_tensors
from cxrbench.reference_models.chexquery.tokenizer import ReportTokenizer

FORMAT_VERSION = 1
WEIGHTS, CONFIG, TOKENIZER, META = "model.safetensors", "config.json", "tokenizer.json", "meta.json"
FILES = (WEIGHTS, CONFIG, TOKENIZER, META)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a checkpoint was trained on: name ("phantom", "iu-xray"), licence, and a hash of the studies used."""

    name: str
    licence: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True)
class Meta:
    """What a checkpoint says of itself.

    Attributes:
        phase, epoch, step: Where in training it was written.
        history: One mapping per validation, oldest first.
        conditions, regions: Meaning of the query rows, in order.
        preprocessing: Identity of the preprocessing that the weights expect.
        parts: Which optional parts the weights hold: "vision_adapters", "decoder_adapters", "warmup".
        parameters: Part name -> number of parameters.
        backbone: Where frozen weights that were left out come from: hub id of each part, and the "sha256" of all.
        notes: Plain sentences that belong beside every score of the model.
    """

    preset: str
    package_version: str
    phase: str = ""
    epoch: int = 0
    step: int = 0
    history: tuple[Mapping[str, Any], ...] = ()
    conditions: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    preprocessing: str = preprocess.IDENTITY
    parts: tuple[str, ...] = ()
    parameters: Mapping[str, int] = field(default_factory=dict)
    data: TrainingData | None = None
    notes: tuple[str, ...] = ()
    backbone: Mapping[str, str] | None = None
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A loaded checkpoint; the model is in eval mode."""

    model: CheXQuery
    tokenizer: ReportTokenizer
    meta: Meta
    folder: Path

    @property
    def config(self) -> CheXQueryConfig:
        return self.model.settings


def save_checkpoint(
    folder: Path,
    model: CheXQuery,
    tokenizer: ReportTokenizer,
    *,
    phase: str | int = "",
    epoch: int = 0,
    step: int = 0,
    history: Sequence[Mapping[str, Any]] = (),
    data: TrainingData | None = None,
    notes: Sequence[str] = (),
    with_backbone: bool = True,
) -> Meta:
    """Write a checkpoint into `folder` (made if need be). Adapters and warm-up parts are kept as they are.

    Not atomic by itself: training writes to a temporary folder and renames it.

    Args:
        with_backbone: False leaves out the weights of vision encoder and decoder that come from the hub and are
            never trained (all but their adapters); loading then needs those hub weights and checks their hash.

    Raises:
        UsageError: The backbone is to be left out of a model that has none.
    """
    from safetensors.torch import save

    from cxrbench import __version__

    config = model.settings
    state = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    backbone = None if with_backbone else _leave_out_backbone(config, state)
    meta = Meta(
        preset=config.preset,
        package_version=__version__,
        phase=str(phase),
        epoch=epoch,
        step=step,
        history=tuple(history),
        conditions=config.conditions,
        regions=config.regions,
        parts=_parts(model),
        parameters=count_parameters(model),
        data=data,
        notes=tuple(notes),
        backbone=backbone,
    )
    folder.mkdir(parents=True, exist_ok=True)
    jsonio.write_bytes(folder / WEIGHTS, save(state, metadata={"format": "pt"}))
    jsonio.write_json(folder / CONFIG, config.to_dict())
    tokenizer.save(folder / TOKENIZER)
    jsonio.write_json(folder / META, asdict(meta))
    return meta


def load_checkpoint(folder: Path, device: str | torch.device = "cpu") -> Checkpoint:
    """Read a checkpoint folder.

    Raises:
        WeightsError: A file is missing or truncated, the format is another version's, the preprocessing differs, or
            weights and configuration do not belong together.
    """
    _require_files(folder)
    meta = read_meta(folder)
    config = CheXQueryConfig.from_dict(_read_json(folder / CONFIG), where=str(folder / CONFIG))
    if (config.conditions, config.regions) != (meta.conditions, meta.regions):
        raise WeightsError("config.json and meta.json name different queries", where=str(folder))
    tokenizer = ReportTokenizer.load(folder / TOKENIZER)
    if tokenizer.vocab_size > config.decoder.vocab_size:
        raise WeightsError(
            f"the tokenizer has {tokenizer.vocab_size} tokens, the decoder {config.decoder.vocab_size}",
            where=str(folder),
            hint="use the tokenizer.json that was written with these weights",
        )
    model = CheXQuery(config)
    if meta.backbone is not None:
        _fetch_backbone(model, meta.backbone, folder)
    if "warmup" in meta.parts:
        model.add_warmup()
    model.add_adapters(vision="vision_adapters" in meta.parts, decoder="decoder_adapters" in meta.parts)
    load_weights(model, folder / WEIGHTS, with_backbone=meta.backbone is None)
    return Checkpoint(model.to(device).eval(), tokenizer, meta, folder)


def load_weights(model: CheXQuery, path: Path, *, with_backbone: bool = True) -> None:
    """Load a safetensors file whose names and shapes are exactly the model's.

    Args:
        with_backbone: False expects a file without the frozen weights of vision encoder and decoder.

    Raises:
        WeightsError: The file is missing, truncated, or of another architecture (the first differences are listed).
    """
    state = read_tensors(path)
    expected = {name: v for name, v in model.state_dict().items() if with_backbone or not _is_backbone(name)}
    differences = [f"{name} is missing" for name in expected if name not in state]
    differences += [f"{name} is not part of the model" for name in state if name not in expected]
    differences += [
        f"{name} is {list(value.shape)}, expected {list(expected[name].shape)}"
        for name, value in state.items()
        if name in expected and value.shape != expected[name].shape
    ]
    if differences:
        more = f" and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
        raise WeightsError(
            f"weights of another architecture: {'; '.join(differences[:_SHOWN])}{more}",
            where=str(path),
            hint="keep model.safetensors and config.json of one training together",
        )
    model.load_state_dict(state, strict=with_backbone)


def read_meta(folder: Path) -> Meta:
    """Read meta.json alone.

    Raises:
        WeightsError: Unreadable, or written by another format version.
    """
    path = folder / META
    data = _read_json(path)
    version = data.get("format_version")
    if version != FORMAT_VERSION:
        raise WeightsError(
            f"checkpoint format {version!r}",
            where=str(path),
            valid=f"format {FORMAT_VERSION}",
            hint="train again, or use the cxrbench version that wrote it",
        )
    if data.get("preprocessing") != preprocess.IDENTITY:
        raise WeightsError(
            f"weights trained with preprocessing {data.get('preprocessing')!r}",
            where=str(path),
            valid=preprocess.IDENTITY,
        )
    known = {item.name for item in fields(Meta)}
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in data.items() if key in known
    }
    try:
        if values.get("data") is not None:
            values["data"] = TrainingData(**values["data"])
        return Meta(**values)
    except TypeError as error:
        raise WeightsError(f"incomplete meta.json: {error}", where=str(path)) from error


def fingerprint(folder: Path) -> str:
    """SHA-256 over weights, configuration and tokenizer: everything in a checkpoint that determines its output."""
    digest = hashlib.sha256()
    _require_files(folder)
    for name in (WEIGHTS, CONFIG, TOKENIZER):
        with (folder / name).open("rb") as file:
            digest.update(f"{name}:{hashlib.file_digest(file, 'sha256').hexdigest()};".encode())
    backbone = read_meta(folder).backbone
    if backbone is not None:
        digest.update(f"backbone:{backbone.get('sha256')};".encode())
    return digest.hexdigest()


def count_parameters(model: CheXQuery) -> dict[str, int]:
    """Parameters of each part, and their sum under "total"."""
    counts = {name: sum(p.numel() for p in part.parameters()) for name, part in model.named_children()}
    return {**counts, "total": sum(counts.values())}


def _is_backbone(name: str) -> bool:
    return name.startswith(("vision.", "decoder.")) and ".lora_" not in name


def _leave_out_backbone(config: CheXQueryConfig, state: dict[str, torch.Tensor]) -> dict[str, str]:
    """Take the backbone out of `state`; where it comes from and its hash."""
    if config.vision.hub_id is None or config.decoder.hub_id is None:
        raise UsageError(
            f"preset {config.preset!r} has no pretrained backbone that could be left out", hint="save it whole"
        )
    taken = {name: state.pop(name) for name in list(state) if _is_backbone(name)}
    sha256 = hash_tensors(merged_state(taken))
    return {"vision": config.vision.hub_id, "decoder": config.decoder.hub_id, "sha256": sha256}


def _fetch_backbone(model: CheXQuery, backbone: Mapping[str, str], folder: Path) -> None:
    from cxrbench.reference_models.chexquery.pretrained import load_backbone

    load_backbone(model)
    seen = hash_tensors({name: value for name, value in model.state_dict().items() if _is_backbone(name)})
    if seen != backbone.get("sha256"):
        raise WeightsError(
            f"{backbone.get('vision')} or {backbone.get('decoder')} on this machine is not what was trained on",
            where=str(folder),
            valid=f"weights of SHA-256 {backbone.get('sha256')}, got {seen}",
        )


def _require_files(folder: Path) -> None:
    for name in FILES:
        if not (folder / name).is_file():
            raise WeightsError(
                f"not a CheXQuery checkpoint: {name} is missing",
                where=str(folder),
                valid=f"a folder with {', '.join(FILES)}",
                hint="cxrbench train chexquery --preset tiny --out DIR",
            )


def _parts(model: CheXQuery) -> tuple[str, ...]:
    present = {
        "vision_adapters": has_adapters(model.vision),
        "decoder_adapters": has_adapters(model.decoder),
        "warmup": model.warmup is not None,
    }
    return tuple(name for name, here in present.items() if here)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise WeightsError(f"unreadable {path.name}: {error}", where=str(path)) from error
    if not isinstance(data, dict):
        raise WeightsError(f"{path.name} does not hold a mapping", where=str(path))
    return data
