"""Whether strings are UTF-8, in TensorFlow ops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mmkeras.modalities._reasons import NOT_UTF8

if TYPE_CHECKING:
    import tensorflow as tf


def utf8_faults(encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Strings that are not UTF-8, emptied, and what is said of them.

    Args:
        encoded: `(batch,)` strings.

    Returns:
        `(text, reasons)`, both `(batch,)` strings.
    """
    import tensorflow as tf

    whole = tf.strings.unicode_transcode(
        encoded, "UTF-8", "UTF-8", errors="ignore", replace_control_characters=False
    )
    sound = tf.equal(whole, encoded)
    return tf.where(sound, encoded, ""), tf.where(sound, "", NOT_UTF8)
