"""One class of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import keras
import numpy as np
from pydantic import Field, field_validator, model_validator

from mmkeras._cells import as_text, is_missing
from mmkeras._checks import did_you_mean
from mmkeras._frozen import not_learned, wrong
from mmkeras.figures import ClassificationFigures
from mmkeras.tasks._class_crossentropy import ClassCrossentropy
from mmkeras.tasks._classes import ClassTask

if TYPE_CHECKING:
    import tensorflow as tf

BALANCED = "balanced"


class Classification(ClassTask):
    """One class of several, two or more, by softmax and cross-entropy.

    Against classes of unequal size: `class_weights`, which weighs the loss alone,
    so that figures stay those of the rows as they come; `focal_gamma`, which takes
    weight from rows that are answered well already; or `weight_column`, which
    weighs rows in the loss and in every figure.

    Args:
        type: `"classification"`.
        column: the column of class names.
        optional: whether a row may lack its label.
        weight_column: a column of row weights.
        weight: what the task's loss counts beside those of other tasks.
        hidden_units: units of the head's hidden layer; 0 for none.
        dropout: fraction of the fused embedding dropped in training.
        classes: the names in order; those of the training split, sorted, if not
            given.
        label_smoothing: probability that training spreads evenly over all classes
            instead of the label's, at least 0 and below 1 (Szegedy et al., 2016,
            section 7). Against overconfidence where rows are few or labels doubtful.
        focal_gamma: exponent of `(1 - p)` in the focal loss (Lin et al., 2017,
            arXiv:1708.02002), at least 0; 2 is usual, 0 is cross-entropy.
        class_weights: what each class counts in the loss, by name, above 0; those
            left out count 1. `"balanced"`: `rows / (classes * rows of the class)` of
            the training split, so that all classes count the same together.
        positive: of two classes, the one whose precision, recall and F1 are
            reported; the second if not given.

    Example:
        >>> task = Classification(column="label", classes=("cat", "dog"))
        >>> task.encode("dog"), task.answers(np.array([[0.9, 0.1]])).tolist()
        (1, ['cat'])
    """

    type: Literal["classification"] = "classification"
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    focal_gamma: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    class_weights: Literal["balanced"] | dict[str, float] | None = None
    positive: str | None = None

    @field_validator("class_weights")
    @classmethod
    def _weights_are_positive(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            for name, weight in value.items():
                if not 0 < weight < np.inf:
                    raise wrong(
                        "above 0",
                        weight,
                        "A class that must not count belongs in no row.",
                        (name,),
                    )
        return value

    @model_validator(mode="after")
    def _names_are_classes(self) -> Self:
        if self.classes is None:
            return self
        given = {"positive": [self.positive] if self.positive is not None else []}
        if isinstance(self.class_weights, Mapping):
            given["class_weights"] = [*self.class_weights]
        for field, names in given.items():
            for name in names:
                if name not in self.classes:
                    known = did_you_mean(name, self.classes)
                    raise wrong("one of the classes", name, known, (field,))
        if self.positive is not None and len(self.classes) != 2:
            raise wrong(
                "left out where there are not two classes",
                self.positive,
                f"There are {len(self.classes)}.",
                ("positive",),
            )
        return self

    def fit(self, cells: Iterable[Any]) -> Self:
        """Learn `classes` if none are given, and balanced weights if asked for.

        Raises:
            SpecError: if a given class is on no training row, or there are fewer
                than two.
        """
        names = Counter(as_text(cell) for cell in cells if not is_missing(cell))
        classes = self._choose(set(names))
        weights = self.class_weights
        if weights == BALANCED:
            counted = {name: names[name] for name in classes}
            mean = sum(counted.values()) / max(len(classes), 1)
            weights = {name: mean / count for name, count in counted.items()}
        return self.replace(classes=classes, class_weights=weights)

    def _output_layers(self) -> Sequence[keras.Layer]:
        # float32 whatever the policy: softmax and cross-entropy lose too much else.
        return [
            keras.layers.Dense(
                len(self.known_classes()), activation="softmax", dtype="float32"
            )
        ]

    def loss(self) -> keras.losses.Loss:
        """Cross-entropy of integer labels and probabilities, in nats."""
        if self.class_weights == BALANCED:
            raise not_learned("Classification", "class_weights", "a loss is made")
        if not (self.label_smoothing or self.focal_gamma or self.class_weights):
            return keras.losses.SparseCategoricalCrossentropy()
        weights = None
        if isinstance(self.class_weights, Mapping):
            given = self.class_weights
            weights = [given.get(name, 1.0) for name in self.known_classes()]
        return ClassCrossentropy(self.label_smoothing, self.focal_gamma, weights)

    def metrics(self) -> list[keras.metrics.Metric]:
        """Accuracy."""
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def answers(self, predictions: np.ndarray) -> np.ndarray:
        """`(batch, classes)` probabilities to `(batch,)` names."""
        return self._names(np.argmax(predictions, -1))

    def serve(self, name: str, predictions: tf.Tensor) -> dict[str, tf.Tensor]:
        """`<name>`: the class's name; `<name>_probabilities`: of every class."""
        import tensorflow as tf

        return self._serve(name, tf.argmax(predictions, -1), predictions)

    def figures(
        self, labels: np.ndarray, predictions: np.ndarray
    ) -> ClassificationFigures:
        """Accuracy, precision, recall, F1, AUC, calibration, by class, confusion."""
        return ClassificationFigures(
            labels, predictions, self.known_classes(), positive=self.positive
        )
