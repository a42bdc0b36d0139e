"""Training flushes denormal numbers to zero for its speed; the rest of the process must not notice."""

import numpy as np
import torch

from cxrbench.reference_models.chexquery.train import _without_denormals


def test_denormal_numbers_are_flushed_in_training_and_back_afterwards():
    tiny = torch.tensor([1e-40])
    with _without_denormals():
        flushed = float((tiny * 0.5).item()) == 0.0 or not torch.set_flush_denormal(True)
    assert flushed
    assert float(np.float32(1e-40)) * 0.5 != 0.0
    assert float((tiny * 0.5).item()) != 0.0
