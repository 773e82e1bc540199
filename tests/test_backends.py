"""The device stage's layers give the same numbers on every backend of Keras."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent
# FFTs, exponentials and sums in another order; of the largest value.
TOLERANCE = 2e-4

COMPUTE = """
import importlib.util, sys
import keras, numpy as np

assert keras.backend.backend() == sys.argv[3], keras.backend.backend()
module = importlib.util.spec_from_file_location("contracts", sys.argv[1])
contracts = importlib.util.module_from_spec(module)
module.loader.exec_module(contracts)
found = {}
for table in (contracts.LAYERS, contracts.AUGMENTATIONS):
    for name, cases in table.items():
        for number, (make, inputs) in enumerate(cases):
            layer, values = make(), inputs()
            if isinstance(values, dict) and name not in ("CutMix", "MixUp"):
                continue
            outputs = layer(values)
            if layer.weights and not all("seed" in w.path for w in layer.weights):
                continue  # Other weights; what it computes with them is Keras's.
            # Layers of Keras draw other numbers on each backend.
            training = table is contracts.AUGMENTATIONS or name in ("CutMix", "MixUp")
            if training:
                outputs = layer(values, training=True)
            flat = keras.tree.flatten(outputs)
            for i, output in enumerate(flat):
                output = keras.ops.convert_to_numpy(output)
                found[f"{name}-{number}-{i}"] = output
np.savez(sys.argv[2], **found)
"""


def computed(backend, file):
    environment = dict(os.environ, KERAS_BACKEND=backend, JAX_PLATFORMS="cpu")
    code = [sys.executable, "-W", "ignore", "-c", COMPUTE]
    arguments = [str(HERE / "test_contracts.py"), str(file), backend]
    done = subprocess.run(
        [*code, *arguments], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(np.load(file))


@pytest.fixture(scope="module")
def on_tensorflow(tmp_path_factory):
    return computed("tensorflow", tmp_path_factory.mktemp("backends") / "tf.npz")


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_numbers_are_those_of_tensorflow(backend, on_tensorflow, tmp_path):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    found = computed(backend, tmp_path / "other.npz")
    assert set(found) == set(on_tensorflow)
    assert {"RandAugment-0-0", "LogMel-0-0", "MixUp-0-0", "TokenMasking-0-0"} <= set(
        found
    )
    wrong = []
    for name, expected in on_tensorflow.items():
        assert found[name].dtype == expected.dtype, name
        scale = max(1.0, np.abs(expected.astype("float64")).max())
        difference = found[name].astype("float64") - expected.astype("float64")
        largest = np.abs(difference).max() / scale
        if not largest <= TOLERANCE:
            wrong.append((name, largest))
    assert not wrong
