"""Examples that are built only when they are wanted, so that a small sample of a huge split costs little."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, overload

from cxrbench.core.types import Example

_BLOCK: Final = 16_384
"""Examples built at once: few enough for memory, enough that what is read together is read once."""


class LazyExamples(Sequence[Example]):
    """Examples of which only the ids are known.

    Nothing is kept: whoever needs the examples twice keeps what `take` or the iteration gives.

    Args:
        ids: Of all examples, in the data set's order, each once.
        build: Positions -> their examples, in the order asked for.
    """

    def __init__(self, ids: Sequence[str], build: Callable[[Sequence[int]], Sequence[Example]]) -> None:
        self.ids = ids
        self._build = build

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> Example: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...

    def __getitem__(self, index: int | slice) -> Example | Sequence[Example]:
        chosen = range(len(self.ids))[index]
        return self._build([chosen])[0] if isinstance(chosen, int) else self._build(chosen)

    def __iter__(self) -> Iterator[Example]:
        yield from self._blocks(range(len(self.ids)))

    def take(self, ids: Iterable[str]) -> list[Example]:
        """The examples of these ids, in their order."""
        wanted = list(ids)
        needed = set(wanted)
        # In the data set's order, so that what lies together in a file is read together.
        places = [place for place, name in enumerate(self.ids) if name in needed]
        found = {example.id: example for example in self._blocks(places)}
        return [found[name] for name in wanted]

    def within(self, ids: Iterable[str]) -> LazyExamples:
        """Those of these ids, in the data set's order, again built only when they are wanted."""
        needed = set(ids)
        places = [place for place, name in enumerate(self.ids) if name in needed]
        return LazyExamples(
            [self.ids[place] for place in places], lambda chosen: self._build([places[place] for place in chosen])
        )

    def _blocks(self, places: Sequence[int]) -> Iterator[Example]:
        """Built some thousands at a time: what building needs besides must not grow with the number of examples."""
        for start in range(0, len(places), _BLOCK):
            yield from self._build(places[start : start + _BLOCK])


def example_ids(examples: Sequence[Example]) -> Sequence[str]:
    """The ids, without building an example where that can be avoided."""
    return examples.ids if isinstance(examples, LazyExamples) else [example.id for example in examples]


def examples_within(examples: Sequence[Example], ids: Iterable[str]) -> Sequence[Example]:
    """The examples of these ids in the data set's order, without building one where that can be avoided."""
    if isinstance(examples, LazyExamples):
        return examples.within(ids)
    needed = set(ids)
    return [example for example in examples if example.id in needed]


def take_examples(examples: Sequence[Example], ids: Iterable[str]) -> list[Example]:
    """The examples of these ids, in their order."""
    if isinstance(examples, LazyExamples):
        return examples.take(ids)
    by_id = {example.id: example for example in examples}
    return [by_id[name] for name in ids]
