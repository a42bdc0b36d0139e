"""Values that repeat, kept once and referred to by number, so that Arrow columns are built from integers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


class Codes(dict[Any, int]):
    """`codes[value]` is the number of a value, given out in order of first appearance."""

    def __missing__(self, value: Hashable) -> int:
        code = self[value] = len(self)
        return code


class Cached(dict[Any, Any]):
    """A function's results, without the cost of a call for a value seen before."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, value: Hashable) -> Any:
        result = self[value] = self._function(value)
        return result


def spread(values: Sequence[Any], codes: Sequence[int] | NDArray[np.int32], type: pa.DataType) -> pa.Array:
    """The values behind the codes, as an array of the type; values may repeat and be None."""
    import pyarrow as pa

    numbers = np.asarray(codes, np.int32)
    if not pa.types.is_dictionary(type):
        return pa.array(values, type).take(pa.array(numbers))
    # A dictionary must hold each value once and no null.
    distinct = Codes()
    places = np.array([-1 if value is None else distinct[value] for value in values], np.int32)
    indices = places[numbers] if len(places) else numbers
    return pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices < 0), pa.array(distinct, type.value_type))
