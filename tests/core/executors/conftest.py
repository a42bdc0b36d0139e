from dataclasses import replace

import pytest
from iu_folder import small_collection

import cxrbench


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    root = small_collection(tmp_path_factory.mktemp("iu"), test=20)
    return cxrbench.RunConfig(
        "worker_models:Model", "iu-report", root, metrics=("bleu", "status"), resamples=100, batch_size=4
    )


@pytest.fixture(scope="session")
def cluster():
    """A local cluster that all tests of this folder share, as a caller's own would be."""
    pytest.importorskip("ray")
    from cxrbench.core.executors.ray_session import RaySession

    session = RaySession("local", 2)
    yield session
    session.close()


@pytest.fixture
def local(small, tmp_path):
    return replace(small, out=tmp_path / "local")


@pytest.fixture
def ray_config(small, cluster, tmp_path):
    return replace(small, out=tmp_path / "ray", executor="ray", workers=2)
