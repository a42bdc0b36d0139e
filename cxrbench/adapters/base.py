"""What an adapter may know of the run it serves, and how a model spec becomes an adapter."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cxrbench.core.errors import UsageError
from cxrbench.core.registry import ADAPTERS
from cxrbench.core.types import Adapter, Example, Kind


def _no_training() -> Sequence[Example]:
    return ()


@dataclass(frozen=True)
class AdapterContext:
    """What the run tells an adapter. Nothing here belongs to the examples it will be asked about.

    Attributes:
        training: The examples of the task's training split, read when called.
        dataset: Name of the data set, as it stands in `ModelInfo.trained_on`.
        device: "cpu", "cuda", ...; None lets the adapter choose.
        options: Adapter options from the command line, for example {"num_beams": 4}.
    """

    task: str
    kind: Kind
    dataset: str = ""
    training: Callable[[], Sequence[Example]] = _no_training
    device: str | None = None
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)

    def check_options(self, adapter: str, known: Sequence[str]) -> None:
        """Refuse options that the adapter would ignore.

        Raises:
            UsageError: An option is not among the `known` ones.
        """
        unknown = sorted(set(self.options) - set(known))
        if unknown:
            raise UsageError(
                f"model {adapter} has no option {', '.join(unknown)}",
                valid=", ".join(known) or "(none)",
                hint="leave it out",
            )


AdapterFactory = Callable[[str | None, AdapterContext], Adapter]
"""(what follows the colon in the spec, context) -> adapter."""


def create_adapter(spec: str, context: AdapterContext) -> Adapter:
    """The adapter that a model spec names.

    `name` and `name:argument` are looked up among the registered adapters; any other `module:Class` is imported
    and called without arguments, or with the context where its constructor takes a parameter named `context`.

    Raises:
        UnknownNameError: No adapter has this name.
        UsageError: The class cannot be imported, or does not fulfil the adapter protocol.
    """
    name, separator, argument = spec.partition(":")
    if name in ADAPTERS.names():
        factory: AdapterFactory = ADAPTERS.load(name, where="--model")
        return factory(argument if separator else None, context)
    target = ADAPTERS.load(spec, where="--model")
    adapter = target
    if callable(target) and (inspect.isclass(target) or not hasattr(target, "predict")):
        context.check_options(spec, _parameters(target))
        wanted = dict(context.options)
        if "context" in _parameters(target):
            wanted["context"] = context
        adapter = target(**wanted)
    if not isinstance(adapter, Adapter):
        raise UsageError(
            f"{spec} is not an adapter: it needs the methods describe() and predict(requests)",
            where="--model",
            hint="see docs/adapters.md for an example of 15 lines",
        )
    return adapter


def close_adapter(adapter: Adapter) -> None:
    """Call the adapter's `close()`, where it has one: it ends a program, a connection, a pool."""
    close = getattr(adapter, "close", None)
    if callable(close):
        close()


def _parameters(target: Callable[..., Any]) -> list[str]:
    try:
        return [name for name in inspect.signature(target).parameters if name != "self"]
    except (TypeError, ValueError):
        return []
