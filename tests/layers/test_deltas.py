"""Deltas against SciPy's Savitzky-Golay filter, which librosa's default is."""

import numpy as np
import pytest
import tensorflow as tf

from mmkeras.layers import Deltas


def frames(count, bins=3, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(2, count, bins)).astype("float32")


@pytest.mark.parametrize(
    ("width", "order"), [(3, 1), (3, 2), (5, 2), (9, 1), (9, 2), (9, 3)]
)
@pytest.mark.parametrize("more", [0, 1, 20])
def test_equals_the_filter(more, width, order):
    from scipy.signal import savgol_filter

    x = frames(width + more)
    derivatives = [
        savgol_filter(x.astype("float64"), width, d, deriv=d, axis=1, mode="interp")
        for d in range(1, order + 1)
    ]
    expected = np.concatenate([x, *derivatives], axis=-1)
    # float32 sums of 9 terms of up to about 3.
    np.testing.assert_allclose(Deltas(width, order)(x), expected, atol=2e-6)


@pytest.mark.parametrize("count", [1, 2, 8])
def test_fewer_frames_than_the_width_are_as_if_the_last_one_lasted(count):
    x = frames(count)
    longer = np.concatenate([x, x[:, -1:].repeat(9 - count, axis=1)], axis=1)
    found = Deltas(9)(x).numpy()
    assert found.shape == (2, count, 9)
    np.testing.assert_array_equal(found, Deltas(9)(longer).numpy()[:, :count])


@pytest.mark.parametrize("count", [2, 9, 30])
def test_length_unknown_when_traced_gives_the_same(count):
    layer = Deltas(9)
    layer.build((None, None, 3))
    traced = tf.function(layer, input_signature=[tf.TensorSpec([None, None, 3])])
    np.testing.assert_allclose(traced(frames(count)), layer(frames(count)), atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"width": 4}, ValueError, "odd, and above order=2.*Take 5"),
        ({"width": 3, "order": 3}, ValueError, "odd, and above order=3.*Take 5"),
        ({"order": 0}, ValueError, "`order` must be at least 1"),
        ({"width": 9.0}, TypeError, "`width` must be a whole number"),
    ],
    ids=str,
)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`Deltas`: .*{message}"):
        Deltas(**arguments)


def test_samples_are_refused_with_the_fix():
    with pytest.raises(ValueError, match=r"`Deltas`: .*for example with `LogMel`"):
        Deltas()(np.zeros((1, 800), "float32"))
