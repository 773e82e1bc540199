"""A: as articles do it. OpenCV and librosa fill NumPy arrays, then `model.fit`."""

import csv

import cv2
import keras
import librosa
import numpy as np
from end_to_end_rows.measure import Run, measure
from end_to_end_rows.network import network


# user code
def read_image(path):
    pixels = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    return cv2.resize(pixels, (64, 64)).astype("float32") / 255


def read_sound(path):
    wave, rate = librosa.load(path, sr=16_000)
    wave = librosa.util.fix_length(wave, size=16_000)
    power = librosa.feature.melspectrogram(
        y=wave, sr=rate, n_fft=1024, win_length=640, hop_length=320, n_mels=64, fmin=20
    )
    return librosa.power_to_db(power, ref=np.max).T.astype("float32") / 40 + 1


def train(run: Run):
    with open(run.folder / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    is_train = np.array([row["split"] == "train" for row in rows])
    texts = np.array([row["text"] for row in rows])
    words = keras.layers.TextVectorization(output_sequence_length=20)
    words.adapt(texts[is_train])
    x = {
        "image": np.stack([read_image(run.folder / row["image"]) for row in rows]),
        "text": words(texts).numpy().astype("int32"),
        "sound": np.stack([read_sound(run.folder / row["sound"]) for row in rows]),
    }
    classes = sorted({row["label"] for row in rows})
    y = np.array([classes.index(row["label"]) for row in rows])
    train_x = {name: values[is_train] for name, values in x.items()}
    test_x = {name: values[~is_train] for name, values in x.items()}
    shapes = {name: values.shape[1:] for name, values in x.items()}
    model = network(run, shapes, words.vocabulary_size(), len(classes))
    model.fit(train_x, y[is_train], run.batch_size, **run.fitting)
    _, accuracy = model.evaluate(test_x, y[~is_train], verbose=0)
    # end of user code
    return accuracy, int(is_train.sum())


if __name__ == "__main__":
    measure(train, __file__)
