"""How each number of the report was made, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from cxrbench.core.errors import CxrbenchError
from cxrbench.leaderboard.page.names import resampling_unit
from cxrbench.leaderboard.page.text import count
from cxrbench.leaderboard.run_report.contents import RunContents
from cxrbench.metrics.diagnostic.bins import BINS
from cxrbench.metrics.protocols import get_protocol

_REFERENCES = {
    "findings": "the findings section of the reference",
    "findings+impression": "findings and impression of the reference, joined by a blank",
    "labelled": "the reference as “Findings: … Impression: …”",
    "answer": "the gold text of the question, else its gold answer",
}


def methods(contents: RunContents, *, few: int, labelers: Sequence[str], probabilities: bool) -> tuple[str, ...]:
    """Paragraphs of plain sentences.

    Args:
        labelers: Those whose labels the report shows.
        probabilities: Whether the report shows curves of label probabilities.
    """
    return tuple(
        paragraph
        for paragraph in (
            _examples(contents),
            _answers(contents),
            _texts(contents),
            _intervals(contents),
            _strata(few, contents.restricted),
            _labels(labelers),
            _curves(labelers) if probabilities else "",
        )
        if paragraph
    )


def _examples(contents: RunContents) -> str:
    data, identity = contents.run.record["data"], contents.run.record["identity"]
    n, whole = int(contents.run.results["n"]), int(data.get("of", contents.run.results["n"]))
    sentence = f"The run took {_of(n, whole)} of split {identity['split']} of {data['name']}"
    if n < whole:
        sentence += ", drawn by a seeded hash of their ids"
    left = [f"{count(len(ids))} ({reason})" for reason, ids in data.get("excluded", {}).items()]
    if left:
        sentence += f"; the task had excluded before any model ran: {', '.join(left)}"
    shown = ", ".join(identity["inputs"])
    return f"{sentence}. Of each example the model was shown: {shown}."


def _answers(contents: RunContents) -> str:
    counts = contents.run.results["status_counts"]
    failed = int(counts["error"])
    text = (
        "An empty or refused answer is scored as empty text and stays in n: it overlaps with nothing and carries no "
        "label, not even No Finding."
    )
    if failed:
        were = "was" if failed == 1 else "were"
        text += f" {count(failed)} that failed {were} not scored; while there is one, the run is incomplete."
    return text


def _texts(contents: RunContents) -> str:
    sentences = []
    for protocol in contents.results:
        try:
            known = get_protocol(protocol)
        except CxrbenchError:
            continue
        reference = _REFERENCES.get(known.reference, known.reference)
        sentences.append(f"Protocol {protocol} (version {known.version}) compares with {reference}.")
    cut = contents.run.results.get("sections_cut")
    if cut:
        sentences.append(
            f"Under {contents.protocol} sections were cut out of {100 * cut:.1f} % of the answers, by their headings."
        )
    if sentences:
        sentences.append(
            "BLEU, ROUGE, METEOR and CIDEr see the protocol's transformed text; label scores, BERTScore and clinical "
            "terms see it as it was written."
        )
    return " ".join(sentences)


def _intervals(contents: RunContents) -> str:
    results = contents.run.results
    unit = resampling_unit(str(contents.run.record["data"]["name"]))
    return (
        f"Intervals are 95 % percentile bootstrap intervals: {count(int(results.get('resamples', 0)))} resamples of "
        f"{unit} with replacement, seed {results.get('seed', 0)}, the same resamples for all scores. A number whose "
        "denominator is zero is undefined and shown as –, never as 0."
    )


def _strata(few: int, restricted: bool) -> str:
    text = (
        "A stratum is scored on its own examples; its interval comes from resamples of the whole set, so that its "
        "size varies as it would in another sample. An interval that does not contain the overall value is a hint, "
        "not a test: many strata are looked at, and the overall value contains the stratum. "
    )
    if restricted:
        return text + f"The data are restricted: numbers on fewer than {few} examples are suppressed."
    return text + f"Numbers on fewer than {few} examples are grey: do not read them."


def _labels(labelers: Sequence[str]) -> str:
    if not labelers:
        return ""
    names = " and ".join(_labeler(name) for name in labelers)
    return (
        f"Labels are read by {names} from the reference text and from the answer; uncertain counts as the signatures "
        "below say. Sensitivity is the share of the references with a condition whose answer has it too, specificity "
        "the share of those without it whose answer has it neither, precision the share of the answers with it whose "
        "reference has it. They measure the text against the text: what the labeler misreads, it misreads in both."
    )


def _curves(labelers: Sequence[str]) -> str:
    against = f"labels that {_labeler(labelers[0])} reads in the reference text" if labelers else "gold labels"
    return (
        f"ROC and precision-recall curves rank the examples by the predicted probability of a condition, against "
        f"{against}; an answer without a probability counts as 0. Points that change a line by less than 0.3 % of "
        f"the axis are left out of the drawing. Reliability curves show the share of positives in {BINS} equal bins "
        "of probability, with the Wilson 95 % interval of each bin."
    )


def _labeler(name: str) -> str:
    return {"rules": "the embedded rule labeler", "chexbert": "the CheXbert network"}.get(name, f"the labeler {name}")


def _of(n: int, whole: int) -> str:
    return f"all {count(whole)} examples" if n == whole else f"{count(n)} of the {count(whole)} examples"
