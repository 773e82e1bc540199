"""The random numbers of the augmentations: even, unrelated, the same everywhere."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from mmkeras.layers._random import uniform

SEEDS = (0, 7, 2**31 - 1)
NUMBERS = f"""
import keras, numpy as np
from mmkeras.layers._random import uniform
for seed in {SEEDS}:
    generator = keras.random.SeedGenerator(seed)
    for _ in range(2):
        print(*np.asarray(uniform((2, 3), generator)).ravel().tolist())
"""


def numbers(shape, seed=0, uses=1):
    generator = keras.random.SeedGenerator(seed)
    for _ in range(uses):
        found = uniform(shape, generator)
    return np.asarray(found)


def test_numbers_are_even_in_0_to_1_and_each_its_own():
    found = numbers((1000, 100))
    assert found.dtype == np.float32
    assert 0 <= found.min() < found.max() < 1
    counts = np.histogram(found, 100, (0, 1))[0]
    # 1000 a bin; 5 standard deviations of a binomial one are 160.
    assert np.abs(counts - 1000).max() < 160
    # A table of neighbours in a row: 250 a cell, 5 deviations are 80.
    pairs = np.histogram2d(found[:, ::2].ravel(), found[:, 1::2].ravel(), 14)[0]
    assert np.abs(pairs - 50_000 / 14**2).max() < 80


@pytest.mark.parametrize(("seed", "uses"), [(1, 1), (0, 2), (2**31 - 1, 3)])
def test_another_seed_or_use_gives_unrelated_numbers(seed, uses):
    one, other = numbers((100, 100)).ravel(), numbers((100, 100), seed, uses).ravel()
    # Of 10,000 pairs: 5 standard deviations of a chance correlation.
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05


def test_numbers_are_the_same_under_xla_and_for_a_batch_size_unknown():
    generator = keras.random.SeedGenerator(5)

    def draw(x):
        return uniform((keras.ops.shape(x)[0], 7), generator)

    dynamic = tf.function(draw, input_signature=[tf.TensorSpec([None])])
    expected = numbers((4, 7), 5, 1), numbers((4, 7), 5, 2)
    np.testing.assert_array_equal(dynamic(np.zeros(4, "float32")), expected[0])
    compiled = tf.function(draw, jit_compile=True)(tf.zeros(4))
    np.testing.assert_array_equal(compiled, expected[1])


def test_numbers_are_the_same_on_jax():
    pytest.importorskip("jax")
    printed = subprocess.run(
        [sys.executable, "-c", NUMBERS],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    expected = [numbers((2, 3), seed, uses) for seed in SEEDS for uses in (1, 2)]
    assert list(map(float, printed.split())) == np.ravel(expected).tolist()
