"""What a caller has of an input, as the bytes that are sent."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from mmkeras import _checks
from mmkeras._cells import as_text, is_missing, is_utf8

_MEDIA = (
    "a path, bytes, an array of pixels, a PIL image or `(samples, sample_rate)`, or "
    "`None` where it is absent"
)
_TEXT = "text or a number, or `None` where it is absent"


def encode(owner: str, argument: str, value: Any, binary: bool) -> bytes:
    """One value as its bytes; `b""` is absent.

    Args:
        owner: the method, for errors.
        argument: the input as the caller wrote it, for errors.
        value: what the caller gave.
        binary: whether the model takes a file's bytes, else text.

    Raises:
        TypeError: for a value of a type that cannot be sent.
        ValueError: for one that cannot be encoded.
        OSError: for a file that cannot be read.
    """
    if is_missing(value):
        return b""
    if isinstance(value, bytes | bytearray | memoryview):
        data = bytes(value)
        if not binary and not is_utf8(as_text(data)):
            raise _checks.bad_value(owner, argument, "text in UTF-8", value)
        return data
    if binary:
        return _media(owner, argument, value)
    if not isinstance(value, str | int | float | np.number | np.bool_):
        raise _checks.bad_type(owner, argument, _TEXT, value)
    text = as_text(value)
    if not is_utf8(text):
        raise _checks.bad_value(owner, argument, "text that UTF-8 can hold", value)
    return text.encode()


def _media(owner: str, argument: str, value: Any) -> bytes:
    from mmkeras.modalities._to_image import pixels_to_png
    from mmkeras.modalities._to_wav import samples_to_wav

    if isinstance(value, str | Path):
        return _file(owner, argument, value) if str(value) else b""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        raise _checks.bad_value(
            owner,
            argument,
            _MEDIA,
            f"an array of shape {value.shape}",
            "Samples need their rate: give `(samples, sample_rate)`.",
        )
    try:
        if isinstance(value, np.ndarray):
            return pixels_to_png(value)
        if isinstance(value, tuple) and len(value) == 2:
            return samples_to_wav(*value)
        if hasattr(value, "getexif") and hasattr(value, "save"):
            return _of_pil(value)
    except (TypeError, ValueError, OSError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"`{owner}`: `{argument}` cannot be encoded: {error}") from None
    raise _checks.bad_type(owner, argument, _MEDIA, value)


def _of_pil(image: Any) -> bytes:
    """As a PNG. Turned upright, for a PNG keeps no note of how a camera was held."""
    from PIL import ImageOps

    file = io.BytesIO()
    ImageOps.exif_transpose(image).save(file, "PNG")
    return file.getvalue()


def _file(owner: str, argument: str, path: str | Path) -> bytes:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        text = _checks.sentence(
            owner, argument, "a file that can be read", str(path), f"{error.strerror}."
        )
        raise type(error)(text) from None
    except ValueError as error:  # A NUL in the path.
        raise _checks.bad_value(
            owner, argument, "a path", str(path), f"It has an {error}."
        ) from None
    if not content:
        raise _checks.bad_value(
            owner,
            argument,
            "a file with content",
            str(path),
            "Give `None` where the input is absent.",
        )
    return content
