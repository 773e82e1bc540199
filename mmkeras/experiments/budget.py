"""How long and how a model of a comparison is trained."""

from __future__ import annotations

import dataclasses

import keras

from mmkeras import _checks

# Of the learning rate, at the end of its cosine.
_LAST_RATE = 0.01


@dataclasses.dataclass(frozen=True)
class Budget:
    """What every model of a comparison gets: AdamW, its rate falling by a cosine.

    Args:
        epochs: passes over the training split.
        batch_size: rows of a batch.
        learning_rate: at the start; a hundredth of it at the end.
        weight_decay: of AdamW.
        modality_dropout: of `build_model`.

    Raises:
        ValueError: for an argument out of its range.
        TypeError: for an argument of another type.

    Example:
        >>> mm.experiments.Budget(epochs=20).batch_size
        64
    """

    epochs: int = 10
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.0
    modality_dropout: float = 0.0

    def __post_init__(self) -> None:
        _checks.check_positive_int("Budget", "epochs", self.epochs)
        _checks.check_positive_int("Budget", "batch_size", self.batch_size)
        _checks.check_positive("Budget", "learning_rate", self.learning_rate)
        for name in ("weight_decay", "modality_dropout"):
            _checks.check_fraction("Budget", name, getattr(self, name))

    def optimizer(self, steps: int) -> keras.Optimizer:
        """A new optimizer for a training of so many steps."""
        rate = keras.optimizers.schedules.CosineDecay(
            self.learning_rate, steps, alpha=_LAST_RATE
        )
        return keras.optimizers.AdamW(rate, weight_decay=self.weight_decay)
