"""Low-rank adapters (Hu et al., 2021) through peft, on the documented layers only.

Vision: query and value projections of the transformer blocks, never of the pooling head. Decoder: all four
projections of self- and cross-attention.
"""

from __future__ import annotations

from torch import Tensor, nn

from cxrbench.reference_models.chexquery.config import LoraSettings

VISION_TARGETS = r"(.*\.)?(encoder\.layers|blocks)\.\d+\.self_attn\.(q_proj|v_proj)"
DECODER_TARGETS = r"(.*\.)?blocks\.\d+\.(self_attention|cross_attention)\.(q|k|v|o)"


def add_adapters(module: nn.Module, settings: LoraSettings, targets: str) -> None:
    """Wrap the layers of `module` whose names match `targets`; until trained, the outputs do not change.

    Leaves `requires_grad` of all other parameters as it was.
    """
    from peft import LoraConfig, inject_adapter_in_model

    if has_adapters(module):
        return
    before = {id(parameter): parameter.requires_grad for parameter in module.parameters()}
    inject_adapter_in_model(
        LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules=targets,
            bias="none",
        ),
        module,
    )
    for parameter in module.parameters():
        parameter.requires_grad_(before.get(id(parameter), True))


def has_adapters(module: nn.Module) -> bool:
    """Whether any adapter is in the module."""
    return any(".lora_A." in name for name, _ in module.named_parameters())


def merge_adapters(module: nn.Module) -> None:
    """Fold every adapter into its layer and remove it; the outputs stay the same up to rounding."""
    from peft.tuners.lora import LoraLayer

    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, LoraLayer):
                child.merge(safe_merge=True)  # type: ignore[attr-defined, unused-ignore]
                setattr(parent, name, child.get_base_layer())
    for part in module.modules():
        if hasattr(part, "peft_config"):
            del part.peft_config


def merged_state(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state dict whose base weights carry the names they had before adapters were added, adapters left out."""
    return {name.replace(".base_layer.", "."): value for name, value in state.items() if ".lora_" not in name}
