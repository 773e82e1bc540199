"""One split of a data set, and its batches."""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmkeras import _checks
from mmkeras._row_error import RowError

if TYPE_CHECKING:
    import tensorflow as tf

    from mmkeras.dataset.dataset import Dataset


class Split:
    """The rows of one split; made by `data["train"]`.

    Args:
        data: the data set.
        name: of the split.
        positions: its rows in the data set's columns.
        without: rows of the data set's columns that go without an input, as bools
            by the input's name; made by `with_missing`.
    """

    def __init__(
        self,
        data: Dataset,
        name: str,
        positions: np.ndarray,
        without: Mapping[str, np.ndarray] | None = None,
    ):
        self.data = data
        self.name = name
        self.positions = positions
        self.without = dict(without or {})

    @property
    def spec(self) -> Any:
        """The data set's spec."""
        return self.data.spec

    @property
    def ids(self) -> np.ndarray:
        """The rows' names."""
        return self.data.ids[self.positions]

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        return f"Split '{self.name}' of {self.data.spec.name}: {len(self):,} rows"

    def labels(self, task: str) -> np.ndarray:
        """Encoded labels of a task, a row each."""
        return np.asarray(self.data.columns[f"label.{task}"][self.positions])

    def weights(self, task: str) -> np.ndarray:
        """Weights of a task's labels, a row each; 0 where there is no label."""
        return np.asarray(self.data.columns[f"weight.{task}"][self.positions])

    def encoded(self, row: int) -> dict[str, bytes]:
        """What a client would send for one row: encoded bytes and UTF-8 text.

        Args:
            row: from 0, in the split's order.

        Returns:
            By input; `b""` is absent, and so is what `on_bad: missing` left out.
        """
        root = self.data.spec.source.root_path()
        position = self.positions[row]
        return {
            name: modality.read(self.data.cells(modality.column)[position], root)
            if self._has(name, position)
            else b""
            for name, modality in self.data.spec.inputs.items()
        }

    def _has(self, name: str, position: int) -> bool:
        gone = name in self.without and self.without[name][position]
        return bool(self.data.present(name)[position]) and not gone

    def with_missing(self, rates: Mapping[str, float], *, seed: int = 0) -> Split:
        """The same rows, some of them without some inputs: as if never recorded.

        To see what a model is worth where inputs fail, or to train for it. The
        model gets what it gets of an empty cell. A higher rate of one seed takes
        the same rows, and more.

        Args:
            rates: the share of rows, 0 to 1, that go without an input, by its name.
                Rows that lack it already count among them where drawn.
            seed: of which rows.

        Raises:
            ValueError: for an unknown input, one that is not `optional`, or a rate
                out of its range.

        Example:
            >>> half = data["test"].with_missing({"word": 0.5})
            >>> report = mm.evaluate(model, half)
        """
        without = dict(self.without)
        for name, rate in rates.items():
            self._check_rate(name, rate)
            # One stream an input: the rows that one loses say nothing of another's.
            stream = [seed, sorted(self.spec.inputs).index(name)]
            order = np.random.default_rng(stream).permutation(self.positions)
            gone = np.zeros(len(self.data.ids), bool)
            gone[order[: round(rate * len(order))]] = True
            without[name] = gone | without.get(name, False)
        return Split(self.data, self.name, self.positions, without)

    def _check_rate(self, name: str, rate: float) -> None:
        owner = "Split.with_missing"
        if name not in self.spec.inputs:
            known = _checks.did_you_mean(name, self.spec.inputs)
            raise _checks.bad_value(
                owner, "rates", "keyed by the spec's inputs", name, known
            )
        if not self.spec.inputs[name].optional:
            fix = f"Add `optional: true` to the input '{name}' and train with it."
            raise _checks.bad_value(owner, "rates", "of optional inputs", name, fix)
        if rate != 1:
            _checks.check_fraction(owner, f"rates['{name}']", rate)

    def batches(
        self,
        batch_size: int,
        *,
        shuffle: bool = False,
        seed: int | None = None,
        drop_remainder: bool = False,
    ) -> tf.data.Dataset:
        """The rows in batches, for `model.fit`.

        Args:
            batch_size: rows of a batch.
            shuffle: whether to draw a new order of all rows each epoch.
            seed: of the orders; the same seed gives the same sequence of epochs.
                Drawn from Python's `random` if `None`, so
                `keras.utils.set_random_seed` fixes it.
            drop_remainder: whether to leave out a last, smaller batch; batches
                then have a static size, as TPUs need.

        Returns:
            A `tf.data.Dataset` of `(inputs, targets)`, dicts by name, or
            `(inputs, targets, weights)` where a task is weighted. `inputs` are
            compact: uint8 pixels, int16 samples, int32 ids. An optional input has
            a bool `<name>_present` beside it.

        Raises:
            ValueError: if no batch would be left.
        """
        _checks.check_positive_int("Split.batches", "batch_size", batch_size)
        if drop_remainder and batch_size > len(self):
            raise _checks.bad_value(
                "Split.batches",
                "batch_size",
                f"at most {len(self)}, the rows of '{self.name}', to drop a remainder",
                batch_size,
                "Make it smaller, or keep the remainder.",
            )
        # `fit` warns of its own default on every tf.data input (Keras 3.15).
        warnings.filterwarnings("ignore", message="`shuffle=True` was passed")
        if seed is None:
            seed = random.randrange(2**31)
        return _Gather(self).dataset(batch_size, shuffle, seed, drop_remainder)


class _Gather:
    """Rows of memory-mapped columns by index, inside `tf.data`.

    A column's file is a tensor without a copy, so that gathering is TensorFlow's
    alone: no Python, no lock that training could wait for.
    """

    def __init__(self, split: Split):
        self.split = split
        self.spec = split.data.spec
        columns = split.data.columns
        stored: dict[tuple[str, str], np.ndarray] = {}
        self.encoded = [name for name in self.spec.inputs if name not in columns]
        for name, modality in self.spec.inputs.items():
            if name in columns:
                stored["inputs", name] = columns[name]
            if modality.optional:
                here = columns[f"present.{name}"]
                if name in split.without:
                    here = here & ~split.without[name]
                stored["inputs", f"{name}_present"] = here
        weighted = any(task.weighted for task in self.spec.tasks.values())
        for name in self.spec.tasks:
            stored["targets", name] = columns[f"label.{name}"]
            if weighted:
                stored["weights", name] = columns[f"weight.{name}"]
        self.stored = {key: _as_tensor(column) for key, column in stored.items()}
        self.root = self.spec.source.root_path() if self.encoded else Path()

    def dataset(
        self, batch_size: int, shuffle: bool, seed: int, drop_remainder: bool
    ) -> tf.data.Dataset:
        import tensorflow as tf

        positions = tf.constant(self.split.positions, tf.int64)
        if shuffle:
            # A whole new order an epoch, whatever the size, from the epoch's number:
            # those of `Dataset.random` follow from TensorFlow's global seed too.
            epochs = itertools.count()
            order = tf.data.Dataset.from_generator(
                lambda: iter([next(epochs)]),
                output_signature=tf.TensorSpec([], tf.int64),
            ).map(
                lambda epoch: tf.random.experimental.stateless_shuffle(
                    positions, tf.stack([epoch, tf.constant(seed, tf.int64)])
                )
            )
        else:
            order = tf.data.Dataset.from_tensors(positions)
        indices = order.unbatch().batch(batch_size, drop_remainder=drop_remainder)
        rows = len(self.split)
        count = rows // batch_size if drop_remainder else -(-rows // batch_size)
        return (
            indices.map(
                # AutoGraph would spend seconds on what are graph ops already.
                tf.autograph.experimental.do_not_convert(self._batch),
                num_parallel_calls=tf.data.AUTOTUNE,
                deterministic=True,
            )
            .apply(tf.data.experimental.assert_cardinality(count))
            .prefetch(tf.data.AUTOTUNE)
        )

    def _batch(self, index: tf.Tensor) -> tuple[Any, ...]:
        import tensorflow as tf

        groups: dict[str, dict[str, tf.Tensor]] = {
            "inputs": {},
            "targets": {},
            "weights": {},
        }
        for (group, name), column in self.stored.items():
            groups[group][name] = tf.gather(column, index)
        if self.encoded:
            strings = [tf.string] * len(self.encoded)
            encoded = tf.numpy_function(self._read_all, [index], strings)
            for name, value in zip(self.encoded, encoded, strict=True):
                value.set_shape(index.shape)
                groups["inputs"][name] = self.spec.inputs[name].decode_batch(value)
        for name in self.split.without:
            modality = self.spec.inputs[name]
            here = groups["inputs"][f"{name}_present"]
            here = tf.reshape(here, [-1, *(1 for _ in modality.shape)])
            values = groups["inputs"][name]
            groups["inputs"][name] = tf.where(here, values, modality.blank())
        if not groups["weights"]:
            del groups["weights"]
        return tuple(groups.values())

    def _read_all(self, index: np.ndarray) -> list[np.ndarray]:
        return [
            np.array([self._read(name, row) for row in index], dtype=object)
            for name in self.encoded
        ]

    def _read(self, name: str, position: int) -> bytes:
        from mmkeras.dataset._quarantine import row_sentence

        data, modality = self.split.data, self.spec.inputs[name]
        if not self.split._has(name, position):
            return b""
        cell = data.cells(modality.column)[position]
        try:
            return modality.read(cell, self.root)
        except RowError as error:
            # It could be read when the data set was loaded.
            entry = {
                "id": str(data.ids[position]),
                "split": self.split.name,
                "column": modality.column,
                "file": cell if isinstance(cell, str) else "",
                "reason": str(error),
            }
            raise ValueError(row_sentence(entry)) from None


def _as_tensor(column: np.ndarray) -> tf.Tensor:
    """A column as a tensor on the host, over the same memory if it is a file's."""
    import tensorflow as tf

    with tf.device("CPU:0"):
        if isinstance(column, np.memmap) and column.ndim > 1:
            plain = column.view(np.ndarray)
            return tf.experimental.dlpack.from_dlpack(plain.__dlpack__())
        return tf.constant(np.asarray(column))
