"""What fusions by products share: scales, neutral elements, normalisation."""

import functools

from keras import ops

from mmkeras import _checks
from mmkeras.fusion._pooled import PooledFusion

# Keeps the slopes of the signed square root and of the division by the length
# finite at 0, at most 100 each; a value of 0.01 changes by half a per cent.
SMOOTH = 1e-4


class ProductFusion(PooledFusion):
    """Base of the fusions that multiply what the modalities give.

    Args:
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are.
        **kwargs: of `keras.layers.Layer`.
    """

    same_width = False

    def check_sizes(self, **sizes):
        """Raise unless each is a whole number of at least 1."""
        for argument, value in sizes.items():
            _checks.check_positive_int(type(self).__name__, argument, value)

    def factor_layers(self, part, units, widths=None, terms=1):
        """One built dense layer without bias a modality, in the order of `names`.

        Args:
            part: what they make: the start of their names.
            units: their width.
            widths: of what they take; the embeddings' if `None`.
            terms: how many products are summed afterwards (see `scaled`).
        """
        scale = scaled(terms, len(self.names))
        return self.dense_layers(
            part, units, widths, use_bias=False, kernel_initializer=scale
        )

    def left_out(self, values, inputs, present, neutral):
        """The values with `neutral` in place of those that a row lacks.

        Args:
            values: `(batch, ...)` for each modality, in the order of `names`.
            inputs: the dict of embeddings.
            present: `(batch,)` bool by name, or `None`.
            neutral: what changes nothing: a number, or an array to broadcast.
        """
        if not present:
            return values
        counts = self.presence(inputs, present)
        kept = []
        for position, value in enumerate(values):
            there = counts[:, position] > 0
            there = ops.reshape(there, (-1,) + (1,) * (len(value.shape) - 1))
            kept.append(ops.where(there, value, ops.cast(neutral, value.dtype)))
        return kept

    def product(self, values, inputs, present):
        """Elementwise over the modalities; an absent factor is 1."""
        return functools.reduce(
            ops.multiply, self.left_out(values, inputs, present, 1.0)
        )

    def with_ones(self, inputs, present):
        """`[x; 1]` of each embedding, where an absent `x` is 0."""
        found, _ = self.counted(inputs, present)
        return [ops.concatenate([x, ops.ones_like(x[:, :1])], axis=-1) for x in found]


def scaled(terms, modalities):
    """The initializer with which a sum of products has its inputs' variance of 1.

    Args:
        terms: how many products are summed.
        modalities: how many factors a product has.
    """
    # As a config: of one object, all weights of a shape would get the same values.
    return {
        "class_name": "VarianceScaling",
        "config": {"scale": terms ** (-1 / modalities)},
    }


def outer(x, z):
    """Every product of an entry of each, flat: `(batch, width of x * width of z)`."""
    products = ops.expand_dims(x, 2) * ops.expand_dims(z, 1)
    return ops.reshape(products, (-1, x.shape[-1] * z.shape[-1]))


def normalize_power(x):
    """Signed square root, then length 1; float32, smooth at 0 (see `SMOOTH`)."""
    x = ops.cast(x, "float32")
    root = x / ops.sqrt(ops.abs(x) + SMOOTH)
    return root / ops.sqrt(ops.sum(root * root, axis=-1, keepdims=True) + SMOOTH)
