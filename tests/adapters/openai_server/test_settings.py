"""What is refused before anything is sent."""

from pathlib import Path

import pytest

from cxrbench.adapters.openai_server.settings import is_loopback, read_settings
from cxrbench.core.errors import UsageError

LOCAL = {"base_url": "http://localhost:8000/v1"}


def settings(**options):
    return read_settings("m", options, Path("cache"))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.9.1", "::1"])
def test_loopback_is_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example.com", "10.0.0.1", "192.168.1.2", "0.0.0.0", "::", "example.com"])
def test_nothing_else_is(host):
    assert not is_loopback(host)


def test_a_server_of_this_machine_needs_no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert not settings(**LOCAL).remote


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_url": "https://api.example.com/v1"}, "no API key"),
        ({"base_url": "ftp://x"}, "base URL"),
        ({"base_url": "localhost:8000"}, "base URL"),
        ({"base_url": "https://user:pass@example.com/v1"}, "must not hold a password"),
        ({**LOCAL, "api_key": "sk-1"}, "does not belong on the command line"),
        ({**LOCAL, "max_cost": 1}, "needs the prices"),
        ({**LOCAL, "concurrency": 0}, "concurrency is 0"),
        ({**LOCAL, "timeout": "long"}, "timeout is 'long'"),
        ({**LOCAL, "temperature": True}, "temperature is True"),
        ({**LOCAL, "image_format": "gif"}, "image format 'gif'"),
        ({**LOCAL, "extra_body": 3}, "extra_body is 3"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(options, message, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UsageError, match=message):
        settings(**options)


def test_an_unencrypted_remote_address_is_refused_even_with_a_key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    with pytest.raises(UsageError, match="not encrypted"):
        settings(base_url="http://example.com/v1")


def test_the_key_comes_from_the_variable_that_is_named_and_is_not_shown(monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-123456")
    found = settings(base_url="https://example.com/v1", api_key_env="MY_KEY")
    assert found.api_key == "sk-123456"
    assert "123456" not in repr(found)
    assert found.remote


@pytest.mark.parametrize(
    ("value", "expected"), [(False, None), (True, Path("cache")), ("x.sqlite", Path("x.sqlite"))]
)
def test_the_cache_is_a_default_file_another_or_none(value, expected):
    assert settings(**LOCAL, cache=value).cache == expected
