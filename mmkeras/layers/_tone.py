"""The pixel-wise changes of RandAugment, each example's own in one pass.

All take float32 pictures in 0..255 and numbers of shape `(batch, 1, 1, 1)`, and
leave a picture exactly as it is where the number says so.
"""

from keras import ops

WHITE = 255.0
LEVELS = 256


def blend(images, base, factor):
    """`base + factor (x - base)` in range; 1 leaves a picture as it is."""
    return ops.clip(images + (factor - 1) * (images - base), 0, WHITE)


def stretch(images, chosen):
    """Each channel from its smallest and largest value to 0 and 255, if chosen."""
    low = ops.min(images, axis=(1, 2), keepdims=True)
    spread = ops.max(images, axis=(1, 2), keepdims=True) - low
    chosen = ops.logical_and(chosen, spread > 0)
    scale = WHITE / ops.where(chosen, spread, ops.ones_like(spread))
    return ops.where(chosen, (images - low) * scale, images)


def posterize(images, step):
    """Down to a multiple of a step; 0 leaves a picture as it is."""
    chosen = step > 0
    safe = ops.where(chosen, step, ops.ones_like(step))
    return ops.where(chosen, ops.floor(images / safe) * safe, images)


def solarize(images, threshold):
    """Inverted from a threshold on; one above 255 leaves a picture as it is."""
    return ops.where(images >= threshold, WHITE - images, images)


def sharpen(images, factor):
    """Away from (above 1) or toward (below 1) the picture smoothed 3 by 3.

    The kernel is 1 around 5, as Pillow's; the outermost pixels stay.
    """
    if min(images.shape[1:3]) < 3:
        return images
    rows = images[:, :-2] + images[:, 1:-1] + images[:, 2:]
    box = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    inner = images[:, 1:-1, 1:-1]
    detail = inner - (box + 4 * inner) / 13
    detail = ops.pad(detail, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return ops.clip(images + (factor - 1) * detail, 0, WHITE)


def equalize(images, chosen):
    """All levels as frequent as they can be, by channel, if chosen.

    As Pillow: level `i` becomes `(s // 2 + pixels below i) // s`, where `s` is the
    number of pixels, less those of the largest level, `// 255`. Other values than
    whole ones count as the level below.
    """
    height, width, channels = images.shape[1:]
    size = ops.shape(images)[0]
    tables = ops.reshape(
        ops.arange(size * channels, dtype="int32"), (-1, 1, 1, channels)
    )
    place = tables * LEVELS + ops.cast(images, "int32")
    flat = ops.reshape(place, (-1,))
    counts = ops.segment_sum(
        ops.ones_like(flat), flat, num_segments=size * channels * LEVELS
    )
    counts = ops.reshape(counts, (-1, LEVELS))
    until = ops.cumsum(counts, axis=1)
    pixels = height * width
    # Below the largest level that there is.
    below = ops.max(ops.where(until < pixels, until, 0), axis=1, keepdims=True)
    step = ops.floor_divide(below, LEVELS - 1)
    safe = ops.maximum(step, 1)
    table = ops.floor_divide(ops.floor_divide(safe, 2) + until - counts, safe)
    table = ops.cast(ops.minimum(table, LEVELS - 1), images.dtype)
    levels = ops.take(ops.reshape(table, (-1,)), place, axis=0)
    # Too few pixels to spread: Pillow too leaves them.
    enough = ops.reshape(step > 0, (-1, 1, 1, channels))
    return ops.where(ops.logical_and(chosen, enough), levels, images)
