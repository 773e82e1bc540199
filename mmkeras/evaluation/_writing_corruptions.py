"""Texts made worse: `str` in and out, before they are split into tokens."""

import numpy as np

from mmkeras.evaluation._chosen import chosen
from mmkeras.evaluation.corruption import Corruption

_SHARES = (0.05, 0.1, 0.2, 0.3, 0.4)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


def _neighbours() -> dict[str, str]:
    """By letter, the keys around it on a QWERTY keyboard."""
    places = {
        letter: (column + row / 2, row)  # Each row starts half a key further right.
        for row, letters in enumerate(_ROWS)
        for column, letter in enumerate(letters)
    }
    return {
        letter: "".join(
            other
            for other, (x, y) in places.items()
            if other != letter and abs(x - column) <= 1 and abs(y - row) <= 1
        )
        for letter, (column, row) in places.items()
    }


NEIGHBOURS = _neighbours()


def _characters(text: str) -> list[int]:
    """Where there is no white space."""
    return [place for place, character in enumerate(text) if not character.isspace()]


def typos(text: str, share: float, random: np.random.Generator) -> str:
    """This share of the characters is another: of a letter a key beside it."""
    places, written = _characters(text), list(text)
    draws = random.random(len(places))
    for hit in chosen(random, len(places), share * len(places)):
        old = written[places[hit]]
        keys = NEIGHBOURS.get(old.lower(), _ALPHABET)
        new = keys[int(draws[hit] * len(keys))]
        written[places[hit]] = new.upper() if old.isupper() else new
    return "".join(written)


def deletions(text: str, share: float, random: np.random.Generator) -> str:
    """This share of the characters is left out."""
    places = _characters(text)
    gone = {places[hit] for hit in chosen(random, len(places), share * len(places))}
    return "".join(c for place, c in enumerate(text) if place not in gone)


def swaps(text: str, share: float, random: np.random.Generator) -> str:
    """This share of the characters has changed places with one beside it.

    Only pairs inside words that do not overlap and differ: of short words there are
    so few that a high share may not be reached.
    """
    pairs, written = [], list(text)
    place = int(random.random() < 0.5)
    while place + 1 < len(text):
        left, right = text[place], text[place + 1]
        if left != right and not (left.isspace() or right.isspace()):
            pairs.append(place)
            place += 1
        place += 1
    expected = share * len(_characters(text)) / 2
    for hit in chosen(random, len(pairs), min(expected, len(pairs))):
        at = pairs[hit]
        written[at : at + 2] = written[at + 1], written[at]
    return "".join(written)


WRITING_CORRUPTIONS = (
    Corruption("typos", typos, _SHARES, "of the characters"),
    Corruption("deletions", deletions, _SHARES, "of the characters"),
    Corruption("swaps", swaps, _SHARES, "of the characters"),
)
