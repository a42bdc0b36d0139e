from __future__ import annotations

from pathlib import Path

import pytest
from documented import QUESTIONS, SEED, STUDIES

from cxrbench.datasets.phantom.qba.writer import write_mimic_phantom


@pytest.fixture(scope="session")
def mimic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A phantom of MIMIC with films."""
    root = tmp_path_factory.mktemp("mimic") / "phantom"
    write_mimic_phantom(root, studies=STUDIES, seed=SEED, questions=QUESTIONS, workers=1)
    return root


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A larger one without films, unpacked."""
    root = tmp_path_factory.mktemp("corpus") / "phantom"
    write_mimic_phantom(root, studies=110, seed=2, questions=110, films=False, unpacked=True, workers=1)
    return root
