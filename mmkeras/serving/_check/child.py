"""A program that calls a SavedModel with TensorFlow alone, as a server would.

It is run by its path, so that nothing of mmkeras and no Keras is in the process, and
whatever the model does, it does not do it to the caller. Its folder holds `job.json`,
`<number>.npz` of each call's inputs and, after the call, `<number>.out.npz` of its
outputs. What was done is a line each in `done.jsonl`, so it is known after a crash.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import IO, Any

import numpy as np

# Of a call that is repeated: what is not counted, and the least and most that is.
_WARM, _LEAST, _MOST = 3, 20, 300


def pack(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays to a file; strings without pickle, which would run what it reads."""
    packed = {}
    for name, array in arrays.items():
        if array.dtype != object:
            packed[f"number {name}"] = array
            continue
        strings = array.ravel().tolist()
        lengths = np.array([len(string) for string in strings], "int64")
        packed[f"length {name}"] = lengths.reshape(array.shape)
        packed[f"string {name}"] = np.frombuffer(b"".join(strings), "uint8")
    np.savez(path, **packed)  # type: ignore[arg-type]


def unpack(path: Path) -> dict[str, np.ndarray]:
    """Arrays that `pack` wrote; strings are bytes, of dtype object."""
    arrays = {}
    with np.load(path) as packed:
        for key in packed.files:
            kind, name = key.split(" ", 1)
            if kind == "number":
                arrays[name] = packed[key]
            if kind != "length":
                continue
            lengths, text = packed[key], packed[f"string {name}"].tobytes()
            ends = np.cumsum(lengths.ravel())
            array = np.empty(lengths.size, object)
            array[:] = [
                text[end - length : end]
                for end, length in zip(ends, lengths.ravel(), strict=True)
            ]
            arrays[name] = array.reshape(lengths.shape)
    return arrays


def main(folder: Path) -> None:
    """Load the model and answer the calls, in their order."""
    job = json.loads((folder / "job.json").read_text())
    # Where the caller's TensorFlow is; behind what this process has by itself.
    sys.path += [path for path in job["path"] if path not in sys.path]
    with open(folder / "done.jsonl", "w") as done:
        start = time.perf_counter()
        import tensorflow as tf

        _say(done, imported=time.perf_counter() - start)
        start = time.perf_counter()
        loaded = tf.saved_model.load(job["version"])
        _say(done, loaded=time.perf_counter() - start)
        for number, call in enumerate(job["calls"]):
            try:
                _answer(loaded, folder, number, call, done)
            except Exception as error:
                _say(done, call=number, error=f"{type(error).__name__}: {error}")


def _answer(
    loaded: Any, folder: Path, number: int, call: dict[str, Any], done: IO[str]
) -> None:
    import tensorflow as tf

    signature = loaded.signatures[call["signature"]]
    arrays = unpack(folder / f"{number}.npz")
    tensors = {name: tf.constant(array) for name, array in arrays.items()}

    def once() -> tuple[float, dict[str, Any]]:
        start = time.perf_counter()
        outputs = signature(**tensors)
        return time.perf_counter() - start, outputs

    seconds, outputs = once()
    found = {name: np.asarray(value.numpy()) for name, value in outputs.items()}
    pack(folder / f"{number}.out.npz", found)
    times: list[float] = []
    if call["repeat_seconds"]:
        for _ in range(_WARM):
            once()
        end = time.perf_counter() + call["repeat_seconds"]
        while len(times) < _LEAST or (len(times) < _MOST and time.perf_counter() < end):
            times.append(once()[0])
    _say(done, call=number, seconds=seconds, times=times)


def _say(done: IO[str], **what: Any) -> None:
    done.write(json.dumps(what) + "\n")
    done.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
