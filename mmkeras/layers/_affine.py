"""Pictures moved by a matrix each: one bilinear resampling for all that moves them."""

import math

from keras import ops

#: What there is outside a picture.
FILLS = ("constant", "nearest", "reflect")


def to_source(rotation, zoom, shear_x, shear_y, shift_x, shift_y):
    """The matrix from a place of the result to the place that it shows.

    The picture is zoomed, sheared, rotated, then shifted: `p' = R S z p + t`, so
    `p = S^-1 R^-1 (p' - t) / z`, of places in pixels from the centre, x to the
    right and y down.

    Args:
        rotation: degrees counterclockwise, `(batch,)` as all of them.
        zoom: factor.
        shear_x: pixels to the right for each pixel down.
        shear_y: pixels down for each pixel to the right.
        shift_x: pixels to the right.
        shift_y: pixels down.

    Returns:
        `(batch, 3, 3)`.
    """
    angle = rotation * (math.pi / 180)
    cosine, sine = ops.cos(angle), ops.sin(angle)
    scale = 1 / (zoom * (1 - shear_x * shear_y))
    a, b = scale * (cosine - shear_x * sine), -scale * (sine + shear_x * cosine)
    d, e = scale * (sine - shear_y * cosine), scale * (cosine + shear_y * sine)
    zero, one = ops.zeros_like(a), ops.ones_like(a)
    entries = [
        *(a, b, -(a * shift_x + b * shift_y)),
        *(d, e, -(d * shift_x + e * shift_y)),
        *(zero, zero, one),
    ]
    return ops.reshape(ops.stack(entries, axis=-1), (-1, 3, 3))


def fold(places, size, fill):
    """Where inside a row of `size` pixels a place outside of it is taken from.

    `"reflect"` mirrors at the outermost pixels, without repeating them.
    """
    last = size - 1
    if fill == "reflect" and last:
        places = last - ops.abs(ops.mod(places, 2 * last) - last)
    return ops.clip(places, 0, last)


def take_pixels(images, rows, columns):
    """The pixels at whole places, inside: `images[b, rows[b, i], columns[b, j]]`.

    One gather of whole pixels: faster than one an axis, and than products with
    one-hot rows, with XLA and without, on the CPU.

    Args:
        images: `(batch, height, width, channels)`, of any dtype.
        rows: `(batch, height of the result)`, int32.
        columns: `(batch, width of the result)`, int32.
    """
    height, width, channels = images.shape[1:]
    starts = ops.arange(ops.shape(images)[0], dtype="int32")[:, None] * height
    places = (starts + rows)[:, :, None] * width + columns[:, None, :]
    return ops.take(ops.reshape(images, (-1, channels)), places, axis=0)


def resample(images, matrix, fill="constant", fill_value=0.0):
    """Pictures as their matrices move them, bilinear.

    Four gathers of whole pixels from a picture with one more pixel at each side:
    of what was measured the fastest both with and without XLA, on the CPU.

    Args:
        images: `(batch, height, width, channels)`, float32.
        matrix: `(batch, 3, 3)`, as `to_source` gives it.
        fill: what there is outside: one of `FILLS`.
        fill_value: of `"constant"`.

    Returns:
        The shape of the images.
    """
    height, width, channels = images.shape[1:]
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    x = ops.arange(width, dtype="float32") - middle_x
    y = (ops.arange(height, dtype="float32") - middle_y)[:, None]

    def row(i):
        m = matrix[:, i, :, None, None]
        return m[:, 0] * x + m[:, 1] * y + m[:, 2]  # (batch, height, width)

    at_x, at_y = row(0) + middle_x, row(1) + middle_y
    if fill == "constant":
        at_x, at_y = ops.clip(at_x, -1, width), ops.clip(at_y, -1, height)
    else:
        at_x, at_y = fold(at_x, width, fill), fold(at_y, height, fill)
    at_x, at_y = at_x + 1, at_y + 1  # In the picture with a border.
    left, top = (
        ops.minimum(ops.floor(at_x), width),
        ops.minimum(ops.floor(at_y), height),
    )
    rest_x, rest_y = (at_x - left)[..., None], (at_y - top)[..., None]
    border = ((0, 0), (1, 1), (1, 1), (0, 0))
    pixels = ops.pad(images, border, constant_values=fill_value)
    pixels = ops.reshape(pixels, (-1, channels))
    wide = width + 2
    picture = ops.arange(ops.shape(images)[0], dtype="int32") * ((height + 2) * wide)
    first = ops.cast(top, "int32") * wide + ops.cast(left, "int32")
    first = first + picture[:, None, None]

    def line(start):
        here = ops.take(pixels, start, axis=0)
        return here + rest_x * (ops.take(pixels, start + 1, axis=0) - here)

    above = line(first)
    return above + rest_y * (line(first + wide) - above)
