"""`openai:` against a real server process: answered once each, whatever the server does."""

import json
import subprocess
import time

import numpy as np
import pytest
from openai_requests import films, questions

from cxrbench.adapters.openai_server.cost import Ledger, likely_tokens
from cxrbench.adapters.openai_server.messages import data_url
from cxrbench.adapters.openai_server.settings import Settings
from cxrbench.core.answering import answer
from cxrbench.core.types import Request


def test_each_question_gets_the_answer_to_itself(stub, asked):
    adapter = asked(stub(), kind="vqa")
    found = adapter.predict(questions(40))
    # The default recipe ends a question with an instruction, whose last word the server repeats.
    assert [item.id for item in found] == [f"q{n}" for n in range(40)]
    assert {item.answer for item in found} == {"echo phrase. 1 films"}
    assert found[0].usage == {"prompt_tokens": 100, "completion_tokens": 10}


def test_a_misbehaving_server_costs_no_answer_and_doubles_none(stub, asked):
    server = stub("--chaos", 0.3, "--hang", 3, "--seed", 5)
    adapter = asked(server, kind="vqa", timeout=1, concurrency=32, retries=8)
    found = answer(adapter, questions(300))
    assert [item.status for item in found] == ["ok"] * 300
    stats = server.stats()
    assert {"429", "500", "malformed", "truncated", "closed", "hang", "no-choices", "wrong-type", "html"} <= set(
        stats
    )
    assert stats["answered"] == 300


@pytest.mark.slow
def test_five_thousand_requests_against_a_misbehaving_server(stub, asked):
    server = stub("--chaos", 0.25, "--hang", 1.5, "--seed", 6)
    adapter = asked(server, kind="vqa", timeout=1, concurrency=32, retries=8)
    found = answer(adapter, questions(5000))
    assert [item.id for item in found] == [f"q{n}" for n in range(5000)]
    assert {item.status for item in found} == {"ok"}
    assert server.stats()["answered"] == 5000


def test_no_more_requests_are_under_way_than_allowed(stub, asked):
    server = stub("--latency", 0.05)
    asked(server, kind="vqa", concurrency=5).predict(questions(40))
    assert server.stats()["most_under_way"] == 5


def test_films_are_sent_reduced_and_lossless():
    from base64 import b64decode
    from io import BytesIO

    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 255, (40, 80), np.uint8)
    whole = Image.open(BytesIO(b64decode(data_url(pixels, 100, "png").partition(",")[2])))
    small = Image.open(BytesIO(b64decode(data_url(pixels, 40, "png").partition(",")[2])))
    assert np.array_equal(np.asarray(whole), pixels)
    assert small.size == (40, 20)


def test_a_film_that_is_not_decoded_is_an_error_of_that_example_alone(stub, asked):
    from pathlib import Path

    from cxrbench.core.types import Image

    broken = Request("bad", "vqa", (Image(Path("x.png")),), "Is it?")
    found = asked(stub(), kind="vqa").predict([*questions(2), broken])
    assert [item.status for item in found] == ["ok", "ok", "error"]
    assert "not decoded" in found[2].error


def test_structured_answers_are_asked_for_by_schema_and_read(stub, asked):
    adapter = asked(stub(), kind="vqa", structured=True)
    (found,) = adapter.predict(questions(1))
    assert (found.answer, found.confidence) == ("yes", 0.75)


def test_answers_are_kept_and_errors_never(stub, asked, tmp_path):
    cache = str(tmp_path / "c.sqlite")
    failing = stub("--chaos", 1, "--hang", 0.1)
    first = asked(failing, kind="vqa", cache=cache, retries=0).predict(questions(5))
    assert {item.status for item in first} == {"error"}
    again = asked(failing, kind="vqa", cache=cache, retries=8).predict(questions(5))
    assert {item.status for item in again} == {"ok"}
    before = failing.stats()["requests"]
    third = asked(failing, kind="vqa", cache=cache).predict(questions(5))
    assert [item.answer for item in third] == [item.answer for item in again]
    assert failing.stats()["requests"] == before


@pytest.mark.parametrize("change", [{"temperature": 1}, {"max_new_tokens": 7}, {"max_side": 16}, {"model": "other"}])
def test_another_setting_is_another_key_of_the_cache(stub, asked, tmp_path, change):
    server, cache = stub(), str(tmp_path / "c.sqlite")
    large = [Request("q", "vqa", films(side=64), "Is it?")]
    for options in ({}, change):
        asked(server, kind="vqa", cache=cache, **options).predict(large)
    assert server.stats()["requests"] == 2


def test_another_film_is_another_key_of_the_cache(stub, asked, tmp_path):
    server = stub()
    adapter = asked(server, kind="vqa", cache=str(tmp_path / "c.sqlite"))
    adapter.predict([Request("a", "vqa", films(2)[:1], "Is it?"), Request("b", "vqa", films(2)[1:], "Is it?")])
    assert server.stats()["requests"] == 2


def test_a_damaged_cache_is_a_clear_error(asked, stub, tmp_path):
    from cxrbench.core.jsonio import StorageError

    (tmp_path / "c.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError, match="cannot be opened"):
        asked(stub(), cache=str(tmp_path / "c.sqlite"))


def test_a_wrong_key_is_asked_about_once_and_appears_nowhere(stub, asked, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1234567890")
    server = stub("--expect-key", "another")
    adapter = asked(server, kind="vqa", concurrency=1)
    found = adapter.predict(questions(10))
    assert {item.status for item in found} == {"error"}
    assert server.stats()["requests"] == 1
    assert "HTTP 401" in found[0].error
    shown = " ".join([found[0].error, repr(adapter.settings), json.dumps(adapter.describe().fingerprint)])
    assert "secret" not in shown
    assert "1234567890" not in shown


def test_no_server_is_an_error_of_each_example_that_says_so(asked):
    (found,) = asked("http://127.0.0.1:9/v1", kind="vqa", retries=1).predict(questions(1))
    assert found.status == "error"
    assert "connection failed" in found.error
    assert "2 tries" in found.error


def test_a_run_survives_being_killed_and_asks_nothing_twice(stub, tmp_path):
    import sys

    server = stub("--latency", 0.02)
    root = tmp_path / "iu"
    from iu_folder import small_collection

    small_collection(root, test=40)
    command = [
        sys.executable, "-m", "cxrbench.cli.main", "run", "--model", "openai:tiny", "--base-url", server.base_url,
        "--task", "iu-report", "--data-root", str(root), "--metrics", "status", "--resamples", "100",
        "-o", f"cache={tmp_path / 'c.sqlite'}", "-o", "concurrency=2", "--out", str(tmp_path / "runs"),
    ]  # fmt: skip
    code = "import sys; from cxrbench.cli.main import main; main(sys.argv[1:])"
    command[1:3] = ["-c", code]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while server.stats().get("answered", 0) < 10:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # Two requests at most were under way when the process died: their answers were lost, and they were asked again.
    assert 40 <= server.stats()["requests"] <= 42


def test_a_refusal_is_no_answer_and_no_error(asked):
    from cxrbench.adapters.openai_server.asking import Reply

    adapter = asked("http://127.0.0.1:9/v1", kind="vqa")
    found = adapter._prediction(questions(1)[0], Reply("I cannot help with that.", refused=True))
    assert (found.status, found.text, found.answer) == ("refused", None, None)


def test_spending_ends_at_the_limit_and_says_so(stub, asked):
    server = stub()
    adapter = asked(server, kind="vqa", concurrency=1, price_in=10_000, price_out=0, max_cost=3)
    found = adapter.predict(questions(10))
    # 100 tokens at $10,000 a million are $1 each.
    assert [item.status for item in found] == ["ok"] * 3 + ["error"] * 7
    assert "cost limit reached: 3.0000 of 3 dollars are spent" in found[-1].error
    assert found[0].usage["cost"] == 1.0
    assert server.stats()["requests"] == 3


def test_an_estimate_counts_words_films_and_the_longest_answer(asked):
    adapter = asked("http://127.0.0.1:9/v1", price_in=1e6, price_out=1e6, max_new_tokens=50)
    tokens, dollars = adapter.estimate(Request("a", "report", films(side=600), "x" * 400))
    assert tokens >= 100 + 85 + 4 * 170
    assert dollars == tokens + 50
    assert likely_tokens("x" * 8, [(512, 512), (513, 1)]) == 2 + 2 * 85 + 3 * 170


def test_a_ledger_without_prices_knows_no_price():
    ledger = Ledger(Settings("m", "http://localhost/v1", "none"))
    ledger.add(10, 10)
    assert ledger.price(10, 10) is None
    assert (ledger.prompt_tokens, ledger.cost) == (10, 0.0)
    assert not ledger.exhausted
