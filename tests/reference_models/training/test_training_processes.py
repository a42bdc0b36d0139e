import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from toy_learner import ToyLearner, toy_phase

from cxrbench.reference_models.training.history import read_history
from cxrbench.reference_models.training.loop import train
from cxrbench.reference_models.training.phase import Plan
from cxrbench.reference_models.training.state import read_pointer

SCRIPT = """
import sys
from pathlib import Path
import torch
import test_training_processes as here
torch.set_num_threads(1)
here.run(Path(sys.argv[1]))
torch.distributed.destroy_process_group()
"""


def run(out: Path) -> None:
    """Two epochs without any per-process randomness: dropout and batch statistics are those of a frozen trunk."""
    learner = ToyLearner(samples=21)
    for module in learner.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    phase = toy_phase(epochs=2, batch_size=3, accumulation=2, trainable=(r"head\..*",), validate_every=2)
    train(learner, Plan((phase,), seed=5, log_every=1), out, {"model": "toy"}, device="cpu")


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    common = {
        **os.environ,
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(__file__).parent),
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path / "two")],
            env={**common, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    errors = [process.communicate(timeout=240)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], errors
    run(tmp_path / "one")
    one, two = (
        load_file(read_pointer(tmp_path / name / "last.json") / "model.safetensors") for name in ("one", "two")
    )
    # 21 samples: with two processes the last step of an epoch has 2 of its 3 samples, so epochs differ there.
    left, right = (
        [record["losses"] for record in read_history(tmp_path / name) if record["event"] == "step"]
        for name in ("one", "two")
    )
    assert len(left) == len(right) == 8
    for step in range(3):
        assert left[step] == pytest.approx(right[step], rel=1e-4)
    assert one.keys() == two.keys()
