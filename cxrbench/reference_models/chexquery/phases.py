"""The training phases of each preset, as data.

`base` holds the documented values: 1 alignment (vision and decoder frozen), 2 end to end with low-rank adapters,
3 polish without the auxiliary loss. `tiny` starts without pretrained weights, where phase 1 alone would align
queries with noise; phase 0a therefore teaches the vision encoder to see and phase 0b the decoder to write. For the
same reason its phases 2 and 3 train the whole decoder, and not adapters of it: phase 0b taught it no sides and no
places, because label states have none.
"""

from __future__ import annotations

from dataclasses import replace

from cxrbench.core.errors import UnknownNameError, UsageError
from cxrbench.reference_models.chexquery.learner import AUROC, LABEL_F1, TEXT_LOSS
from cxrbench.reference_models.chexquery.patterns import trainable_patterns
from cxrbench.reference_models.training.phase import Phase


def _base() -> tuple[Phase, ...]:
    return (
        Phase(
            "1",
            epochs=5,
            trainable=trainable_patterns("1"),
            learning_rate=1e-4,
            warmup_steps=200,
            warmup_max_fraction=1.0,
            batch_size=16,
            accumulation=2,
            loss_weights={"gen": 1.0, "aux": 0.5},
            select=AUROC,
        ),
        Phase(
            "2",
            epochs=15,
            trainable=trainable_patterns("2"),
            learning_rate=5e-5,
            warmup_steps=500,
            warmup_max_fraction=1.0,
            batch_size=8,
            accumulation=4,
            loss_weights={"gen": 1.0, "aux": 0.3},
            label_smoothing=0.1,
            select=LABEL_F1,
            validate_every=5,
            options={"adapters": True},
        ),
        Phase(
            "3",
            epochs=5,
            trainable=trainable_patterns("3"),
            learning_rate=2e-5,
            warmup_max_fraction=0.1,
            batch_size=8,
            accumulation=4,
            loss_weights={"gen": 1.0, "aux": 0.0},
            label_smoothing=0.1,
            select=LABEL_F1,
            validate_every=5,
            options={"adapters": True},
        ),
    )


def _tiny() -> tuple[Phase, ...]:
    # The decoder has no pretraining that adapters alone could steer, so phases 2 and 3 train all of it.
    decoder = r"decoder\..*"
    return (
        Phase(
            "0a",
            epochs=6,
            trainable=trainable_patterns("0a"),
            learning_rate=2e-3,
            loss_weights={"aux": 1.0, "global_aux": 0.5, "patch_aux": 1.0},
            weight_decay=0.05,
            select=AUROC,
            options={"warmup": True},
        ),
        Phase(
            "0b",
            epochs=3,
            trainable=trainable_patterns("0b"),
            learning_rate=3e-3,
            loss_weights={"gen": 1.0},
            weight_decay=0.05,
            select=TEXT_LOSS,
            higher_is_better=False,
            options={"warmup": True, "label_memory": True},
        ),
        Phase(
            "1",
            epochs=2,
            trainable=trainable_patterns("1"),
            learning_rate=2e-3,
            loss_weights={"gen": 1.0, "aux": 0.5},
            weight_decay=0.05,
            select=AUROC,
        ),
        Phase(
            "2",
            epochs=5,
            trainable=(*trainable_patterns("2"), decoder),
            learning_rate=2e-3,
            loss_weights={"gen": 1.0, "aux": 0.3},
            label_smoothing=0.1,
            weight_decay=0.05,
            select=LABEL_F1,
            options={"adapters": True},
        ),
        Phase(
            "3",
            epochs=2,
            trainable=(*trainable_patterns("3"), decoder),
            learning_rate=4e-4,
            loss_weights={"gen": 1.0, "aux": 0.0},
            label_smoothing=0.1,
            weight_decay=0.05,
            select=LABEL_F1,
            options={"adapters": True},
        ),
    )


_PHASES = {"base": _base, "tiny": _tiny}


def phases(preset: str, only: str | int | None = None, *, epochs_scale: float = 1.0) -> tuple[Phase, ...]:
    """The phases of a preset, in order.

    Args:
        only: A phase's name; "0" means 0a and 0b. None: all.
        epochs_scale: Multiplies the epochs of each phase; at least one epoch is left.

    Raises:
        UnknownNameError: No such preset or phase.
        UsageError: The scale is not positive.
    """
    if preset not in _PHASES:
        raise UnknownNameError("preset", preset, _PHASES)
    if not epochs_scale > 0:
        raise UsageError(f"epochs_scale must be positive, got {epochs_scale}")
    every = _PHASES[preset]()
    chosen = [phase for phase in every if only is None or str(only) in (phase.name, phase.name.rstrip("ab"))]
    if not chosen:
        raise UnknownNameError("phase", str(only), [phase.name for phase in every], where=f"preset {preset}")
    return tuple(replace(phase, epochs=max(1, round(phase.epochs * epochs_scale))) for phase in chosen)
