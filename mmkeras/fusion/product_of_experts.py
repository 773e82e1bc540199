"""Fusion by a product of Gaussian experts."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._masked_softmax import masked_softmax
from mmkeras.fusion._pooled import PooledFusion


@keras.saving.register_keras_serializable("mmkeras")
class ProductOfExperts(PooledFusion):
    """The mean of a product of Gaussians, one a modality: the surer, the heavier.

    Each modality is an expert with mean `mu_m = A_m x_m + b_m` and precision
    `T_m = exp(B_m x_m + c_m)`; the prior, of mean 0 and precision 1, is one more:
    `y = sum_m p_m T_m mu_m / (1 + sum_m p_m T_m)`, by feature, where `p_m` is 1
    where the row has modality `m`, else 0. Who is absent is left out of the
    product, as theory has it, and fewer experts draw `y` nearer to 0. A row
    without any counts all learned stand-ins.

    It is computed as a softmax of the log precisions, 0 being the prior's: no
    exponential overflows, in float16 neither, and no bound on the precision is
    needed. There is no sampling: `y` is the posterior's mean. Use it where
    modalities are often missing or unequally sure.

    Args:
        units: width of the result.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats; widths may differ. Beside it, by keyword:
        `present`, a dict of `(batch,)` bools; who is not in it is there.

    Output shape:
        `(batch, units)`.

    Raises:
        ValueError: for `units` below 1, or if an embedding is not `(batch, dim)`.
        TypeError: for `units` of another type.

    Example:
        >>> x = {"a": np.zeros((2, 3)), "b": np.zeros((2, 4))}
        >>> ProductOfExperts(units=8)(x, present={"b": np.array([True, False])}).shape
        TensorShape([2, 8])

    Reference:
        Wu and Goodman, "Multimodal Generative Models for Scalable
        Weakly-Supervised Learning", 2018, arXiv:1802.05335.
    """

    same_width = False

    def __init__(self, units=64, **kwargs):
        super().__init__(**kwargs)
        _checks.check_positive_int("ProductOfExperts", "units", units)
        self.units = units

    def build(self, input_shape):
        super().build(input_shape)
        self.means = self.dense_layers("mean", self.units)
        self.log_precisions = self.dense_layers("log_precision", self.units)

    def call(self, inputs, present=None):
        found, counts = self.counted(inputs, present)
        means = [layer(x) for layer, x in zip(self.means, found, strict=True)]
        logs = [layer(x) for layer, x in zip(self.log_precisions, found, strict=True)]
        # (batch, modalities + 1, units): the prior is the last.
        logs = ops.stack([*logs, ops.zeros_like(logs[0])], axis=1)
        counts = ops.concatenate([counts, ops.ones_like(counts[:, :1])], axis=1)
        shares = masked_softmax(logs, counts)
        return ops.sum(shares[:, :-1] * ops.stack(means, axis=1), axis=1)
