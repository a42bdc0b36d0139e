"""`baseline:NAME`: floors that any real model must beat."""

from __future__ import annotations

from collections.abc import Callable

from cxrbench.adapters.base import AdapterContext
from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.core.types import Adapter

Make = Callable[[AdapterContext], Adapter]
SUMMARIES = {
    "empty": "says nothing",
    "constant": "the same normal report for every film; yes to every question",
    "majority": "the most frequent findings and impression of the training split; its most frequent answer per type",
    "random": "a random report of the training split; the answer to a random training question of the same type",
    "retrieval": "the report, or the answer to the nearest question, of the nearest training image (32 x 32 pixels)",
    "blind": "text only: the training report with the nearest indication, the answer to the nearest question",
}


def create(argument: str | None, context: AdapterContext) -> Adapter:
    """The named baseline, in its form for reports or for questions.

    Raises:
        UsageError: No name was given.
        UnknownNameError: There is no such baseline.
        DataError: It learns from the training split, and the data have none.
    """
    if not argument:
        raise UsageError(
            "baseline: needs a name", where="--model", valid=", ".join(f"baseline:{n}" for n in SUMMARIES)
        )
    if argument not in SUMMARIES:
        raise UnknownNameError("baseline", argument, SUMMARIES, where="--model")
    context.check_options(f"baseline:{argument}", ())
    if argument == "empty":
        from cxrbench.adapters.baseline.texts import EmptyBaseline

        return EmptyBaseline()
    return _answering(argument, context) if context.kind == "vqa" else _reporting(argument, context)


def _reporting(name: str, context: AdapterContext) -> Adapter:
    from cxrbench.adapters.baseline.blind import BlindReport
    from cxrbench.adapters.baseline.retrieval import RetrievedReport
    from cxrbench.adapters.baseline.texts import ConstantBaseline, MajorityBaseline, RandomBaseline

    if name == "constant":
        return ConstantBaseline()
    made: dict[str, Make] = {
        "majority": MajorityBaseline,
        "random": RandomBaseline,
        "retrieval": RetrievedReport,
        "blind": BlindReport,
    }
    return made[name](context)


def _answering(name: str, context: AdapterContext) -> Adapter:
    from cxrbench.adapters.baseline.answers import ConstantAnswer, MajorityAnswer, RandomAnswer
    from cxrbench.adapters.baseline.blind import BlindAnswer
    from cxrbench.adapters.baseline.retrieval import RetrievedAnswer

    if name == "constant":
        return ConstantAnswer()
    made: dict[str, Make] = {
        "majority": MajorityAnswer,
        "random": RandomAnswer,
        "retrieval": RetrievedAnswer,
        "blind": BlindAnswer,
    }
    return made[name](context)
