"""Random damage to good inputs: of bytes, and of JSON values inside their structure."""

import json
import random

_ODD = (
    None, True, 0, -1, 10**30, 1.5, float("1e308"), "", " ", "NULL", "\x00", "\u202e", "x" * 2000, [], {}, [[]],
    [None], {"": None}, "é漢", "1", "nan", [1, 2], [1, 2, 3, 4, 5], "../../x", "=1+1",
)  # fmt: skip
_BYTES = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\n",
    b'"',
    b",",
    b"{",
    b"]",
    b"\\",
    b"\x80",
    b"NaN",
    b"1e999",
    b"-",
    b"\r\n",
)


def mutated(seed: bytes, rng: random.Random) -> bytes:
    """One damaged copy; JSON is damaged inside its structure half of the time."""
    if rng.random() < 0.5:
        try:
            value = json.loads(seed.splitlines()[0])
        except (ValueError, IndexError):
            pass
        else:
            for _ in range(rng.randint(1, 3)):
                value = _damaged(value, rng)
            return json.dumps(value).encode("utf-8", "surrogatepass")
    data = bytearray(seed)
    for _ in range(rng.randint(1, 4)):
        _damage(data, rng)
    return bytes(data)


def _damage(data: bytearray, rng: random.Random) -> None:
    place = rng.randint(0, len(data))
    way = rng.randrange(5)
    if way == 0 and data:
        data[min(place, len(data) - 1)] = rng.randrange(256)
    elif way == 1:
        del data[place:]
    elif way == 2:
        del data[place : place + rng.randint(1, 8)]
    elif way == 3:
        data[place:place] = rng.choice(_BYTES)
    else:
        start = rng.randint(0, len(data))
        data[place:place] = data[start : start + rng.randint(1, 40)]


def _damaged(value, rng):
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(sorted(value))
        way = rng.randrange(6)
        if way == 0:
            return {name: item for name, item in value.items() if name != key}
        if way == 1:
            return {**value, str(rng.choice(_ODD)): value[key]}
        return {**value, key: _damaged(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.85:
        place = rng.randrange(len(value))
        if rng.random() < 0.2:
            return [*value, value[place]]
        return [*value[:place], _damaged(value[place], rng), *value[place + 1 :]]
    return rng.choice(_ODD)
