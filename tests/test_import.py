"""What `import mmkeras` costs, and that it needs no TensorFlow on another backend."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
RUNS = 5
# Seconds of CPU beside Keras's own; pydantic's are most of it.
MOST_SECONDS = 0.3

LAZY = [
    "cv2",
    "librosa",
    "matplotlib",
    "pandas",
    "rich",
    "sklearn",
    "soundfile",
    "tensorflow_datasets",
    "typer",
]

# Each run is a fork of one process with Keras: importing Keras takes seconds.
MEASURE = f"""
import os, sys, time
import keras

for _ in range({RUNS}):
    sys.stdout.flush()
    child = os.fork()
    if not child:
        before, start = set(sys.modules), time.process_time()
        import mmkeras
        seconds = time.process_time() - start
        heavy = [m for m in {LAZY!r} if m in sys.modules and m not in before]
        print(seconds, *heavy, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""

# Keras itself, on JAX, where TensorFlow cannot be imported.
WITHOUT_TENSORFLOW = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
import keras
import numpy as np
import mmkeras as mm
from mmkeras import testing

assert keras.backend.backend() == "jax"
spec = mm.load_spec("data_specs/avdigits.yaml")
model = mm.build_model(spec)
random = np.random.default_rng(0)
batch = {
    "image": random.integers(0, 256, (3, 28, 28, 1)).astype("uint8"),
    "sound": random.integers(-9999, 9999, (3, 8000)).astype("int16"),
}
found = model.predict(batch, verbose=0)["digit"]
assert found.shape == (3, 10) and np.allclose(found.sum(-1), 1, atol=1e-6)
rows = random.normal(size=(4, 5)).astype("float32")
testing.check_encoder(mm.encoders.number_mlp((3,)), rows)
testing.check_fusion(mm.fusion.Concat)
try:
    mm.export(model, spec, "never")
except ImportError as error:
    print(error)
assert not any(name.split(".")[0] == "tensorflow" for name in sys.modules)
"""


def run(code, **variables):
    """Standard output of a fresh process, in a clone's folder."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | variables
    # Python caches bytecode unless told not to; a user does not pay for compiling.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def imports():
    """Seconds, and what was imported of the slow libraries, for each run."""
    lines = [line.split() for line in run(MEASURE).splitlines()]
    assert len(lines) == RUNS
    return lines


def test_import_is_quick(imports, capsys):
    seconds = [float(line[0]) for line in imports]
    # Other work on the machine only adds.
    least = min(seconds)
    with capsys.disabled():
        sys.stdout.write(f"\nimport mmkeras: {least:.3f} s of CPU beside Keras's\n")
    assert least <= MOST_SECONDS, f"{seconds}"


def test_import_loads_no_slow_library(imports):
    assert {name for line in imports for name in line[1:]} == set()


def test_it_works_on_jax_where_tensorflow_cannot_be_imported():
    pytest.importorskip("jax")
    said = run(WITHOUT_TENSORFLOW, KERAS_BACKEND="jax")
    assert said.strip() == (
        "`export`: a SavedModel needs TensorFlow. Run `pip install tensorflow`."
    )
