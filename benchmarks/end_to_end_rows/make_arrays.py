"""D's arrays, made before it is measured: what B's pipeline gives, in one file."""

import sys
from pathlib import Path

import _children
import numpy as np
from end_to_end_rows.b_tfdata import prepare


def main() -> None:
    told = _children.arguments_of_child(sys.argv)
    data, vocabulary_size, classes, _ = prepare(Path(told["folder"]), 256)
    arrays = {"vocabulary_size": vocabulary_size, "classes": classes}
    for split, batches in data.items():
        found = list(batches.as_numpy_iterator())
        for name in found[0][0]:
            arrays[f"{split}.{name}"] = np.concatenate([x[name] for x, _ in found])
        arrays[f"{split}.label"] = np.concatenate([y for _, y in found])
    np.savez(told["arrays"], **arrays)
    _children.found(rows=len(arrays["train.label"]))


if __name__ == "__main__":
    main()
