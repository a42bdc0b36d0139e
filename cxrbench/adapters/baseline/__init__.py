"""`baseline:NAME`: floors that any real model must beat."""

from __future__ import annotations

from cxrbench.adapters.base import AdapterContext
from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.core.types import Adapter

SUMMARIES = {
    "empty": "says nothing",
    "constant": "the same normal report for every film",
    "majority": "the most frequent findings and impression of the training split",
    "random": "a random report of the training split",
    "retrieval": "the report of the nearest training film (32 x 32 thumbnails)",
}


def create(argument: str | None, context: AdapterContext) -> Adapter:
    """The named baseline.

    Raises:
        UsageError: No name was given.
        UnknownNameError: There is no such baseline.
    """
    if not argument:
        raise UsageError(
            "baseline: needs a name", where="--model", valid=", ".join(f"baseline:{n}" for n in SUMMARIES)
        )
    if argument not in SUMMARIES:
        raise UnknownNameError("baseline", argument, SUMMARIES, where="--model")
    context.check_options(f"baseline:{argument}", ())
    if argument == "retrieval":
        from cxrbench.adapters.baseline.retrieval import RetrievalBaseline

        return RetrievalBaseline(context)
    from cxrbench.adapters.baseline.texts import ConstantBaseline, EmptyBaseline, MajorityBaseline, RandomBaseline

    if argument == "empty":
        return EmptyBaseline()
    if argument == "constant":
        return ConstantBaseline()
    if argument == "majority":
        return MajorityBaseline(context)
    return RandomBaseline(context)
