"""The encoders and the budget of each benchmark data set, the same for all."""

import os
from pathlib import Path

import _degraded_avdigits

import mmkeras as mm
from mmkeras._data_specs import shipped_spec

REPOSITORY = Path(__file__).resolve().parents[1]


def real_data(name: str) -> Path:
    """The folder of a real data set, or the end with a word of where to put it."""
    home = os.environ.get("MMKERAS_REAL_DATA")
    home = Path(home) if home else REPOSITORY.parent / "shared" / "data"
    if not (home / name / "manifest.csv").is_file():
        raise SystemExit(f"There is no {home / name}: set MMKERAS_REAL_DATA.")
    return home / name


# -- avdigits: 4 principal components, sound in as much noise ---------------------


def avdigits(folder: Path) -> mm.Dataset:
    source = real_data("avdigits")
    return _degraded_avdigits.load(_degraded_avdigits.make(source, folder / "avdigits"))


def avdigits_encoders(spec, tokens):
    """Small: 2,000 training rows. Tokens are patches, of 7 x 7 pixels or 4 frames."""
    if tokens:
        return {
            "image": mm.encoders.image_vit(7, depth=1, pooling="none"),
            "sound": mm.encoders.audio_transformer((4, 32), depth=1, pooling="none"),
        }
    encoders = {}
    if "image" in spec.inputs:
        encoders["image"] = mm.encoders.image_cnn((8, 16))
    if "sound" in spec.inputs:
        encoders["sound"] = mm.encoders.audio_statistics()
    return encoders


AVDIGITS_BUDGET = mm.experiments.Budget(epochs=12, batch_size=64, learning_rate=2e-3)
# The data set's README: scikit-learn MLPs on PCA of pixels and of a spectrogram.
AVDIGITS_BASELINES = {
    "image alone": 0.590,
    "sound alone": 0.492,
    "product of the two softmaxes": 0.734,
}

# -- tuxstamps -------------------------------------------------------------------


def tuxstamps(folder: Path) -> mm.Dataset:
    os.environ["MMKERAS_DATA"] = str(real_data("tuxstamps").parent)
    return mm.load_dataset(shipped_spec("tuxstamps"), progress=False)


def tuxstamps_encoders(spec, tokens):
    """Measured features: 731 rows are few. Each is one token where tokens are read."""
    image, text = spec.inputs["image"], spec.inputs["text"]
    return {
        "image": mm.encoders.image_hog(image.shape),
        "text": mm.encoders.text_bag(text.vocabulary_size, idf=text.idf),
        "speech": mm.encoders.audio_statistics(),
    }


TUXSTAMPS_BUDGET = mm.experiments.Budget(
    epochs=10, batch_size=64, learning_rate=4e-3, weight_decay=1e-2
)
TUXSTAMPS_BASELINES = {
    "image, text and speech": 0.727,
    "image and text": 0.696,
    "text alone": 0.634,
    "image alone": 0.510,
    "speech alone": 0.340,
}

DATA_SETS = {
    "avdigits": (avdigits, avdigits_encoders, AVDIGITS_BUDGET, AVDIGITS_BASELINES),
    "tuxstamps": (tuxstamps, tuxstamps_encoders, TUXSTAMPS_BUDGET, TUXSTAMPS_BASELINES),
}
