"""CheXQuery as the training loop sees it: batches, losses, validation, checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cxrbench.metrics.labelers.base import Labeler
from cxrbench.reference_models.chexquery.augment import AugmentSettings, apply_changes, draw_change, swap_sides
from cxrbench.reference_models.chexquery.checkpoint import TrainingData, load_checkpoint, save_checkpoint
from cxrbench.reference_models.chexquery.data import Samples
from cxrbench.reference_models.chexquery.losses import IGNORE, positive_weights
from cxrbench.reference_models.chexquery.model import CheXQuery
from cxrbench.reference_models.chexquery.preprocess import normalise
from cxrbench.reference_models.chexquery.targets import encode_targets, report_text
from cxrbench.reference_models.chexquery.tokenizer import ReportTokenizer
from cxrbench.reference_models.chexquery.validation import label_micro_f1, macro_auroc
from cxrbench.reference_models.training.learner import Losses
from cxrbench.reference_models.training.order import Draw
from cxrbench.reference_models.training.phase import Phase

AUROC = "aux_macro_auroc"
LABEL_F1 = "rules_micro_f1_14"
TEXT_LOSS = "validation_text_loss"


class CheXQueryLearner:
    """See `training.learner.Learner`.

    A phase's options:
        warmup: The throw-away parts of phase 0 are present.
        adapters: Low-rank adapters are present in vision and decoder; with "vision", there alone.
        label_memory: The decoder reads label states in place of films.
        pos_weight: Positives weigh more in the auxiliary loss.

    Args:
        data: What the checkpoints will say they were trained on.
        max_tokens: Longest target, end token included.
        validation_batch: Films per batch in validation.
    """

    watch: Mapping[str, tuple[float, float]] = {"gate": (0.01, 0.99)}

    def __init__(
        self,
        model: CheXQuery,
        tokenizer: ReportTokenizer,
        training: Samples,
        validation: Samples,
        labeler: Labeler,
        *,
        augmentation: AugmentSettings,
        data: TrainingData,
        max_tokens: int,
        validation_batch: int = 50,
        notes: Sequence[str] = (),
    ) -> None:
        self.model = _arranged(model)
        self.tokenizer = tokenizer
        self.training, self.validation = training, validation
        self.labeler = labeler
        self.augmentation = augmentation
        self.data = data
        self.max_tokens = max_tokens
        self.validation_batch = validation_batch
        self.notes = tuple(notes)
        conditions = model.settings.conditions
        self.targets = torch.from_numpy(training.label_matrix(conditions))
        self.validation_targets = torch.from_numpy(validation.label_matrix(conditions))
        self.pos_weight = positive_weights(self.targets)

    def sample_ids(self) -> Sequence[str]:
        return self.training.ids

    def begin_phase(self, phase: Phase) -> None:
        if phase.options.get("warmup"):
            self.model.add_warmup()
        else:
            self.model.drop_warmup()
        adapters = phase.options.get("adapters")
        if adapters:
            self.model.add_adapters(decoder=adapters != "vision")

    def batch(self, indices: Sequence[int], draw: Draw) -> Mapping[str, Any]:
        changes = [draw_change(self.augmentation, draw.for_sample(self.training.ids[index])) for index in indices]
        films = apply_changes(torch.from_numpy(self.training.pixels[list(indices)]), changes)
        texts = [
            swap_sides(self.training.targets[index]) if change.mirrored else self.training.targets[index]
            for index, change in zip(indices, changes)
        ]
        tokens = encode_targets(self.tokenizer, self.model.settings.prompt, texts, self.max_tokens)
        return {
            "images": films.mul_(2.0).sub_(1.0),
            "decoder_input_ids": tokens.decoder_input_ids,
            "labels": tokens.labels,
            "aux_targets": self.targets[list(indices)],
        }

    def counts(self, batch: Mapping[str, Any], phase: Phase) -> Mapping[str, float]:
        cells = float(batch["aux_targets"].numel())
        tokens = float((batch["labels"] != IGNORE).sum())
        return {"gen": tokens, "aux": cells, "global_aux": cells, "patch_aux": cells}

    def losses(self, batch: Mapping[str, Any], phase: Phase) -> Losses:
        wanted = {name for name, weight in phase.loss_weights.items() if weight > 0}
        writes = "gen" in wanted
        looks = not phase.options.get("label_memory")
        names = bool(wanted & {"aux", "global_aux", "patch_aux"}) or not looks
        output = self.model(
            batch["images"] if looks else None,
            batch["decoder_input_ids"] if writes else None,
            batch["labels"] if writes else None,
            batch["aux_targets"] if names else None,
            pos_weight=self.pos_weight.to(batch["aux_targets"].device) if phase.options.get("pos_weight") else None,
            label_smoothing=phase.label_smoothing,
        )
        parts = {
            "gen": output.generation,
            "aux": output.auxiliary,
            "global_aux": output.global_auxiliary,
            "patch_aux": output.patch_auxiliary,
        }
        return Losses(
            {name: part.mean for name, part in parts.items() if part is not None},
            {} if output.gate is None else {"gate": output.gate},
        )

    def validate(self, phase: Phase) -> Mapping[str, float | None]:
        if phase.options.get("label_memory"):
            return {TEXT_LOSS: self._label_memory_loss()}
        device = next(self.model.parameters()).device
        logits, texts, gates = [], [], []
        prompt = self.tokenizer.prompt_ids(self.model.settings.prompt)
        for start in range(0, len(self.validation), self.validation_batch):
            films = normalise(self.validation.pixels[start : start + self.validation_batch]).to(device)
            encoded = self.model.encode(films)
            logits.append(encoded.aux_logits.float().cpu().numpy())
            gates.append(encoded.gate.float().cpu().numpy())
            if phase.select == LABEL_F1:
                generated = self.model.generate(encoded, prompt, eos_id=self.tokenizer.eos_id)
                texts += [
                    report_text(self.model.settings.prompt, self.tokenizer.decode(ids)) for ids in generated.tokens
                ]
        gate = np.concatenate(gates)
        scores: dict[str, float | None] = {
            AUROC: macro_auroc(np.concatenate(logits).astype(np.float64), self.validation_targets.double().numpy()),
            "gate_mean": float(gate.mean()),
            "gate_sd": float(gate.std()),
        }
        if phase.select == LABEL_F1:
            scores[LABEL_F1] = label_micro_f1(self.labeler.label(texts), self.validation.labels)
        return scores

    def _label_memory_loss(self) -> float:
        """Mean token cross-entropy of the validation reports, written from their labels."""
        device = next(self.model.parameters()).device
        total = count = 0.0
        for start in range(0, len(self.validation), self.validation_batch):
            rows = slice(start, start + self.validation_batch)
            tokens = encode_targets(
                self.tokenizer, self.model.settings.prompt, self.validation.targets[rows], self.max_tokens
            )
            output = self.model(
                None,
                tokens.decoder_input_ids.to(device),
                tokens.labels.to(device),
                self.validation_targets[rows].to(device),
            )
            total, count = total + float(output.generation.total), count + float(output.generation.terms)
        return total / max(count, 1.0)

    def save(self, folder: Path, progress: Mapping[str, Any]) -> None:
        save_checkpoint(folder, self.model, self.tokenizer, **progress, data=self.data, notes=self.notes)

    def load(self, folder: Path) -> None:
        self.model = _arranged(load_checkpoint(folder, next(self.model.parameters()).device).model)


def _arranged(model: CheXQuery) -> CheXQuery:
    """Channels last in memory: convolutions then take two thirds of the time on a CPU."""
    model.vision.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model
