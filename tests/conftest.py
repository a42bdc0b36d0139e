"""Shared by all tests: no network, one thread, and where the real data are."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
# On a busy machine the first example of a property may take seconds, for imports alone.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def real_data_root() -> Path | None:
    """$CXRBENCH_DATA, or the shared folder beside the project; None where there is none."""
    named = os.environ.get("CXRBENCH_DATA")
    root = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    return root if root.is_dir() else None


@pytest.fixture
def real_data() -> Path:
    """The folder with the real data sets; the test is skipped where there is none."""
    root = real_data_root()
    if root is None:
        pytest.skip("no real data: set CXRBENCH_DATA")
    return root


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("CXRBENCH_") and name != "CXRBENCH_CACHE":
            monkeypatch.delenv(name)
