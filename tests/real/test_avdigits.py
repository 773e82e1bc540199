"""Real handwriting and real speech of a speaker who is not in training."""

import keras
import numpy as np
import pytest

import mmkeras as mm
from mmkeras._data_specs import shipped_spec

# The data set's README: the product of two MLPs' softmaxes on raw pairs.
BASELINE = 0.936
PARITY = 1e-5
PARITY_ROWS = 200


@pytest.fixture(scope="module")
def data(real_data, tmp_path_factory):
    folder = real_data("avdigits")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMKERAS_DATA", str(folder.parent))
        spec = shipped_spec("avdigits")
        cache = tmp_path_factory.mktemp("cache")
        yield mm.load_dataset(spec, cache_dir=cache, progress=False)


@pytest.fixture(scope="module")
def model(data):
    keras.utils.set_random_seed(0)
    model = mm.build_model(data.spec)
    model.compile(
        keras.optimizers.Adam(2e-3),
        loss=data.spec.losses(),
        weighted_metrics=data.spec.metrics(),
    )
    model.fit(
        data["train"].batches(64, shuffle=True),
        validation_data=data["validation"].batches(256),
        epochs=8,
        verbose=0,
    )
    return model


def test_no_row_is_lost(data):
    assert {name: len(data[name]) for name in data.splits} == {
        "train": 2000,
        "validation": 500,
        "test": 500,
    }
    assert len(data.quarantine) == 0


def test_test_accuracy_reaches_the_baseline(model, data):
    assert mm.evaluate(model, data["test"])["digit"]["accuracy"] >= BASELINE


def test_memory_file_and_raw_bytes_agree(
    model, data, tmp_path, serve_elsewhere, encoded_request
):
    rows = range(PARITY_ROWS)
    test = data["test"]
    evaluated = mm.predict(model, test)["digit"][:PARITY_ROWS]
    model.save(tmp_path / "model.keras")
    reloaded = keras.saving.load_model(tmp_path / "model.keras")
    from_file = mm.predict(reloaded, test)["digit"][:PARITY_ROWS]
    version = mm.export(model, data.spec, tmp_path / "serving")
    together = encoded_request(test, rows)
    alone = [encoded_request(test, [row]) for row in rows]
    batched, *single = serve_elsewhere(version, [together, *alone])
    singles = np.concatenate([answer["digit_probabilities"] for answer in single])
    for other in (from_file, batched["digit_probabilities"], singles):
        np.testing.assert_allclose(other, evaluated, atol=PARITY, rtol=0)
