import pytest
from iu_folder import small_collection
from killing import Command


@pytest.fixture(scope="session")
def films(tmp_path_factory):
    return small_collection(tmp_path_factory.mktemp("iu"), test=60)


@pytest.fixture
def command(films, tmp_path):
    """`cxrbench run` of a model that answers with the ids of its batch, into a folder of this test."""

    def make(out="runs", *more, seconds=0.01, **options):
        given = [
            item for name, value in {"seconds": seconds, **options}.items() for item in ("-o", f"{name}={value}")
        ]
        return Command(
            *("run", "--model", "worker_models:Model", "--task", "iu-report", "--data-root", films),
            *("--metrics", "bleu,status", "--resamples", 100, "--batch-size", 4, "--out", tmp_path / out),
            *(*given, *more),
        )

    return make
