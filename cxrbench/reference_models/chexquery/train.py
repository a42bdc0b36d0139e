"""`cxrbench train chexquery`: from a data root to the best checkpoint."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from cxrbench.core.errors import UsageError
from cxrbench.datasets.iu_xray import IuStudy, IuXray, read_iu_xray
from cxrbench.datasets.roots import resolve_root
from cxrbench.datasets.splits import documented_split, r2gen_split, split_hash
from cxrbench.metrics.labelers.base import get_labeler
from cxrbench.reference_models.chexquery.augment import AugmentSettings
from cxrbench.reference_models.chexquery.checkpoint import TrainingData, fingerprint, load_checkpoint
from cxrbench.reference_models.chexquery.config import CheXQueryConfig
from cxrbench.reference_models.chexquery.data import Samples, collect_samples
from cxrbench.reference_models.chexquery.learner import CheXQueryLearner
from cxrbench.reference_models.chexquery.model import CheXQuery
from cxrbench.reference_models.chexquery.phases import phases
from cxrbench.reference_models.chexquery.presets import preset as preset_config
from cxrbench.reference_models.chexquery.pretrained import load_pretrained
from cxrbench.reference_models.chexquery.tokenizer import ReportTokenizer
from cxrbench.reference_models.training.loop import train as run_training
from cxrbench.reference_models.training.order import seed_everything
from cxrbench.reference_models.training.phase import Plan

IU_LICENCE = "IU X-ray reports and images: CC BY-NC-ND 4.0 (Open-i)"
PHANTOM_LICENCE = "drawn by cxrbench, Apache-2.0"


@dataclass(frozen=True, slots=True)
class Corpus:
    """Training and validation samples, and where they are from."""

    training: Samples
    validation: Samples
    origin: TrainingData


def train(
    preset: str = "tiny",
    data_root: Path | None = None,
    out: Path = Path("training"),
    *,
    phase: str | int | None = None,
    init_from: Path | None = None,
    resume: bool = False,
    seed: int = 42,
    split_scheme: str | None = None,
    epochs_scale: float = 1.0,
    limit: int | None = None,
    validation_limit: int = 300,
    augmentation: AugmentSettings | None = None,
    checkpoint_every: int | None = None,
    device: str = "auto",
    num_threads: int | None = None,
) -> Path:
    """Train CheXQuery and return the folder of its best checkpoint.

    Args:
        preset: "tiny" or "base".
        data_root: IU X-ray folder; None: `CXRBENCH_DATA`, else the phantom.
        out: Folder of the training; also holds history.jsonl, curves.png, best.json and last.json.
        phase: One phase only ("0", "1", "2", "3"); None: all phases of the preset.
        init_from: Checkpoint whose weights, tokenizer and configuration the training starts from.
        resume: Continue the training in `out` exactly where it stopped.
        split_scheme: "r2gen", "documented" or "phantom"; None: the data set's own.
        epochs_scale: Multiplies the epochs of every phase (for trials).
        limit: Train on so many studies only.
        validation_limit: Validate on so many studies at most.
        checkpoint_every: Optimiser steps between checkpoints inside an epoch; None: at epoch ends.
        device: "auto", "cpu" or "cuda".
        num_threads: Threads of torch on the CPU; None leaves them as they are.

    Raises:
        UsageError: Settings that make no sense together, or another training in `out`.
        DataError: No usable data.
        WeightsError: `init_from` is no usable checkpoint.
    """
    chosen = phases(preset, phase, epochs_scale=epochs_scale)
    if init_from is None and chosen[0].name in ("2", "3"):
        raise UsageError(
            f"phase {chosen[0].name} starts from an earlier phase's weights",
            where="--phase",
            hint="add --init-from CHECKPOINT, or leave out --phase to train all phases",
        )
    if num_threads is not None:
        torch.set_num_threads(num_threads)
    settings = augmentation or AugmentSettings()
    seed_everything(seed, len(chosen))
    if init_from is None:
        config = preset_config(preset)
    else:
        start = load_checkpoint(init_from)
        config = start.config
        if config.preset != preset:
            raise UsageError(
                f"the checkpoint is of preset {config.preset!r}", where=str(init_from), valid=f"preset {preset!r}"
            )
    corpus = load_corpus(data_root, config, split_scheme=split_scheme, limit=limit, validation_limit=validation_limit)
    if init_from is None:
        model, tokenizer, notes = build_model(config, corpus.training)
    else:
        model, tokenizer, notes = start.model, start.tokenizer, start.meta.notes
    learner = CheXQueryLearner(
        model,
        tokenizer,
        corpus.training,
        corpus.validation,
        get_labeler("rules"),
        augmentation=settings,
        data=corpus.origin,
        max_tokens=config.decoding.max_new_tokens,
        notes=notes,
    )
    identity: dict[str, Any] = {
        "model": model.settings.to_dict(),
        "tokenizer": hashlib.sha256(tokenizer.to_json().encode()).hexdigest(),
        "data": asdict(corpus.origin),
        "training_studies": len(corpus.training),
        "validation_studies": len(corpus.validation),
        "augmentation": asdict(settings),
        "init_from": None if init_from is None else fingerprint(init_from),
    }
    plan = Plan(chosen, seed=seed, checkpoint_every=checkpoint_every)
    with _without_denormals():
        return run_training(learner, plan, out, identity, resume=resume, device=device).checkpoint


@contextmanager
def _without_denormals() -> Iterator[None]:
    """Vanishing gradients become denormal numbers, on which a CPU computes many times slower."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def load_corpus(
    data_root: Path | None,
    config: CheXQueryConfig,
    *,
    split_scheme: str | None = None,
    limit: int | None = None,
    validation_limit: int | None = None,
) -> Corpus:
    """Read training and validation studies, never the test split; say on stderr what was left out.

    The limits take the first studies in the order of a hash of their uids, so a larger limit extends a smaller.
    """
    root = resolve_root(data_root, "iu-xray")
    data = read_iu_xray(root.path)
    split = _split(data, split_scheme)
    labeler = get_labeler("rules")
    parts = []
    for part, most in (("train", limit), ("val", validation_limit)):
        studies = _first([study for study in data.studies if split.get(study.uid) == part], most)
        samples = collect_samples(studies, config.vision.image_size, labeler)
        left_out = "".join(f"; {reason}: {_listed(uids)}" for reason, uids in samples.skipped.items())
        print(f"{part}: {len(samples)} of {len(studies)} studies{left_out}", file=sys.stderr)
        parts.append(samples)
    name = "iu-xray-phantom" if data.phantom else "iu-xray"
    identity = hashlib.sha256(
        f"{data.fingerprint}|{split_hash(split)}|{','.join(parts[0].ids)}|{','.join(parts[1].ids)}".encode()
    ).hexdigest()
    return Corpus(parts[0], parts[1], TrainingData(name, PHANTOM_LICENCE if data.phantom else IU_LICENCE, identity))


def build_model(config: CheXQueryConfig, training: Samples) -> tuple[CheXQuery, ReportTokenizer, tuple[str, ...]]:
    """A model with the preset's initial weights: pretrained where the configuration names a source, else random.

    Returns:
        The model, its tokenizer (trained on the targets where none is named), and notes for its checkpoints.

    Raises:
        WeightsError: A pretrained part is not on this machine.
    """
    if config.decoder.hub_id is None:
        tokenizer = ReportTokenizer.train([f"{config.prompt} {target}" for target in training.targets])
        return CheXQuery(config.with_vocabulary(tokenizer.vocab_size)), tokenizer, ()
    model = CheXQuery(config)
    loaded = load_pretrained(model)
    return model, ReportTokenizer.from_hub(config.decoder.hub_id), loaded.notes


def _split(data: IuXray, scheme: str | None) -> dict[str, str]:
    own = "phantom" if data.phantom else "r2gen"
    if scheme not in (None, own, "documented"):
        raise UsageError(f"unknown split scheme {scheme!r} for these data", valid=f"{own}, documented")
    if scheme == "documented":
        return dict(documented_split(study.uid for study in data.studies))
    return dict(data.phantom.split if data.phantom else r2gen_split())


def _first(studies: Sequence[IuStudy], most: int | None) -> list[IuStudy]:
    if most is None or most >= len(studies):
        return list(studies)
    ranked = sorted(studies, key=lambda study: hashlib.sha256(study.uid.encode()).digest())
    kept = {study.uid for study in ranked[:most]}
    return [study for study in studies if study.uid in kept]


def _listed(uids: Sequence[str]) -> str:
    return f"{len(uids)} ({', '.join(uids[:5])}{', ...' if len(uids) > 5 else ''})"
