"""Every size, name and default of a CheXQuery-MedVLM model, as frozen data that travels in its checkpoint.

Values of the `base` preset follow the CheXQuery document; see `presets.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal, TypeVar, get_type_hints

from cxrbench.core.conditions import CONDITIONS
from cxrbench.core.errors import UnknownNameError, UsageError

QUERY_CONDITIONS: tuple[str, ...] = (
    "No Finding",
    "Enlarged Cardiomediastinum",
    "Cardiomegaly",
    "Lung Opacity",
    "Lung Lesion",
    "Edema",
    "Consolidation",
    "Pneumonia",
    "Atelectasis",
    "Pneumothorax",
    "Pleural Effusion",
    "Pleural Other",
    "Fracture",
    "Support Devices",
)
"""Names of the condition queries, in the order of the CheXQuery document."""

QUERY_REGIONS: tuple[str, ...] = ("Cardiac", "Left Lung", "Right Lung", "Mediastinum", "Diaphragm", "Spine")
"""Names of the anatomical queries, in the order of the CheXQuery document. Left is the patient's left."""


@dataclass(frozen=True, slots=True)
class VisionConfig:
    """The image encoder.

    Attributes:
        kind: "siglip" (transformers' SiglipVisionModel) or "cnn" (convolutional stages and a ViT block).
        image_size: Side of the square input in pixels.
        layers: Transformer blocks (12 for SigLIP base, 1 on top of the convolutions).
        mlp_width: Hidden width of the block's MLP.
        patch_size: Side of a patch in pixels (SigLIP only).
        stages: Channels of the convolutional stages, each of stride 2 (CNN only).
        hub_id: Where the pretrained weights come from; None when there are none.
    """

    kind: Literal["siglip", "cnn"] = "siglip"
    image_size: int = 384
    layers: int = 12
    heads: int = 12
    mlp_width: int = 3072
    patch_size: int = 16
    stages: tuple[int, ...] = ()
    hub_id: str | None = None

    @property
    def grid(self) -> int:
        """Patch tokens along one side of the image."""
        stride = self.patch_size if self.kind == "siglip" else 2 ** len(self.stages)
        return self.image_size // stride


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """The T5 decoder.

    Attributes:
        ff_width: Hidden width of the gated-GELU feed-forward layer.
        tied: Whether the token embedding is also the output layer (T5 1.0); Flan-T5 is untied.
        hub_id: Where the pretrained weights and the tokenizer come from; None when there are none.
    """

    vocab_size: int = 32128
    layers: int = 12
    heads: int = 12
    head_width: int = 64
    ff_width: int = 2048
    buckets: int = 32
    max_distance: int = 128
    dropout: float = 0.1
    tied: bool = False
    hub_id: str | None = None


@dataclass(frozen=True, slots=True)
class LoraSettings:
    """Low-rank adapters (Hu et al., 2021): W x + alpha / rank * B A x."""

    rank: int
    alpha: int
    dropout: float


@dataclass(frozen=True, slots=True)
class DecodingConfig:
    """Beam search, with the names and the semantics of Hugging Face `generate`.

    Lengths count new tokens, without the prompt. `no_repeat_ngram_size` counts tokens, prompt included; a term of
    three or more word pieces can then occur only once in a report, so 0 (off) often writes better impressions.
    """

    num_beams: int = 4
    no_repeat_ngram_size: int = 3
    length_penalty: float = 1.0
    early_stopping: bool = True
    min_new_tokens: int = 20
    max_new_tokens: int = 512

    def __post_init__(self) -> None:
        if self.num_beams < 1 or self.max_new_tokens < 1 or self.no_repeat_ngram_size < 0 or self.min_new_tokens < 0:
            raise UsageError(
                f"impossible decoding settings {asdict(self)}",
                valid="num_beams and max_new_tokens of at least 1, the others of at least 0",
            )


@dataclass(frozen=True, slots=True)
class CheXQueryConfig:
    """A whole model.

    Attributes:
        width: Width of patch tokens, queries, visual tokens and decoder alike.
        cross_layers, heads, ffn_width, dropout: The cross-attention from queries to patches.
        query_self_attention: Whether queries also attend to each other (as in Q-Former; off in the document).
        pool_queries: Learned queries that pool the attended ones; visual tokens = 1 global + these.
        gate_width, aux_width, aux_dropout: Hidden widths of the gate and of the shared auxiliary head.
        conditions, regions: Names of the queries, in order: the meaning of every row.
        prompt: The decoder's fixed beginning.
        query_text: Whether condition queries are initialised from the bare name or from a short description.
        query_hub_id: The language model that initialises them; None for random rows.
    """

    preset: str
    width: int
    vision: VisionConfig
    decoder: DecoderConfig
    vision_lora: LoraSettings = field(default_factory=lambda: LoraSettings(8, 16, 0.05))
    decoder_lora: LoraSettings = field(default_factory=lambda: LoraSettings(16, 32, 0.05))
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    cross_layers: int = 2
    heads: int = 8
    ffn_width: int = 3072
    dropout: float = 0.1
    query_self_attention: bool = False
    pool_queries: int = 10
    gate_width: int = 384
    aux_width: int = 384
    aux_dropout: float = 0.2
    conditions: tuple[str, ...] = QUERY_CONDITIONS
    regions: tuple[str, ...] = QUERY_REGIONS
    prompt: str = "Findings:"
    query_text: Literal["name", "description"] = "name"
    query_hub_id: str | None = None

    def __post_init__(self) -> None:
        for name in self.conditions:
            if name not in CONDITIONS:
                raise UnknownNameError("condition", name, CONDITIONS, where="model configuration")
        for part, heads in (("cross-attention", self.heads), ("vision", self.vision.heads)):
            if self.width % heads:
                raise UsageError(f"{part}: width {self.width} is not a multiple of {heads} heads")
        if self.vision.kind not in ("siglip", "cnn"):
            raise UnknownNameError("vision encoder", self.vision.kind, ("siglip", "cnn"))
        stride = self.vision.image_size // max(self.vision.grid, 1)
        if self.vision.grid < 1 or self.vision.grid * stride != self.vision.image_size:
            raise UsageError(
                f"image size {self.vision.image_size} does not fit the patch grid",
                valid="a multiple of the patch size (SigLIP) or of 2 to the number of stages (CNN)",
            )

    @property
    def query_names(self) -> tuple[str, ...]:
        """Names of all queries, conditions first."""
        return (*self.conditions, *self.regions)

    @property
    def visual_tokens(self) -> int:
        return 1 + self.pool_queries

    def with_vocabulary(self, size: int) -> CheXQueryConfig:
        """The same model with a decoder vocabulary of `size` tokens."""
        return replace(self, decoder=replace(self.decoder, vocab_size=size))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, where: str | None = None) -> CheXQueryConfig:
        """The inverse of `to_dict`.

        Raises:
            UnknownNameError: A key that no such setting has.
            UsageError: A missing key or a value of another type.
        """
        return _build(cls, data, where or "model configuration")


Config = TypeVar("Config")


def _build(cls: type[Config], data: Mapping[str, Any], where: str) -> Config:
    if not isinstance(data, Mapping):
        raise UsageError(f"expected a mapping, got {type(data).__name__}", where=where)
    hints = get_type_hints(cls)
    for key in data:
        if key not in hints:
            raise UnknownNameError("setting", str(key), hints, where=where)
    values: dict[str, Any] = {}
    for item in fields(cls):  # type: ignore[arg-type]
        if item.name not in data:
            continue
        value, hint = data[item.name], hints[item.name]
        if is_dataclass(hint):
            value = _build(hint, value, f"{where}: {item.name}")  # type: ignore[arg-type]
        elif isinstance(value, list):
            value = tuple(value)
        elif hint is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if hint in (int, float, bool, str) and type(value) is not hint:
            raise UsageError(f"{item.name} must be of type {hint.__name__}, got {value!r}", where=where)
        values[item.name] = value
    try:
        return cls(**values)
    except TypeError as error:
        raise UsageError(f"incomplete configuration: {error}", where=where) from error


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
