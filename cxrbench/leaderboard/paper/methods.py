"""The methods paragraph: how the numbers of a table were made, in sentences that can be pasted and edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cxrbench.leaderboard.page.names import resampling_unit, score_title
from cxrbench.leaderboard.paper.signatures import label_conventions, parts
from cxrbench.leaderboard.paper.table import PaperTable

_DATA = {
    "iu-xray": "the Indiana University chest X-ray collection",
    "vqa-rad": "VQA-RAD",
    "slake": "SLAKE",
    "mimic-qba": "MIMIC-Ext-CXR-QBA",
    "mimic-cxr": "MIMIC-CXR",
}
_TEXTS = {
    "findings": "the findings",
    "findings+impression": "the findings and the impression",
    "impression": "the impression",
}
_FAMILIES: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "bleu": lambda known: "BLEU is corpus BLEU with the closest reference length and no smoothing (pycocoevalcap)",
    "rouge": lambda known: (
        "ROUGE is the mean F1 of rouge-score" + (" with Porter stemming" if known.get("stemmer") == "porter" else "")
    ),
    "rouge_l_coco": lambda known: "ROUGE-L (COCO) is the mean over examples with beta = 1.2 (pycocoevalcap)",
    "meteor": lambda known: "METEOR is version 1.5 (Java), corpus level",
    "cider": lambda known: (
        "CIDEr takes its document frequencies from the references of the examples scored (sigma = 6, pycocoevalcap)"
    ),
}


def methods(table: PaperTable) -> str:
    """One paragraph of plain text; every statement in it follows from the runs."""
    first = table.first
    record, results = first.record, first.results
    identity, data = record["identity"], record["data"]
    units = resampling_unit(data["name"])
    dataset = data["name"].removesuffix("-phantom")
    name = "a phantom (drawn pictures) in the format of " if data["phantom"] else ""
    excluded = sum(len(ids) for ids in data["excluded"].values())
    sentences = [
        f"{_models(table)} evaluated on {name}{_DATA.get(dataset, dataset)}, split {identity['split']}, "
        f"n = {table.n:,} examples in {table.groups:,} {units}"
        + (f"; {excluded:,} were excluded before any model ran" if excluded else "")
        + ".",
        f"Texts were prepared by protocol {results['protocol']} of cxrbench{_reference(table)}.",
    ]
    told: set[str] = set()
    for score in table.scores:
        known = parts(table.signatures[score])
        family = known[""]
        if family in _FAMILIES and family not in told:
            told.add(family)
            sentences.append(f"{_FAMILIES[family](known)}.")
    sentences += [f"{sentence}." for sentence in label_conventions(table.signatures)]
    single = [row for row in table.rows if len(row.runs) == 1]
    if single:
        sentences.append(
            f"Intervals are 95 % percentile intervals from {results['resamples']:,} bootstrap resamples of {units}."
        )
    if table.seeds:
        counts = sorted({len(row.runs) for row in table.rows if len(row.runs) > 1})
        sentences.append(
            f"Rows of several runs ({' or '.join(map(str, counts))} each) give mean and standard deviation over runs."
        )
    if table.tests:
        method = "Holm's step-down method" if table.correction == "holm" else "Bonferroni's method"
        sentences.append(
            f"Each row was compared with the best one by two-sided paired approximate randomisation over {units} "
            f"({table.resamples:,} exchanges; p = (c + 1) / (trials + 1)), corrected by {method} "
            f"for {table.tests} tests."
        )
        if table.seeds:
            sentences.append(
                "Where a row stands for several runs, p comes from the bootstrap distribution of the difference of "
                "the mean scores."
            )
    if any(
        run.results["status_counts"][key] for row in table.rows for run in row.runs for key in ("empty", "refused")
    ):
        sentences.append("Empty and refused answers were scored as empty text and kept in n.")
    commit = record["provenance"].get("git_commit")
    sentences.append(
        f"Scores were computed by cxrbench {record['provenance']['cxrbench']}"
        + (f" (revision {commit})" if commit else "")
        + f"; data fingerprint {identity['data'][:12]}."
    )
    return " ".join(sentences)


def signature_lines(table: PaperTable) -> list[str]:
    """Title and signature of every score, for a supplement."""
    return [f"{score_title(score)}: {table.signatures[score]}" for score in table.scores]


def _models(table: PaperTable) -> str:
    count = len(table.rows)
    return "One model was" if count == 1 else f"{count} models were"


def _reference(table: PaperTable) -> str:
    found = {parts(signature).get("reference") for signature in table.signatures.values()} - {None}
    if len(found) != 1:
        return ""
    reference = str(found.pop())
    return f"; the reference is {_TEXTS[reference]}" if reference in _TEXTS else ""
