"""Condition queries from a medical language model (BioBERT, Lee et al., 2020).

The CLS vectors of short phrases are nearly parallel. Their mean is therefore taken away and every row is rescaled to
unit variance, so that queries start apart and at the scale at which attention learns (`queries.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cxrbench.core.errors import WeightsError
from cxrbench.reference_models.chexquery.queries import QueryBank, unit_rows

DESCRIPTIONS: dict[str, str] = {
    "No Finding": "normal chest without abnormality",
    "Enlarged Cardiomediastinum": "widened mediastinum or enlarged cardiomediastinal silhouette",
    "Cardiomegaly": "enlarged heart",
    "Lung Opacity": "area of increased density in the lung",
    "Lung Lesion": "mass or nodule in the lung",
    "Edema": "fluid in the lung tissue with vascular congestion",
    "Consolidation": "air spaces filled with fluid or cells",
    "Pneumonia": "infection of the lung",
    "Atelectasis": "collapsed lung tissue with volume loss",
    "Pneumothorax": "air in the pleural space",
    "Pleural Effusion": "fluid in the pleural space",
    "Pleural Other": "pleural thickening or scarring",
    "Fracture": "broken bone of the chest",
    "Support Devices": "tubes, lines or implanted devices",
}
"""What `query_text: description` encodes in place of the bare name."""


def query_texts(conditions: Sequence[str], text: str = "name") -> list[str]:
    """The phrase of each condition, in lower case."""
    return [(DESCRIPTIONS[name] if text == "description" else name).lower() for name in conditions]


@torch.no_grad()
def encode_phrases(model: Any, tokenizer: Any, phrases: Sequence[str]) -> Tensor:
    """Last hidden state at [CLS] of each phrase, float32 [N, D]."""
    batch = tokenizer(list(phrases), return_tensors="pt", padding=True)
    states: Tensor = model.eval()(**batch).last_hidden_state
    return states[:, 0].float()


def condition_rows(cls_vectors: Tensor) -> Tensor:
    """Query rows [N, D] from CLS vectors [N, D]: mean over the conditions removed, then unit variance per row."""
    return unit_rows(cls_vectors - cls_vectors.mean(0, keepdim=True))


def mean_cosine(rows: Tensor) -> float:
    """Mean cosine between different rows [N, D]: near 1 when they can hardly be told apart."""
    unit = torch.nn.functional.normalize(rows, dim=-1)
    cosines = unit @ unit.T
    return float((cosines.sum() - cosines.trace()) / (len(rows) * (len(rows) - 1)))


def load_language_model(source: str, *, local_files_only: bool = True) -> tuple[Any, Any]:
    """A BERT model and its tokenizer, from a local folder or the hub's cache.

    Raises:
        WeightsError: Not on this machine (no download unless `local_files_only` is False).
    """
    from transformers import AutoModel, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=local_files_only)
        return AutoModel.from_pretrained(source, local_files_only=local_files_only), tokenizer
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"the query language model {source} is not on this machine",
            valid="a local folder, or a cached hub id",
            hint=f"hf download {source}",
        ) from error


def initialise_queries(
    bank: QueryBank, conditions: Sequence[str], source: str, text: str = "name", *, local_files_only: bool = True
) -> dict[str, float]:
    """Replace the condition queries by language-model vectors; anatomical queries stay as they are.

    Returns:
        Mean pairwise cosine of the vectors "before" and "after" the mean is removed, for the training log.

    Raises:
        WeightsError: The language model is not there, or its width is not the model's.
    """
    model, tokenizer = load_language_model(source, local_files_only=local_files_only)
    vectors = encode_phrases(model, tokenizer, query_texts(conditions, text))
    if vectors.shape != bank.condition.shape:
        raise WeightsError(
            f"{source} gives vectors of width {vectors.shape[1]}, queries are {bank.condition.shape[1]} wide",
            hint="set query_hub_id to null for random queries",
        )
    rows = condition_rows(vectors)
    with torch.no_grad():
        bank.condition.copy_(rows)
    return {"before": mean_cosine(vectors), "after": mean_cosine(rows)}
