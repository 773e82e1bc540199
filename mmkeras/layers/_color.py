"""Colours of pictures: brightness of a pixel, saturation and hue."""

from keras import ops

# Of RGB in a pixel's brightness: ITU-R BT.601.
LUMA = (0.299, 0.587, 0.114)
# Below the spread of any two bytes; keeps the hue of grey a number.
LEAST_SPREAD = 1e-6
# Where on the circle, in sixths, red, green and blue count from.
OFFSETS = (5, 3, 1)


def luma(images):
    """`(batch, height, width, 1)`: how bright each pixel is; floats."""
    if images.shape[-1] == 1:
        return images
    return sum(images[..., i : i + 1] * weight for i, weight in enumerate(LUMA))


def change_color(images, saturation, hue):
    """HSV's saturation times a factor, at most 1, and its hue turned; V stays.

    With `V` the largest channel, `C = s V` and the hue `h` in sixths, a channel is
    `V - C clip(min(k, 4 - k), 0, 1)` of `k = (offset + h) mod 6`: there and back
    in one pass. Channels are kept apart: reductions over the last axis, and the
    floats' remainder, took XLA on the CPU ten times as long.

    Args:
        images: RGB from 0 up, floats.
        saturation: factor, `(batch, 1, 1, 1)`, 0 or more.
        hue: share of the circle, `(batch, 1, 1, 1)`.
    """
    red, green, blue = images[..., 0], images[..., 1], images[..., 2]
    value = ops.maximum(ops.maximum(red, green), blue)
    spread = value - ops.minimum(ops.minimum(red, green), blue)
    scale = 1 / ops.maximum(spread, LEAST_SPREAD)
    # Each branch holds where its channel is the largest.
    sixth = ops.where(
        ops.equal(value, green), (blue - red) * scale + 2, (red - green) * scale + 4
    )
    sixth = ops.where(ops.equal(value, red), (green - blue) * scale, sixth)
    sixth = sixth + 6 * hue[..., 0]
    spread = ops.minimum(spread * saturation[..., 0], value)
    channels = []
    for offset in OFFSETS:
        place = sixth + offset
        place = place - 6 * ops.floor(place / 6)
        channels.append(value - spread * ops.clip(ops.minimum(place, 4 - place), 0, 1))
    return ops.stack(channels, axis=-1)
