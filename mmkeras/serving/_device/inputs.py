"""How a client makes the inputs of a model that does not decode, in sentences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mmkeras.modalities import Audio, Category, Image, Modality, Number, Text
from mmkeras.modalities.text import FIRST_WORD, PADDING, UNKNOWN

_RESIZE = {
    "stretch": "each axis by itself",
    "pad": "with its aspect ratio kept, centred on black",
    "crop": "with its aspect ratio kept, cutting both edges off equally",
}


def input_steps(name: str, modality: Modality) -> list[str]:
    """What to do with one encoded value, in order; what an absent one becomes."""
    steps = _STEPS[type(modality)](name, modality)
    if modality.optional:
        blank = modality.blank().ravel()
        said = f"{blank[0]:g}" if blank.size == 1 else f"{blank[0]:g}, and zeros"
        said = said if blank.size == 1 or blank.any() else "zeros"
        steps.append(
            f"`{name}_present` is true; of an absent value it is false, and `{name}` "
            f"is {said}"
        )
    return steps


def _image(name: str, image: Any) -> list[str]:
    height, width = image.size
    colours = (
        "one channel, the luma of ITU-R BT.601"
        if image.channels == 1
        else "three channels in the order red, green, blue"
    )
    return [
        "decode the picture upright (the EXIF orientation of a JPEG is applied), of an "
        "animation the first frame, transparent pixels over white",
        f"convert it to {colours}",
        f"resize it to height {height} and width {width}, {_RESIZE[image.resize]}: "
        "bilinear, antialiased by a triangle filter along axes that shrink, rounded "
        "to whole levels",
        "give the levels as they are, 0 to 255, rows from the top: the model scales "
        "them",
    ]


def _audio(name: str, audio: Any) -> list[str]:
    return [
        "decode the sound to numbers in [-1, 1] and take the mean of its channels",
        f"resample it to {audio.sample_rate:,} Hz",
        f"take the first {audio.samples:,} samples ({audio.seconds:g} s), with zeros "
        "at the end where there are fewer",
        "multiply by 32,768, round, and clip to -32,768 to 32,767: the model makes the "
        "spectrum",
    ]


def _text(name: str, text: Any) -> list[str]:
    steps = []
    if text.lowercase:
        steps.append("lower-case the text, all of Unicode")
    if text.punctuation == "remove":
        steps.append(
            "remove apostrophes between letters, then put a space for each character "
            "of the Unicode categories P and S"
        )
    split = {
        "words": "split it at white space into words",
        "characters": "split it into characters, without white space",
        "char_ngrams": "split it at white space, put < and > around each word, and "
        f"take the whole and its runs of {text.ngrams[0]} to {text.ngrams[1]} "
        "characters",
    }
    steps.append(split[text.split])
    if text.stop_words:
        steps.append(f"leave out `decoding.{name}.stop_words` of the JSON file")
    return [
        *steps,
        f"an id for each token: {FIRST_WORD} and up for those of "
        f"`decoding.{name}.vocabulary` in the JSON file, in their order; {UNKNOWN} for "
        "any other",
        f"the first {text.max_tokens} ids, and {PADDING} to fill the rest; of a text "
        f"without a token {UNKNOWN}, then {PADDING}",
    ]


def _number(name: str, number: Any) -> list[str]:
    return ["the number as it is, in the unit of the data: the model standardises it"]


def _category(name: str, category: Any) -> list[str]:
    return [
        f"the place of the name in `decoding.{name}.vocabulary` of the JSON file, "
        "counted from 1; 0 for any other",
    ]


_STEPS: dict[type[Modality], Callable[[str, Any], list[str]]] = {
    Audio: _audio,
    Category: _category,
    Image: _image,
    Number: _number,
    Text: _text,
}
