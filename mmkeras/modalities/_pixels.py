"""Decodes images on the host, with core TensorFlow ops alone.

One function fills the training cache inside `tf.data` and answers requests inside an
exported SavedModel: training and serving see the same pixels.
"""

import functools
from typing import Any

from mmkeras.modalities import _image_header as header
from mmkeras.modalities._bmp import decode_bmp
from mmkeras.modalities._channels import over_white, to_channels
from mmkeras.modalities._exif import exif_orientation, orient
from mmkeras.modalities._first_frame import decode_gif, decode_webp
from mmkeras.modalities._image_header import (
    MOST_CHUNKS,
    number_at,
    require,
    text_at,
)


def decode_pixels(encoded, channels, max_pixels):
    """Decodes an image to upright grey or RGB pixels.

    - JPEG: the accurate integer DCT, bit-equal to OpenCV; the EXIF orientation is
      applied. CMYK is converted as libjpeg's inverted CMYK, without a colour profile,
      as Pillow and (within 1 level) OpenCV do.
    - PNG: 16 bits keep their upper 8. An `eXIf` chunk's orientation is not applied.
    - GIF and WebP: the first frame, on the canvas; later frames are not decoded.
    - BMP: uncompressed with 1, 4, 8, 24 or 32 bits per pixel; others are refused
      (`to_image` makes PNGs of them). The fourth byte of 32 bits is ignored.
    - Transparent pixels of a PNG, WebP or GIF are composited over white.
    - Colour to grey is the luma of ITU-R BT.601.

    Args:
        encoded: Scalar string tensor, the whole file.
        channels: 1 (grey) or 3 (RGB).
        max_pixels: refuse an image whose header claims more, without decoding it.

    Returns:
        uint8 `[height, width, channels]`, 0 to 255, height and width unknown.

    Raises:
        ValueError: if `channels` or `max_pixels` is wrong.
        tf.errors.InvalidArgumentError: at run time, for bytes that are no image of
            these formats, damaged or truncated, or of more than `max_pixels`.
    """
    import tensorflow as tf

    if channels not in (1, 3):
        raise ValueError(
            "`decode_pixels`: `channels` must be 1 or 3. "
            f"Received: channels={channels!r}. Use 1 for grey and 3 for RGB."
        )
    if (
        isinstance(max_pixels, bool)
        or not isinstance(max_pixels, int)
        or max_pixels < 1
    ):
        raise ValueError(
            "`decode_pixels`: `max_pixels` must be a positive integer. "
            f"Received: max_pixels={max_pixels!r}. Use for example 50_000_000."
        )
    # The loops and branches are written as ops already: AutoGraph would parse and
    # rewrite all this code for nothing.
    decode = tf.autograph.experimental.do_not_convert(_decode)
    return decode(encoded, channels, max_pixels)


def _decode(encoded, channels, max_pixels):
    import tensorflow as tf

    encoded = tf.ensure_shape(tf.convert_to_tensor(encoded, tf.string), [])
    height, width = header.image_size(encoded)
    fits = require(
        height * width <= max_pixels,
        "image is ",
        width,
        " x ",
        height,
        f" pixels, more than max_pixels={max_pixels}",
    )
    # The decoders take their bytes from this op: none starts before the checks.
    with tf.control_dependencies([fits, height, width]):
        encoded = tf.identity(encoded)
    decoders: dict[int, Any] = {
        header.JPEG: _decode_jpeg,
        header.PNG: _decode_png,
        header.GIF: functools.partial(decode_gif, height=height, width=width),
        header.BMP: functools.partial(decode_bmp, height=height, width=width),
        header.WEBP: functools.partial(decode_webp, height=height, width=width),
    }
    branches = {
        kind: functools.partial(decode, encoded, channels)
        for kind, decode in decoders.items()
    }
    pixels = tf.switch_case(header.image_format(encoded), branches)
    return tf.ensure_shape(pixels, [None, None, channels])


def decode_jpeg(encoded, channels):
    """Decodes a grey or YCbCr JPEG as it is stored, by the accurate integer DCT.

    Returns:
        uint8 `[height, width, channels]`.
    """
    import tensorflow as tf

    # The default is the fast, less exact DCT; this one is no slower.
    return tf.io.decode_jpeg(encoded, channels=channels, dct_method="INTEGER_ACCURATE")


def _decode_jpeg(encoded, channels):
    import tensorflow as tf

    if channels == 3:
        pixels = decode_jpeg(encoded, 3)
    else:
        # libjpeg has the luma of a YCbCr file at hand, but makes no grey of CMYK.
        pixels = tf.cond(
            tf.image.extract_jpeg_shape(encoded)[2] == 4,
            lambda: to_channels(decode_jpeg(encoded, 3), 1),
            lambda: decode_jpeg(encoded, 1),
        )
    return orient(pixels, exif_orientation(encoded))


def _decode_png(encoded, channels):
    import tensorflow as tf

    colour_type = number_at(encoded, 25, 1)
    has_alpha = (colour_type == 4) | (colour_type == 6) | _png_has_transparency(encoded)

    def opaque():
        if channels == 3:
            return tf.io.decode_png(encoded, channels=3)
        return tf.cond(
            colour_type == 0,
            lambda: tf.io.decode_png(encoded, channels=1),
            # libpng's own luma has other weights.
            lambda: to_channels(tf.io.decode_png(encoded, channels=3), 1),
        )

    # Four channels cost a third more: not for the many files without alpha.
    return tf.cond(
        has_alpha,
        lambda: over_white(tf.io.decode_png(encoded, channels=4), channels),
        opaque,
    )


def _png_has_transparency(encoded):
    """Returns whether a tRNS chunk precedes a PNG's pixels, a bool scalar."""
    import tensorflow as tf

    def goes_on(position):
        kind = text_at(encoded, position + 4, 4)
        at_end = tf.reduce_any(kind == tf.constant([b"tRNS", b"IDAT", b"IEND"]))
        return ~at_end & (position < header.byte_length(encoded))

    def step(position):
        # Each chunk: length, name, data, checksum.
        return (position + 12 + number_at(encoded, position, 4, little_endian=False),)

    position = tf.while_loop(
        goes_on, step, (tf.constant(8, tf.int64),), maximum_iterations=MOST_CHUNKS
    )[0]
    return text_at(encoded, position + 4, 4) == b"tRNS"
