"""Pictures, sounds and drawings that stand inside a page."""

from __future__ import annotations

import base64
import html
import io
import re
import warnings
import wave
from typing import Any
from xml.etree import ElementTree

import numpy as np

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
# A drawing of more is a picture: of many points, the browser would draw each.
_LONGEST_SVG = 400_000
_DOTS_PER_INCH = 160
# CSS pixels of an inch, whatever the screen.
_CSS_INCH = 96
# Pixels of a picture's longer side on the page; a smaller one is enlarged by a whole
# number, so that its pixels stay squares.
_SIDE = 168
# And of what is stored of a larger one: for screens of many pixels, and to be saved.
_STORED = 512
# A drawing that is not wider fits a phone as it is.
_PHONE = 480

# HTML has no place for them, UTF-8 none for lone surrogates.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class Html(str):
    """Text that is HTML already; every other text is escaped."""


def escape(text: Any) -> Html:
    """Text as HTML, `Html` as it is; what cannot be written becomes U+FFFD."""
    if isinstance(text, Html):
        return text
    return Html(html.escape(_UNWRITABLE.sub("\ufffd", str(text))))


def picture(pixels: np.ndarray, alt: str) -> Html:
    """A picture; a small one is shown larger, of a large one a smaller copy.

    Args:
        pixels: uint8 `(height, width)` or `(height, width, channels)`, grey or RGB.
        alt: what it shows, for those who do not see it.
    """
    import cv2

    rows = pixels.reshape(*pixels.shape[:2], -1)
    height, width, channels = rows.shape
    bgr = np.ascontiguousarray(rows[..., ::-1] if channels == 3 else rows)
    longer = max(height, width)
    if longer > _STORED:
        shrink = _STORED / longer
        smaller = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        bgr = cv2.resize(bgr, smaller, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".png", bgr)
    scale = _SIDE / longer if longer > _SIDE else float(_SIDE // longer)
    size = f'width="{round(width * scale)}" height="{round(height * scale)}"'
    kind = "picture pixels" if scale > 1 else "picture"
    source = _uri("image/png", encoded.tobytes())
    return Html(f'<img class="{kind}" {size} alt="{escape(alt)}" src="{source}">')


def sound(samples: np.ndarray, sample_rate: int, label: str) -> Html:
    """A sound that can be played.

    Args:
        samples: int16 `(samples,)`, mono.
        sample_rate: in Hz.
        label: what it is, for those who do not see the page.
    """
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.asarray(samples, "<i2").tobytes())
    source = _uri("audio/wav", stream.getvalue())
    return Html(
        f'<audio controls preload="metadata" aria-label="{escape(label)}" '
        f'src="{source}"></audio>'
    )


def drawing(figure: Any, alt: str, prefix: str) -> Html:
    """A matplotlib figure, as SVG or, where that would be long, as PNG.

    Args:
        figure: a matplotlib `Figure`.
        alt: what it shows, for those who do not see it.
        prefix: of its ids; each drawing of a page needs another.
    """
    import matplotlib
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        # Names come from the data: a `$` in one starts no formula.
        text.set_parse_math(False)
    width = figure.get_size_inches()[0] * _CSS_INCH
    kind = "drawing small" if width <= _PHONE else "drawing"
    style = f"--width: {width:.0f}px"
    settings = {"svg.fonttype": "none", "svg.hashsalt": prefix}
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # Of a character that matplotlib's font lacks, the reader's may have it.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        text = _saved(figure, format="svg").decode("utf-8")
        svg = None if len(text) > _LONGEST_SVG else _inline(text, prefix)
        if svg is None:
            source = _uri("image/png", _saved(figure, dpi=_DOTS_PER_INCH))
            shown = f'alt="{escape(alt)}" src="{source}"'
            return Html(f'<img class="{kind}" style="{style}" {shown}>')
    svg.set("class", kind)
    svg.set("style", style)
    svg.set("role", "img")
    svg.set("aria-label", _UNWRITABLE.sub("\ufffd", alt))
    # An empty element that closes itself is none in HTML.
    found = ElementTree.tostring(svg, encoding="unicode", short_empty_elements=False)
    return Html(found)


def _saved(figure: Any, **how: Any) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, transparent=True, **how)
    return stream.getvalue()


def _inline(text: str, prefix: str) -> ElementTree.Element | None:
    """An SVG as a part of a page: of its own ids, without what is global."""
    try:
        svg = ElementTree.fromstring(text)
    except ElementTree.ParseError:  # A control character in a name.
        return None
    for parent in list(svg.iter()):
        for child in list(parent):
            # The style sheet would be the whole page's.
            if child.tag in (f"{_SVG}metadata", f"{_SVG}style"):
                parent.remove(child)
    for element in svg.iter():
        # HTML knows both namespaces without being told.
        element.tag = element.tag.removeprefix(_SVG)
        given = {key.replace(_XLINK, "xlink:"): v for key, v in element.items()}
        element.attrib.clear()
        for key, value in given.items():
            if key == "id":
                value = f"{prefix}-{value}"
            elif key == "xlink:href" and value.startswith("#"):
                value = f"#{prefix}-{value[1:]}"
            element.set(key, value.replace("url(#", f"url(#{prefix}-"))
    for key in ("width", "height", "version"):
        svg.attrib.pop(key, None)
    return svg


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
