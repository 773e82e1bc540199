"""Image layers: ours against Keras's, each with and without XLA.

    python benchmarks/image_layers.py [--repeats 20] [--json FILE]

Batches of 8 and of 64 float pictures of 64x64x3 go through each layer in training.
A figure is the median time of a call in ms, with the smallest and largest;
"fails" where a layer does not compile. Compare the ratios, as machines are noisy:
`ratio` is ours with XLA by Keras's without.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from _machine import machine

import mmkeras as mm

BATCHES = (8, 64)
SIZE = 64
CLASSES = 10
WARM_UP = 3

ours, theirs = mm.layers, keras.layers
Make = Callable[[], keras.Layer]


def chain(*layers: keras.Layer) -> keras.Layer:
    return keras.Sequential(layers)


# A row: what it is, ours, and what of Keras's does the same.
ROWS: list[tuple[str, Make, Make]] = [
    ("unit", ours.ImageNormalize, lambda: theirs.Rescaling(1 / 255)),
    (
        "standardize",
        lambda: ours.ImageNormalize("standardize", [120.0] * 3, [60.0] * 3),
        lambda: theirs.Normalization(mean=[120.0] * 3, variance=[3600.0] * 3),
    ),
    ("flip", ours.RandomFlip, lambda: theirs.RandomFlip("horizontal")),
    (
        "flip, both",
        lambda: ours.RandomFlip("both"),
        lambda: theirs.RandomFlip("horizontal_and_vertical"),
    ),
    (
        "crop and pad",
        ours.RandomCropPad,
        lambda: chain(theirs.ZeroPadding2D(4), theirs.RandomCrop(SIZE, SIZE)),
    ),
    (
        "rotation",
        lambda: ours.RandomAffine(15, 0.0, 0.0, 0.0),
        lambda: theirs.RandomRotation(15 / 360, "constant"),
    ),
    (
        "affine, all 4",
        ours.RandomAffine,
        lambda: chain(
            theirs.RandomRotation(15 / 360, "constant"),
            theirs.RandomZoom(0.1, fill_mode="constant"),
            theirs.RandomShear(0.1, 0.1, fill_mode="constant"),
            theirs.RandomTranslation(0.1, 0.1, "constant"),
        ),
    ),
    (
        "colour, all 4",
        ours.RandomColor,
        lambda: chain(
            theirs.RandomBrightness(0.2),
            theirs.RandomContrast(0.2),
            theirs.RandomSaturation((0.45, 0.55)),
            theirs.RandomHue(0.04),
        ),
    ),
    ("erasing", lambda: ours.RandomErasing(1.0), lambda: theirs.RandomErasing(1.0)),
    ("RandAugment", ours.RandAugment, theirs.RandAugment),
    ("MixUp", ours.MixUp, theirs.MixUp),
    ("CutMix", ours.CutMix, theirs.CutMix),
]


def milliseconds(layer: keras.Layer, batch: int, jit: bool, repeats: int) -> list:
    """Times of a call; none if it fails."""
    random = np.random.default_rng(0)
    size = (batch, SIZE, SIZE, 3)
    inputs = tf.constant(random.integers(0, 256, size).astype("float32"))
    if isinstance(layer, theirs.MixUp | theirs.CutMix | ours.MixUp | ours.CutMix):
        labels = tf.one_hot(np.arange(batch) % CLASSES, CLASSES)
        inputs = {"images": inputs, "labels": labels}
    call = tf.function(
        lambda x: layer(x, training=True), jit_compile=jit, autograph=False
    )
    times = []
    try:
        for _ in range(WARM_UP):
            call(inputs)
        for _ in range(repeats):
            start = time.perf_counter()
            np.asarray(keras.tree.flatten(call(inputs))[0])
            times.append(1000 * (time.perf_counter() - start))
    except (tf.errors.OpError, ValueError):
        return []
    return times


def said(times: list[float]) -> str:
    if not times:
        return "fails"
    return f"{statistics.median(times):.2f} ({min(times):.2f}-{max(times):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    where = machine()
    print(where)
    print("| layer | batch | ours, XLA | ours | Keras's, XLA | Keras's | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    found = []
    for name, our, their in ROWS:
        for batch in BATCHES:
            times = {
                f"{whose}{', XLA' if jit else ''}": milliseconds(
                    make(), batch, jit, arguments.repeats
                )
                for whose, make in (("ours", our), ("Keras's", their))
                for jit in (True, False)
            }
            ratio = statistics.median(times["ours, XLA"]) / statistics.median(
                times["Keras's"]
            )
            cells = " | ".join(said(t) for t in times.values())
            print(f"| {name} | {batch} | {cells} | {ratio:.2f} |", flush=True)
            found.append({"layer": name, "batch": batch, "ms": times, "ratio": ratio})
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"machine": where, "size": SIZE, "rows": found}, file, indent=1)


if __name__ == "__main__":
    main()
