"""BERTScore as a metric: null with a reason where the weights are absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.bertscore.baseline import rescaling_baseline
from cxrbench.metrics.bertscore.weights import layer_of, local_folder
from cxrbench.metrics.protocols.base import Protocol
from cxrbench.metrics.text.means import mean_scores

if TYPE_CHECKING:
    from cxrbench.metrics.bertscore.scorer import Scorer

DEFAULT_MODEL = "microsoft/deberta-xlarge-mnli"


class BertScore(AdditiveMetric):
    """`bertscore_precision`, `bertscore_recall` and `bertscore_f1`: means over pairs (Zhang et al., ICLR 2020).

    Each token of one text is matched to the most similar token (cosine of contextual embeddings) of the other; the
    values equal those of bert-score. The protocol chooses the sections; the text is not transformed. An empty or
    refused hypothesis, and one of blanks alone, scores 0, also after rescaling.

    Weights are never downloaded: without them on this machine every score is null with the reason, and the run is
    complete all the same.

    Args:
        protocol: Chooses the sections that are compared.
        model: A Hugging Face hub id in the local cache, or a folder with config, tokenizer and weights.
        num_layers: The layer whose outputs are compared; by default what bert-score recommends for the hub id.
        idf: Whether tokens are weighted by their inverse document frequency over the references of the task.
            Undefined where no token of a text has a weight, as for a single reference.
        rescale: Whether values are rescaled by the baseline of random sentence pairs.
        baseline: Its table, for models that bert-score ships none for.
        device: A torch device.
        batch_size: Texts encoded at once.

    Raises:
        UsageError: A folder is given without num_layers.
    """

    name = "bertscore"
    protocol: Protocol

    def __init__(
        self,
        protocol: Protocol,
        *,
        model: str = DEFAULT_MODEL,
        num_layers: int | None = None,
        idf: bool = False,
        rescale: bool = False,
        baseline: Path | None = None,
        device: str = "cpu",
        batch_size: int = 64,
    ) -> None:
        self.protocol = protocol
        self.model = model
        self.num_layers = layer_of(model, num_layers)
        self.idf = idf
        self.rescale = rescale
        self.baseline = baseline
        self.device = device
        self.batch_size = batch_size
        self._scorer: Scorer | None = None
        self._absent = ""

    @property
    def scores(self) -> Mapping[str, Direction]:
        return dict.fromkeys(("bertscore_precision", "bertscore_recall", "bertscore_f1"), "higher")

    def signature(self) -> str:
        """Names the model by its hub id, or by the name of its folder."""
        name = Path(self.model).name if Path(self.model).is_dir() else self.model
        packages = "|".join(f"{package}:{version(package)}" for package in ("bert-score", "transformers"))
        rescale = "no" if not self.rescale else "given-table" if self.baseline else "en"
        return (
            f"bertscore|protocol:{self.protocol.name}|reference:{self.protocol.reference}|model:{name}"
            f"|layer:{self.num_layers}|idf:{'references' if self.idf else 'no'}|rescale:{rescale}|{packages}"
            "|empty:0|aggregation:mean"
        )

    def fit(self, references: Sequence[Reference]) -> State:
        """With idf: token id -> inverse document frequency over all usable references; else nothing."""
        if not self.idf:
            return {}
        texts = [text for text in map(self.protocol.reference_text, references) if text is not None]
        scorer = self._load()
        return {"idf": scorer.idf(texts)} if scorer else {}

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        """Columns: n (0 without weights), precision, recall, F1."""
        values = np.zeros((len(pairs), 4))
        scorer = self._load() if len(pairs) else None
        if scorer is not None:
            texts = self.protocol.untransformed(pairs)
            spoken = [row for row, text in enumerate(texts.hypotheses) if text.strip()]
            found = np.zeros((len(pairs), 3))
            raw = scorer.score(
                [texts.hypotheses[row] for row in spoken], [texts.references[row] for row in spoken], state.get("idf")
            )
            found[spoken] = self._rescaled(raw)
            defined = ~np.isnan(found[:, 0])
            values = np.column_stack([defined, np.where(defined[:, None], found, 0.0)])
        return Statistics(("n", "precision", "recall", "f1"), values)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return mean_scores(self.scores, sums)

    def why_undefined(self, score: str) -> str:
        return self._absent or "no example, or none with a token of any weight"

    def _rescaled(self, values: FloatArray) -> FloatArray:
        if not self.rescale:
            return values
        baseline = rescaling_baseline(self.model, self.num_layers, self.baseline)
        return (values - baseline) / (1 - baseline)

    def _load(self) -> Scorer | None:
        """The model, loaded once; None where its weights are not on this machine."""
        if self._scorer is None:
            folder, self._absent = local_folder(self.model)
            if folder is not None:
                from cxrbench.metrics.bertscore.scorer import Scorer

                self._scorer = Scorer(folder, self.num_layers, device=self.device, batch_size=self.batch_size)
        return self._scorer
