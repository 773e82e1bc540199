"""Whole modalities dropped in training, for each row by itself."""

import keras
from keras import ops

from mmkeras import _checks


@keras.saving.register_keras_serializable("mmkeras")
class ModalityDropout(keras.layers.Layer):
    """Says which modalities count: those that are there, less some in training.

    In training each row loses each of its modalities with probability `rate`, by
    its own draw, and with probability `all_rate` all of them: so the model learns
    to answer from what is left, and of nothing at all the prior. Nothing is scaled:
    what stands in for an absent modality (`MissingModality`, or a fusion's
    `present`) sees in training what it will see later. Else, who is there counts.

    Args:
        rate: probability that a row loses a modality.
        all_rate: probability that a row loses all of them.
        seed: of the draws; drawn itself if `None`.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, ...)` tensors by modality, of which only the batch size
        is read; and by keyword `present`, a dict of `(batch,)` bools; who is not in
        it is there in every row.

    Output shape:
        A dict of `(batch,)` bools: one for every modality.

    Raises:
        ValueError: for a rate outside [0, 1), or inputs that are no dict.
        TypeError: for a rate that is no number.

    Example:
        >>> pixels = np.zeros((3, 8, 8, 1))
        >>> ModalityDropout(0.5)({"image": pixels})["image"].numpy().tolist()
        [True, True, True]

    Reference:
        Neverova et al., "ModDrop", 2016, IEEE TPAMI 38(8), arXiv:1501.00102.
    """

    def __init__(self, rate=0.1, all_rate=0.02, seed=None, **kwargs):
        super().__init__(**kwargs)
        _checks.check_fraction("ModalityDropout", "rate", rate)
        _checks.check_fraction("ModalityDropout", "all_rate", all_rate)
        self.rate = rate
        self.all_rate = all_rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, inputs_shape):
        if not isinstance(inputs_shape, dict) or not inputs_shape:
            raise _checks.bad_value(
                "ModalityDropout",
                "inputs",
                "a dict of tensors by modality",
                inputs_shape,
                "Pass for example the model's inputs.",
            )
        self.built = True

    def call(self, inputs, present=None, training=None):
        names = sorted(inputs)
        given = present or {}
        size = ops.shape(inputs[names[0]])[0]
        everyone = ops.ones((size,), dtype="bool")
        here = {name: given.get(name, everyone) for name in names}
        if not training or not (self.rate or self.all_rate):
            return here
        drawn = keras.random.uniform((size, len(names) + 1), seed=self.seed_generator)
        row = drawn[:, -1] >= self.all_rate
        for position, name in enumerate(names):
            kept = ops.logical_and(drawn[:, position] >= self.rate, row)
            here[name] = ops.logical_and(here[name], kept)
        return here

    def compute_output_spec(self, inputs, present=None, training=None):
        size = next(iter(inputs.values())).shape[0]
        return {name: keras.KerasTensor((size,), dtype="bool") for name in inputs}
