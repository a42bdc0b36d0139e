"""How the number of requests under way follows what the server bears."""

import asyncio

import pytest

from cxrbench.adapters.openai_server.pace import Pace


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_the_first_sign_of_overload_cuts_and_those_under_way_say_nothing_new():
    clock = Clock()
    pace = Pace(16, clock)
    clock.now = 10.0
    for _ in range(8):
        pace.overloaded(began=9.0)
    assert pace.limit == pytest.approx(16 * 0.7)
    clock.now = 12.0
    pace.overloaded(began=11.0)
    assert pace.limit == pytest.approx(16 * 0.7 * 0.7)


def test_answers_raise_the_limit_by_one_per_round_up_to_the_most():
    pace = Pace(16, Clock())
    pace.limit = 4.0
    for _ in range(5):
        pace.answered()
    assert 5 <= pace.limit < 5.3
    for _ in range(1000):
        pace.answered()
    assert pace.limit == 16


def test_the_limit_never_falls_below_one():
    clock = Clock()
    pace = Pace(2, clock)
    for second in range(10):
        clock.now = second + 1.0
        pace.overloaded(began=clock.now)
    assert pace.limit == 1


@pytest.mark.parametrize(("asked", "granted"), [(0.2, 0.2), (-5, 0.0), (1e9, 60.0)])
def test_a_server_that_names_a_time_is_not_asked_before_it(asked, granted, monkeypatch):
    clock, slept = Clock(), []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr("cxrbench.adapters.openai_server.pace.asyncio.sleep", sleep)

    async def run():
        pace = Pace(2, clock)
        pace.overloaded(0.0, retry_after=asked)
        async with pace.slot():
            pass

    asyncio.run(run())
    assert slept == ([] if granted == 0 else [granted])
