"""CheXQuery-MedVLM: queries look at a film, a gate weighs what they found, a T5 decoder writes the report.

After the CheXQuery document: image encoder, 14 condition and 6 anatomical queries, two cross-attention layers, an
auxiliary head on the condition queries, gated fusion to 11 visual tokens, and a decoder that reads those tokens in
place of a text encoder's states.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cxrbench.core.errors import UsageError
from cxrbench.reference_models.chexquery import lora
from cxrbench.reference_models.chexquery.auxiliary import AuxiliaryHead
from cxrbench.reference_models.chexquery.config import CheXQueryConfig, DecodingConfig
from cxrbench.reference_models.chexquery.cross_attention import QueryCrossAttention
from cxrbench.reference_models.chexquery.fusion import GatedFusion
from cxrbench.reference_models.chexquery.generation import Generated, beam_search
from cxrbench.reference_models.chexquery.losses import LossSum, auxiliary_cross_entropy, token_cross_entropy
from cxrbench.reference_models.chexquery.patterns import is_trainable
from cxrbench.reference_models.chexquery.queries import QueryBank
from cxrbench.reference_models.chexquery.t5_decoder import T5Decoder
from cxrbench.reference_models.chexquery.vision import VisionFeatures, build_vision
from cxrbench.reference_models.chexquery.warmup import WarmUp


@dataclass(frozen=True, slots=True)
class Encoded:
    """A batch of films as the decoder sees them. Q = conditions + regions, C = conditions.

    Attributes:
        memory: Visual tokens [B, 1 + pool queries, D].
        queries: Attended queries [B, Q, D].
        aux_logits: [B, C], in the order of `config.conditions`.
        gate: Weight of the global token [B, 1].
        attentions: Per cross-attention layer [B, heads, Q, N] when asked for, else None.
    """

    memory: Tensor
    queries: Tensor
    aux_logits: Tensor
    gate: Tensor
    attentions: list[Tensor] | None


@dataclass(frozen=True, slots=True)
class Output:
    """What one training step needs; parts that were not computed are None.

    Attributes:
        generation: Token cross-entropy.
        auxiliary: Binary cross-entropy of the condition queries.
        global_auxiliary: The same through the global token's throw-away head (phase 0a).
        patch_auxiliary: The same through the patches' throw-away head (phase 0a).
        logits: [B, T, V].
        aux_logits: [B, C].
        gate: [B, 1].
    """

    generation: LossSum | None = None
    auxiliary: LossSum | None = None
    global_auxiliary: LossSum | None = None
    patch_auxiliary: LossSum | None = None
    logits: Tensor | None = None
    aux_logits: Tensor | None = None
    gate: Tensor | None = None


class CheXQuery(nn.Module):
    """The whole model, with random weights until some are loaded."""

    def __init__(self, config: CheXQueryConfig) -> None:
        super().__init__()
        self.settings = config
        width = config.width
        self.vision = build_vision(width, config.vision)
        self.queries = QueryBank(len(config.conditions), len(config.regions), width)
        self.cross_attention = QueryCrossAttention(
            config.cross_layers, width, config.heads, config.ffn_width, config.dropout, config.query_self_attention
        )
        self.fusion = GatedFusion(width, config.heads, config.pool_queries, config.gate_width, config.dropout)
        self.auxiliary = AuxiliaryHead(width, config.aux_width, config.aux_dropout)
        self.decoder = T5Decoder(width, config.decoder)
        self.warmup: WarmUp | None = None

    def see(self, images: Tensor) -> VisionFeatures:
        """Run the image encoder; without a graph when nothing in it is trained, so features may be cached."""
        side = self.settings.vision.image_size
        if images.ndim != 4 or images.shape[1] not in (1, 3) or images.shape[2:] != (side, side):
            raise UsageError(f"images of shape {tuple(images.shape)}", valid=f"[batch, 1 or 3, {side}, {side}]")
        trained = torch.is_grad_enabled() and any(p.requires_grad for p in self.vision.parameters())
        with torch.set_grad_enabled(trained):
            features: VisionFeatures = self.vision(images)
        return features

    def encode(self, images: Tensor | VisionFeatures, need_attention: bool = False) -> Encoded:
        """Turn films [B, 1 or 3, S, S] (or their cached features) into visual tokens and label logits."""
        features = images if isinstance(images, VisionFeatures) else self.see(images)
        queries = self.queries(features.patches.shape[0])
        queries, maps = self.cross_attention(queries, features.patches, need_attention)
        logits = self.auxiliary(queries[:, : len(self.settings.conditions)])
        memory, gate = self.fusion(features.pooled, queries)
        return Encoded(memory, queries, logits, gate, maps if need_attention else None)

    def forward(
        self,
        images: Tensor | VisionFeatures | None,
        decoder_input_ids: Tensor | None = None,
        labels: Tensor | None = None,
        aux_targets: Tensor | None = None,
        *,
        aux_mask: Tensor | None = None,
        pos_weight: Tensor | None = None,
        label_smoothing: float = 0.0,
    ) -> Output:
        """One training step; what is not given is not computed.

        Args:
            images: Films or cached features. None trains the decoder from label states (phase 0b: needs
                `add_warmup` and `aux_targets`).
            decoder_input_ids: [B, T]: start token, prompt, target shifted right (see `targets.py`).
            labels: [B, T] next tokens, -100 on prompt and padding.
            aux_targets: [B, C] in [0, 1], in the order of `config.conditions`.
            aux_mask: [B, C], False where unknown.
        """
        if images is None:
            if self.warmup is None or aux_targets is None or decoder_input_ids is None:
                raise UsageError("a step without images needs add_warmup(), aux_targets and decoder_input_ids")
            logits = self.decoder(decoder_input_ids, self.warmup.memory(aux_targets))
            return Output(generation=self._generation(logits, labels, label_smoothing), logits=logits)
        features = images if isinstance(images, VisionFeatures) else self.see(images)
        encoded = self.encode(features)
        auxiliary = global_auxiliary = patch_auxiliary = text_logits = None
        if aux_targets is not None:
            auxiliary = auxiliary_cross_entropy(encoded.aux_logits, aux_targets, pos_weight=pos_weight, mask=aux_mask)
            if self.warmup is not None:
                global_auxiliary = auxiliary_cross_entropy(
                    self.warmup.global_head(features.pooled), aux_targets, pos_weight=pos_weight, mask=aux_mask
                )
                patch_auxiliary = auxiliary_cross_entropy(
                    self.warmup.patch_head(features.patches), aux_targets, pos_weight=pos_weight, mask=aux_mask
                )
        if decoder_input_ids is not None:
            text_logits = self.decoder(decoder_input_ids, encoded.memory)
        return Output(
            generation=None if text_logits is None else self._generation(text_logits, labels, label_smoothing),
            auxiliary=auxiliary,
            global_auxiliary=global_auxiliary,
            patch_auxiliary=patch_auxiliary,
            logits=text_logits,
            aux_logits=encoded.aux_logits,
            gate=encoded.gate,
        )

    @staticmethod
    def _generation(logits: Tensor, labels: Tensor | None, smoothing: float) -> LossSum | None:
        return None if labels is None else token_cross_entropy(logits, labels, smoothing)

    @torch.no_grad()
    def generate(
        self,
        images: Tensor | VisionFeatures | Encoded,
        prompt_ids: list[int],
        decoding: DecodingConfig | None = None,
        *,
        eos_id: int = 1,
    ) -> Generated:
        """Write reports by beam search.

        Args:
            images: Films, cached features, or films already encoded.
            prompt_ids: Decoder start token and prompt, the same for every film.
            decoding: The configuration's defaults when None.
        """
        encoded = images if isinstance(images, Encoded) else self.encode(images)
        return beam_search(
            self.decoder, encoded.memory, prompt_ids, decoding or self.settings.decoding, eos_id=eos_id
        )

    def add_adapters(self, *, vision: bool = True, decoder: bool = True) -> None:
        """Add low-rank adapters where there are none; outputs stay the same until they are trained."""
        if vision:
            lora.add_adapters(self.vision, self.settings.vision_lora, lora.VISION_TARGETS)
        if decoder:
            lora.add_adapters(self.decoder, self.settings.decoder_lora, lora.DECODER_TARGETS)

    def merge_adapters(self) -> None:
        """Fold all adapters into the weights they adapt."""
        lora.merge_adapters(self.vision)
        lora.merge_adapters(self.decoder)

    def add_warmup(self) -> None:
        """Add the throw-away parts of phase 0."""
        if self.warmup is None:
            parameter = next(self.parameters())
            self.warmup = WarmUp(len(self.settings.conditions), self.settings.width).to(parameter.device)

    def drop_warmup(self) -> None:
        """Remove them."""
        self.warmup = None

    def set_trainable(self, patterns: Iterable[str]) -> int:
        """Train the parameters whose names match, freeze all others; the number of trained parameters."""
        patterns, count = tuple(patterns), 0
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(is_trainable(name, patterns))
            count += parameter.numel() if parameter.requires_grad else 0
        return count

    def train(self, mode: bool = True) -> CheXQuery:
        """Training mode, except for parts without any trained parameter: frozen dropout and statistics stay off."""
        super().train(mode)
        if mode:
            for part in self.children():
                _freeze_untrained(part)
        return self


def _freeze_untrained(part: nn.Module) -> None:
    parameters = list(part.parameters())
    if parameters and not any(parameter.requires_grad for parameter in parameters):
        part.eval()
        return
    for child in part.children():
        _freeze_untrained(child)
