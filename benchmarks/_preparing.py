"""One preparation in a process of its own; `prepare.py` starts it."""

import sys
import time
from pathlib import Path

import _children
import tensorflow as tf
from _files import RATE, read_manifest
from end_to_end_rows.c_mmkeras import SPEC

import mmkeras as mm
from mmkeras.dataset._store import Store
from mmkeras.modalities._pixels import decode_jpeg
from mmkeras.modalities._resize import resize_pixels

SIZE = (64, 64)
BATCH = 256


def by_mmkeras(folder: Path, manifest: str, cache: str) -> int:
    """Prepare; returns how many values were decoded."""
    decoded, append = 0, Store.append

    def counted(store, keys, values):
        nonlocal decoded
        # A store's first value is the blank one, which is decoded of nothing.
        decoded += sum(any(key) for key in keys)
        return append(store, keys, values)

    Store.append = counted
    spec = mm.load_spec(SPEC)
    spec = spec.replace(source=spec.source.replace(path=manifest))
    mm.load_dataset(spec, cache_dir=cache, progress=False)
    return decoded


def by_tf_data(folder: Path, manifest: str, plain: bool) -> int:
    """Decode pictures and sounds, and keep nothing; returns how many."""
    rows = read_manifest(folder / manifest)

    def decode(image, sound):
        pixels = decode_jpeg(tf.io.read_file(image), 3)
        if plain:
            resized = tf.image.resize(pixels, SIZE)
            pixels = tf.cast(tf.round(resized), tf.uint8)
        else:
            pixels = resize_pixels(pixels, SIZE, "stretch")
        wave, _ = tf.audio.decode_wav(tf.io.read_file(sound), 1, RATE)
        return pixels, tf.cast(wave[:, 0] * 32768.0, tf.int16)

    columns = tuple(
        [str(folder / r[name]) for r in rows] for name in ("image", "sound")
    )
    data = tf.data.Dataset.from_tensor_slices(columns)
    # Without AutoGraph, which takes seconds and has nothing to convert here.
    decode = tf.autograph.experimental.do_not_convert(decode)
    data = data.map(decode, num_parallel_calls=tf.data.AUTOTUNE, deterministic=False)
    data = data.batch(BATCH).prefetch(tf.data.AUTOTUNE)
    return sum(2 * len(pixels) for pixels, _ in data)


def main() -> None:
    told = _children.arguments_of_child(sys.argv)
    folder, manifest, kind = Path(told["folder"]), told["manifest"], told["kind"]
    tf.constant(0)  # TensorFlow sets up its devices.
    start = time.perf_counter()
    if kind == "mmkeras":
        decoded = by_mmkeras(folder, manifest, told["cache"])
    else:
        decoded = by_tf_data(folder, manifest, kind == "bilinear")
    _children.found(seconds=time.perf_counter() - start, decoded=decoded)


if __name__ == "__main__":
    main()
