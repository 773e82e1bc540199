"""The outer product of all embeddings, hashed to a given width."""

import keras
import numpy as np
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._products import ProductFusion, normalize_power


@keras.saving.register_keras_serializable("mmkeras")
class CompactBilinear(ProductFusion):
    """The outer product of the embeddings, hashed to `units` numbers; not learned.

    A count sketch adds entry `i` of `x`, times a random sign `s[i]`, to entry
    `h[i]` of a vector. The circular convolution of the embeddings' sketches is the
    sketch of their outer product, and inner products of sketches are, on average,
    those of what is sketched. By the Fourier transform:
    `c = irfft(prod_m rfft(sketch_m(x_m)))`, then a signed square root and length 1:
    `r = c / sqrt(|c| + 1e-4)`, `y = r / sqrt(|r|^2 + 1e-4)`, smooth at 0. An absent
    factor of the product is 1. Use it for pairs of wide embeddings, where a
    bilinear form would have too many weights. Computed in float32.

    Args:
        units: width of the output: thousands, for wide embeddings.
        seed: of the hashes `h` and signs `s`, fixed from then on.
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are: then there is nothing to train.
        **kwargs: of `keras.layers.Layer`.

    Input shape:
        A dict of `(batch, dim)` floats; widths may differ. Beside it, by keyword:
        `present`, a dict of `(batch,)` bools; who is not in it is there, and a row
        with none counts all.

    Output shape:
        `(batch, units)`, in [-1, 1], of length at most 1.

    Raises:
        ValueError: for an argument out of its range, or an embedding that is not
            `(batch, dim)`.
        TypeError: for an argument of another type.

    Example:
        >>> x = {"a": np.ones((2, 300)), "b": np.ones((2, 400))}
        >>> CompactBilinear(units=512)(x).shape
        TensorShape([2, 512])

    Reference:
        Fukui et al., "Multimodal Compact Bilinear Pooling", 2016,
        arXiv:1606.01847; Gao et al., "Compact Bilinear Pooling", 2016, CVPR; Pham
        and Pagh, 2013, KDD (the sketch of an outer product).
    """

    def __init__(self, units=1024, seed=0, project_dim=None, **kwargs):
        super().__init__(project_dim, **kwargs)
        self.check_sizes(units=units)
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise _checks.bad_type("CompactBilinear", "seed", "a whole number", seed)
        if not 0 <= seed < 2**32:
            raise _checks.bad_value("CompactBilinear", "seed", "in [0, 2**32)", seed)
        self.units = units
        self.seed = seed

    def build(self, input_shape):
        super().build(input_shape)
        # Constants that follow from the config, also under a later NumPy: the stream
        # of `default_rng` may change between versions, that of `RandomState` not.
        random = np.random.RandomState(self.seed)
        self._hashes, self._signs = [], []
        for width in self.widths:
            self._hashes.append(random.randint(self.units, size=width, dtype="int32"))
            signs = random.randint(2, size=width, dtype="int32") * 2 - 1
            self._signs.append(signs.astype("float32"))

    def call(self, inputs, present=None):
        embeddings = self.embeddings(inputs)
        sketches = [
            self._sketch(x, hashes, signs)
            for x, hashes, signs in zip(
                embeddings, self._hashes, self._signs, strict=True
            )
        ]
        # What convolution leaves alone: its transform is 1 everywhere.
        impulse = np.eye(1, self.units, dtype="float32")
        first, *others = self.left_out(sketches, inputs, present, impulse)
        real, imaginary = ops.rfft(first)
        for other in others:
            c, d = ops.rfft(other)
            real, imaginary = real * c - imaginary * d, real * d + imaginary * c
        product = ops.irfft((real, imaginary), fft_length=self.units)
        return ops.cast(normalize_power(product), self.compute_dtype)

    def _sketch(self, x, hashes, signs):
        signed = ops.transpose(ops.cast(x, "float32") * signs)  # (dim, batch)
        return ops.transpose(ops.segment_sum(signed, hashes, self.units))
