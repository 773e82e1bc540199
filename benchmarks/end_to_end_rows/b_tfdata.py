"""B: a good `tf.data` pipeline: parallel decoding and spectra, cached after them."""

import csv

import keras
import numpy as np
import tensorflow as tf
from end_to_end_rows.measure import Run, measure
from end_to_end_rows.network import network


# user code
def read_image(path):
    pixels = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
    return tf.ensure_shape(tf.image.resize(pixels, (64, 64)) / 255, (64, 64, 3))


def read_sound(path, mel_matrix):
    wave, _ = tf.audio.decode_wav(tf.io.read_file(path), 1, 16_000)
    padded = tf.pad(wave[:, 0], [[320, 320]], "REFLECT")
    spectrum = tf.signal.stft(padded, 640, 320, fft_length=1024)
    power = tf.matmul(tf.square(tf.abs(spectrum)), mel_matrix)
    decibels = 10 / np.log(10) * tf.math.log(tf.maximum(power, 1e-10))
    decibels = tf.maximum(decibels - tf.reduce_max(decibels), -80.0)
    return tf.ensure_shape(decibels / 40 + 1, (51, 64))


def pipeline(folder, rows, classes, words, batch_size, shuffle):
    mel_matrix = tf.signal.linear_to_mel_weight_matrix(64, 513, 16_000, 20.0, 8000.0)

    def load(image, text, sound, label):
        x = {
            "image": read_image(image),
            "text": tf.cast(words(text), tf.int32),
            "sound": read_sound(sound, mel_matrix),
        }
        return x, label

    columns = (
        [str(folder / row["image"]) for row in rows],
        [row["text"] for row in rows],
        [str(folder / row["sound"]) for row in rows],
        [classes.index(row["label"]) for row in rows],
    )
    data = tf.data.Dataset.from_tensor_slices(columns)
    data = data.map(load, num_parallel_calls=tf.data.AUTOTUNE).cache()
    if shuffle:
        data = data.shuffle(len(rows))
    return data.batch(batch_size).prefetch(tf.data.AUTOTUNE)


def prepare(folder, batch_size):
    with open(folder / "manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    splits = {
        name: [row for row in rows if row["split"] == name]
        for name in ("train", "test")
    }
    words = keras.layers.TextVectorization(output_sequence_length=20)
    words.adapt(tf.constant([row["text"] for row in splits["train"]]))
    classes = sorted({row["label"] for row in rows})
    data = {
        name: pipeline(folder, part, classes, words, batch_size, name == "train")
        for name, part in splits.items()
    }
    return data, words.vocabulary_size(), len(classes), len(splits["train"])


def train(run: Run):
    data, vocabulary_size, classes, rows = prepare(run.folder, run.batch_size)
    specs = data["train"].element_spec[0]
    shapes = {name: spec.shape[1:] for name, spec in specs.items()}
    model = network(run, shapes, vocabulary_size, classes)
    model.fit(data["train"], **run.fitting)
    _, accuracy = model.evaluate(data["test"], verbose=0)
    # end of user code
    return accuracy, rows


if __name__ == "__main__":
    measure(train, __file__)
