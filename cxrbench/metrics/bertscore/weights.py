"""Finding the weights of a BERTScore model on this machine; never a download."""

from __future__ import annotations

from pathlib import Path

from cxrbench.core.errors import UsageError

LAYERS = {
    "microsoft/deberta-xlarge-mnli": 40,
    "roberta-large": 17,
    "distilroberta-base": 5,
    "distilbert-base-uncased": 5,
    "bert-base-uncased": 9,
}
"""The layers that bert-score recommends, for the models that papers of this field use; the package knows more."""


def layer_of(model: str, num_layers: int | None) -> int:
    """The layer whose outputs are compared.

    Raises:
        UsageError: Neither the caller nor bert-score names a layer for the model.
    """
    if num_layers is not None:
        return num_layers
    if model in LAYERS:
        return LAYERS[model]
    if not Path(model).is_dir():
        from bert_score.utils import model2layers

        if model in model2layers:
            return int(model2layers[model])
    raise UsageError(
        f"BERTScore: no layer is known for the model {model!r}",
        valid="num_layers, from 1 to the number of layers of the model",
        hint="give num_layers, for example 9 for a BERT of base size",
    )


def local_folder(model: str) -> tuple[Path | None, str]:
    """The folder with the weights of a model, or None and the reason.

    Args:
        model: A folder, or a Hugging Face hub id that was downloaded before.
    """
    folder = Path(model)
    if not folder.is_dir():
        found = _cached(model)
        if found is None:
            return None, f"the weights of {model} are not on this machine"
        folder = found
    if not (folder / "config.json").is_file():
        return None, f"{folder} has no config.json"
    if not any(folder.glob("*.safetensors")) and not any(folder.glob("pytorch_model*.bin")):
        return None, f"{folder} has no weights (model.safetensors or pytorch_model.bin)"
    return folder.absolute(), ""


def _cached(model: str) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(model, local_files_only=True))
    except (HFValidationError, LocalEntryNotFoundError):
        return None
