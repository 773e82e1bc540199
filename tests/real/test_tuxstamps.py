"""Real pictures, words and speech of few rows: measured features, one `fit`."""

import keras
import numpy as np
import pytest

import mmkeras as mm
from mmkeras._data_specs import shipped_spec

# The data set's README: logistic regression on HOG, n-grams and spectra.
BASELINE = 0.727
SEEDS = (0, 1, 2)
# Chosen by 5-fold cross-validation over train and val (StratifiedGroupKFold by
# label and the column `group`), never by the test split.
EPOCHS, BATCH = 20, 64


@pytest.fixture(scope="module")
def data(real_data, tmp_path_factory):
    folder = real_data("tuxstamps")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMKERAS_DATA", str(folder.parent))
        spec = shipped_spec("tuxstamps")
        cache = tmp_path_factory.mktemp("cache")
        yield mm.load_dataset(spec, cache_dir=cache, progress=False)


def train(data, seed):
    keras.utils.set_random_seed(seed)
    image, text = data.spec.inputs["image"], data.spec.inputs["text"]
    model = mm.build_model(
        data.spec,
        {
            "image": mm.encoders.image_hog(image.shape),
            "text": mm.encoders.text_bag(text.vocabulary_size, idf=text.idf),
            "speech": mm.encoders.audio_statistics(),
        },
    )
    batches = data["train"].batches(BATCH, shuffle=True)
    rate = keras.optimizers.schedules.CosineDecay(
        4e-3, EPOCHS * len(batches), alpha=0.01
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-2),
        loss=data.spec.losses(),
        weighted_metrics=data.spec.metrics(),
    )
    model.fit(batches, epochs=EPOCHS, verbose=0)
    return model


def test_no_row_is_lost(data):
    assert {name: len(data[name]) for name in data.splits} == {
        "train": 731,
        "test": 194,
    }
    assert len(data.quarantine) == 0
    assert data.counts["unused"] == 0


def test_mean_test_accuracy_of_three_seeds_reaches_the_baseline(data):
    accuracies = [
        mm.evaluate(train(data, seed), data["test"])["topic"]["accuracy"]
        for seed in SEEDS
    ]
    assert np.mean(accuracies) >= BASELINE, accuracies
