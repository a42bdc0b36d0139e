"""Exact match of short answers, and the share of yes/no questions that got neither yes nor no."""

from __future__ import annotations

from collections.abc import Mapping

from cxrbench.core.types import Direction, Reference
from cxrbench.metrics.base import AdditiveMetric, FloatArray, Pairs, State, Statistics
from cxrbench.metrics.vqa.answers import given_answer, has_gold_answer, is_yes_no, right_answers
from cxrbench.metrics.vqa.means import mean_statistics, ratio
from cxrbench.metrics.vqa.normalise import parse_yes_no

NORMAL_FORM = "normalise:nfkc,lower,nopunct,noarticles,digits"


class ExactMatch(AdditiveMetric):
    """Share of gold answers that were given exactly.

    Compared is `answer`, else the text. A gold answer of yes or no is held against the one that `parse_yes_no` finds;
    any other must be equal as a whole string after `normalise_answer`. Counted is every question with a gold answer.
    An empty or refused answer is wrong.
    """

    name = "exact_match"
    questions = "all"

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {self.name: "higher"}

    def signature(self) -> str:
        return f"exact_match|questions:{self.questions}|{NORMAL_FORM}|yesno:first_word,unparsable_wrong|version:1"

    def usable(self, reference: Reference) -> bool:
        return has_gold_answer(reference)

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        return mean_statistics(("correct",), right_answers(pairs))

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return {self.name: ratio(sums[:, 1], sums[:, 0])}

    def why_undefined(self, score: str) -> str:
        which = "" if self.questions == "all" else f"{self.questions} "
        return f"no {which}question with a gold answer"


class ExactMatchClosed(ExactMatch):
    """Exact match of the questions that the data set calls closed."""

    name = "exact_match_closed"
    questions = "closed"

    def usable(self, reference: Reference) -> bool:
        return reference.closed is True and has_gold_answer(reference)


class ExactMatchOpen(ExactMatch):
    """Exact match of the questions that the data set calls open."""

    name = "exact_match_open"
    questions = "open"

    def usable(self, reference: Reference) -> bool:
        return reference.closed is False and has_gold_answer(reference)


class UnparsableRate(AdditiveMetric):
    """Share of the yes/no questions whose answer is neither yes nor no by the grammar of `parse_yes_no`.

    Exact match counts these answers as wrong. An empty or refused answer is unparsable.
    """

    name = "unparsable"

    @property
    def scores(self) -> Mapping[str, Direction]:
        return {"unparsable_rate": "lower"}

    def signature(self) -> str:
        return "unparsable_rate|questions:gold_yes_or_no|yesno:first_word|version:1"

    def usable(self, reference: Reference) -> bool:
        return is_yes_no(reference)

    def measure(self, pairs: Pairs, state: State) -> Statistics:
        known: dict[str, bool] = {}
        found: list[bool] = []
        for prediction in pairs.predictions:
            given = given_answer(prediction)
            unparsable = known.get(given)
            if unparsable is None:
                unparsable = known[given] = parse_yes_no(given) is None
            found.append(unparsable)
        return mean_statistics(("unparsable",), found)

    def score(self, sums: FloatArray) -> dict[str, FloatArray]:
        return {"unparsable_rate": ratio(sums[:, 1], sums[:, 0])}

    def why_undefined(self, score: str) -> str:
        return "no question whose gold answer is yes or no"
