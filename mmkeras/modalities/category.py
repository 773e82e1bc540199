"""Categories: names on the host, one id over; an encoder embeds it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import keras
from pydantic import field_validator

from mmkeras._cells import as_text
from mmkeras._frozen import not_learned
from mmkeras._row_error import RowError
from mmkeras.modalities._lookup import lookup_table, no_twins
from mmkeras.modalities._utf8 import utf8_faults
from mmkeras.modalities.modality import Modality

if TYPE_CHECKING:
    import tensorflow as tf

UNKNOWN, FIRST_NAME = 0, 1


class Category(Modality):
    """One of several names in a column, as an id.

    Id 0 is a name that the training split does not have (and an absent one).

    Args:
        type: `"category"`.
        column: the column of names.
        optional: whether a row may lack its name.
        on_bad: `"quarantine"` leaves out a row whose cell cannot be used;
            `"missing"` uses the row without this input. Both are listed.
        vocabulary: the known names; learned from the training split if not given.

    Example:
        >>> Category(column="colour", vocabulary=("red", "blue")).decode("blue").numpy()
        np.int32(2)
    """

    type: Literal["category"] = "category"
    vocabulary: tuple[str, ...] | None = None

    fits_encoded: ClassVar[bool] = True
    decodes_batches: ClassVar[bool] = True

    _unique = field_validator("vocabulary")(no_twins)

    @property
    def vocabulary_size(self) -> int:
        """Number of ids, the unknown one included."""
        return len(self._known()) + FIRST_NAME

    @property
    def shape(self) -> tuple[()]:
        """`()`."""
        return ()

    @property
    def dtype(self) -> str:
        """`int32` id: 0 unknown."""
        return "int32"

    def _known(self) -> tuple[str, ...]:
        if self.vocabulary is None:
            raise not_learned("Category", "vocabulary", "categories are decoded")
        return self.vocabulary

    def _read(self, cell: Any, root: Path) -> bytes:
        try:
            return as_text(cell).encode("utf-8")
        except UnicodeError:
            raise RowError("the name is not valid UTF-8") from None

    def decode(self, encoded: tf.Tensor) -> tf.Tensor:
        """Strings of shape `()` or `(batch,)` to int32 ids of the same shape."""
        import tensorflow as tf

        return tf.cast(self._table.lookup(tf.convert_to_tensor(encoded)), tf.int32)

    def _decode_rows(self, encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        text, reasons = utf8_faults(encoded)
        return self.decode(text), reasons

    def limits(self) -> tuple[str, ...]:
        """Encoding and names."""
        return "UTF-8", f"one of {len(self._known())} names; others count as unknown"

    def made_up(self) -> bytes:
        """The first name."""
        return (*self._known(), "?")[0].encode()

    @functools.cached_property
    def _table(self) -> Any:
        return lookup_table(self._known(), FIRST_NAME, UNKNOWN)

    def resources(self) -> Sequence[Any]:
        """The names' lookup table."""
        return (self._table,)

    def fit_encoded(self, values: Iterable[bytes]) -> Self:
        """Learn the names, in code point order."""
        if self.vocabulary is not None:
            return self
        names = sorted({value.decode() for value in values if value})
        return self.replace(vocabulary=tuple(names))

    def preprocessing(self) -> keras.Layer:
        """An id stays an id: its embedding is learned by the encoder.

        Raises:
            ValueError: if the vocabulary is not known yet.
        """
        self._known()
        return keras.layers.Identity(dtype="int32")
