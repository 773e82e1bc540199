"""What raw bytes cost a served model, beside compact tensors and beside the host.

    python benchmarks/serving.py --spec data_specs/avdigits.yaml --rows 64

Two tables, from one SavedModel that is loaded again:

1. Latency of `serving_default` (bytes in) against `decoded` (tensors in).
2. Decoding and preprocessing in the graph (bytes to what the encoders take) against
   the same in OpenCV, soundfile and librosa on the host: decode, resize, scale;
   read, resample, mel spectrogram, decibels. Of text there is nothing to compare.

The two sides of a line are timed in turn, so that other load on the machine meets
both; medians are compared.
"""

import argparse
import io
import json
import tempfile
import time
from pathlib import Path

import cv2
import keras
import librosa
import numpy as np
import soundfile
import tensorflow as tf
from _machine import machine

import mmkeras as mm

SIZES = (1, 8, 32)


def on_host(modality):
    """The same work by the libraries that a host would use, a row."""
    if isinstance(modality, mm.modalities.Image):
        return lambda data: picture_on_host(modality, data)
    return lambda data: sound_on_host(modality, data)


def picture_on_host(modality, data):
    grey = modality.channels == 1
    flag = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
    if not grey:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    height, width = modality.size
    if modality.resize == "pad":
        scale = min(height / pixels.shape[0], width / pixels.shape[1])
        inner = [max(1, round(side * scale)) for side in pixels.shape[:2]]
        pixels = cv2.resize(pixels, inner[::-1], interpolation=cv2.INTER_AREA)
        top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
        bottom, right = height - inner[0] - top, width - inner[1] - left
        pixels = cv2.copyMakeBorder(
            pixels, top, bottom, left, right, cv2.BORDER_CONSTANT, value=0
        )
    else:
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return pixels.reshape(modality.shape).astype("float32") / 255


def sound_on_host(modality, data):
    wave, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    wave = wave.mean(1)
    if rate != modality.sample_rate:
        wave = librosa.resample(wave, orig_sr=rate, target_sr=modality.sample_rate)
    wave = librosa.util.fix_length(wave, size=modality.samples)
    power = librosa.feature.melspectrogram(
        y=wave,
        sr=modality.sample_rate,
        n_fft=512,
        win_length=round(modality.window_seconds * modality.sample_rate),
        hop_length=round(modality.hop_seconds * modality.sample_rate),
        n_mels=modality.num_mel_bins,
        fmin=modality.min_frequency,
    )
    return librosa.power_to_db(power, ref=np.max, top_db=80.0).T / 40 + 1


def in_graph(modality):
    """Bytes to floats as the served graph does it, for a batch."""
    preprocessing = modality.preprocessing()

    def stage(encoded):
        values, reasons = modality.decode_rows(encoded)
        return {"floats": preprocessing(values), "reason": reasons}

    return tf.function(
        stage, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False
    )


def in_turn(sides, repeats):
    """Median milliseconds of each side, taken in turn."""
    for run in sides.values():
        run()
        run()
    times = {name: [] for name in sides}
    for _ in range(repeats):
        for name, run in sides.items():
            start = time.perf_counter()
            run()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: float(np.median(values)) for name, values in times.items()}


def batches(rows, size):
    return [rows[i % len(rows)] for i in range(size)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spec", default="data_specs/avdigits.yaml")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    data = mm.load_dataset(args.spec)
    test = data["test"]
    rows = [test.encoded(i) for i in range(min(args.rows, len(test)))]
    keras.utils.set_random_seed(0)
    model = mm.build_model(data.spec)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        version = mm.export(model, data.spec, folder, examples=test)
        signatures = tf.saved_model.load(str(version)).signatures
        for size in SIZES:
            found[f"bytes against tensors, batch {size}"] = latency(
                signatures, data, rows, size, args.repeats
            )
    for name, modality in data.spec.inputs.items():
        if not isinstance(modality, mm.modalities.Image | mm.modalities.Audio):
            continue
        values = [row[name] for row in rows if row[name]]
        graph, host = in_graph(modality), on_host(modality)
        for size in SIZES:
            chosen = batches(values, size)
            tensor = tf.constant(chosen)
            found[f"{name}, batch {size}"] = in_turn(
                {
                    "graph": lambda g=graph, t=tensor: g(t)["floats"].numpy(),
                    "host": lambda h=host, c=chosen: np.stack([h(x) for x in c]),
                },
                args.repeats,
            )
    found |= {f"all of these, batch {size}": together(found, size) for size in SIZES}
    print(machine())
    for what, times in found.items():
        (first, a), (second, b) = times.items()
        print(f"{what:34} {first} {a:8.2f} ms  {second} {b:8.2f} ms  ratio {a / b:.2f}")
    if args.json:
        args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def together(found, size):
    """The sum over the inputs: what one request costs before the encoders."""
    media = [
        times
        for what, times in found.items()
        if "graph" in times and what.endswith(f"batch {size}")
    ]
    return {side: sum(times[side] for times in media) for side in ("graph", "host")}


def latency(signatures, data, rows, size, repeats):
    spec = data.spec
    chosen = batches(rows, size)
    strings, tensors = {}, {}
    for name, modality in spec.inputs.items():
        values = [row[name] for row in chosen]
        strings[modality.encoded_name(name)] = tf.constant(values)
        tensors[name] = modality.decode_batch(tf.constant(values))
        if modality.optional:
            tensors[f"{name}_present"] = tf.constant([v != b"" for v in values])
    return in_turn(
        {
            "bytes": lambda: signatures["serving_default"](**strings),
            "tensors": lambda: signatures["decoded"](**tensors),
        },
        repeats,
    )


if __name__ == "__main__":
    main()
