"""Both losses against PyTorch's own and against formulas written out."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from cxrbench.reference_models.chexquery.losses import (
    IGNORE,
    auxiliary_cross_entropy,
    positive_weights,
    token_cross_entropy,
)


@given(seed=st.integers(0, 1000), smoothing=st.sampled_from([0.0, 0.1, 0.5]), chunk=st.integers(1, 20))
def test_token_loss_is_pytorchs_mean_over_kept_positions(seed, smoothing, chunk):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(3, 5, 11, generator=generator) * 3
    labels = torch.randint(0, 11, (3, 5), generator=generator)
    labels[torch.rand(3, 5, generator=generator) < 0.4] = IGNORE
    labels[0, 0] = 4
    got = token_cross_entropy(logits, labels, smoothing, chunk)
    expected = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORE, label_smoothing=smoothing)
    torch.testing.assert_close(got.mean, expected, atol=1e-5, rtol=1e-5)
    assert int(got.terms) == int((labels != IGNORE).sum())


def test_halves_of_a_batch_add_up_to_the_whole():
    torch.manual_seed(0)
    logits, labels = torch.randn(4, 6, 9), torch.randint(0, 9, (4, 6))
    labels[:3, 2:] = IGNORE
    whole = token_cross_entropy(logits, labels, 0.1)
    halves = [token_cross_entropy(logits[i : i + 2], labels[i : i + 2], 0.1) for i in (0, 2)]
    torch.testing.assert_close(sum(h.total for h in halves) / sum(h.terms for h in halves), whole.mean)


def test_bfloat16_logits_are_summed_in_float32():
    logits = torch.zeros(1, 4000, 3, dtype=torch.bfloat16)
    loss = token_cross_entropy(logits, torch.zeros(1, 4000, dtype=torch.long))
    assert loss.total.dtype == torch.float32
    assert float(loss.total) == pytest.approx(4000 * math.log(3), rel=1e-4)


def test_a_batch_without_targets_costs_nothing_and_still_has_a_gradient():
    logits = torch.randn(1, 2, 5, requires_grad=True)
    loss = token_cross_entropy(logits, torch.full((1, 2), IGNORE)).mean
    assert float(loss.detach()) == 0.0


def test_auxiliary_loss_is_a_mean_over_batch_and_conditions():
    torch.manual_seed(0)
    logits, targets = torch.randn(5, 14), torch.randint(0, 2, (5, 14))
    got = auxiliary_cross_entropy(logits, targets)
    p = torch.sigmoid(logits)
    by_hand = -(targets * p.log() + (1 - targets) * (1 - p).log()).mean()
    torch.testing.assert_close(got.mean, by_hand)
    assert int(got.terms) == 70


def test_masked_cells_do_not_count():
    torch.manual_seed(0)
    logits, targets = torch.randn(5, 14), torch.randint(0, 2, (5, 14))
    mask = torch.rand(5, 14) < 0.5
    got = auxiliary_cross_entropy(logits, targets, mask=mask)
    expected = F.binary_cross_entropy_with_logits(logits[mask], targets[mask].float())
    torch.testing.assert_close(got.mean, expected)


def test_positive_weights_are_clipped_ratios():
    targets = torch.zeros(100, 4)
    targets[:50, 0] = 1
    targets[:20, 1] = 1
    targets[:1, 2] = 1
    assert positive_weights(targets).tolist() == [1.0, 4.0, 10.0, 1.0]
    weighted = auxiliary_cross_entropy(torch.zeros(1, 4), torch.ones(1, 4), pos_weight=positive_weights(targets))
    assert float(weighted.total) == pytest.approx(16 * math.log(2), rel=1e-5)
