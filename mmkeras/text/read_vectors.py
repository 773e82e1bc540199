"""Word vectors from the text files they are shared as."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from mmkeras import _checks

_OWNER = "read_vectors"
_GZIP = b"\x1f\x8b"
# Word2Vec's first line: how many words, how many numbers each.
_HEADER = re.compile(rb"(\d+) (\d+)")
_FETCH = "The file is damaged, or of another format: fetch it again."


def read_vectors(path: str | Path, words: Iterable[str]) -> dict[str, np.ndarray]:
    """Read the vectors of some words from a Word2Vec or GloVe text file.

    Each line is a word and its numbers, between single spaces. Word2Vec's files
    begin with a line `count dim`, GloVe's do not, which tells them apart; GloVe's
    words may hold spaces. Read line by line: the file may be larger than memory.
    If a word is there twice, the first counts. Numbers of words that are not asked
    for are counted, not read.

    Args:
        path: the file, as it is or gzipped.
        words: those to look for: `spec.inputs[...].vocabulary` of a loaded data
            set. Upper and lower case differ.

    Returns:
        `(dim,)` float32 by word, in the order of `words`, for those that are there.

    Raises:
        ValueError: naming file and line, if it is empty, not UTF-8, or cut off, or
            a line has another number of values, or one that is no finite number.
        TypeError: if `words` are no words.
        FileNotFoundError: if there is no such file.

    Example:
        >>> lines = "two 1 0.5\\nthree -1 2e-1\\n"
        >>> _ = Path("vectors.txt").write_text(lines, encoding="utf-8")
        >>> read_vectors("vectors.txt", ["three", "four"])
        {'three': array([-1. ,  0.2], dtype=float32)}

    Reference:
        Mikolov et al., 2013, arXiv:1310.4546 (Word2Vec); Pennington, Socher and
        Manning, 2014, EMNLP (GloVe).
    """
    path = Path(path)
    words = check_words(_OWNER, "words", words)
    if not path.is_file():
        raise FileNotFoundError(
            f"`{_OWNER}`: `path` must be a file of word vectors. "
            f"Received: path='{path}'. There is no such file."
        )
    # A lone surrogate is in no file.
    wanted = {word.encode("utf-8", "surrogatepass") for word in words}
    found: dict[bytes, np.ndarray] = {}
    count, dim, lines = 0, 0, 0
    for number, line in _lines(path):
        if number == 1:
            header = _HEADER.fullmatch(line)
            if header:
                count, dim = int(header[1]), int(header[2])
                continue
            dim = line.count(b" ")
        place = f"{path}, line {number}"
        word, values = _parts(place, line, dim, may_hold_spaces=not count)
        lines += 1
        if word in wanted and word not in found:
            found[word] = _vector(place, values)
    if not lines or lines < count:
        raise _checks.bad_value(
            _OWNER,
            "path",
            f"a whole file of {count or 'some'} word vectors",
            str(path),
            f"It ends after {lines} of them. {_FETCH}",
        )
    pairs = ((word, found.get(word.encode("utf-8", "surrogatepass"))) for word in words)
    return {word: vector for word, vector in pairs if vector is not None}


def check_words(owner: str, argument: str, words: Iterable[str]) -> list[str]:
    """The words as a list; raise unless they are words."""
    fix = "Pass `spec.inputs[...].vocabulary` of a loaded data set."
    if isinstance(words, str) or not isinstance(words, Iterable):
        raise _checks.bad_type(owner, argument, "a list or tuple of words", words, fix)
    words = list(words)
    for word in words:
        if not isinstance(word, str):
            raise _checks.bad_type(owner, argument, "made of words", word, fix)
    return words


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, by their numbers, without the white space after."""
    with path.open("rb") as file:
        zipped = file.read(len(_GZIP)) == _GZIP
    with gzip.open(path) if zipped else path.open("rb") as file:
        number = 0
        try:
            for number, line in enumerate(file, start=1):
                if number == 1:
                    line = line.removeprefix(codecs.BOM_UTF8)
                # Of ASCII alone: a word may be another white space.
                line = line.rstrip()
                if line:
                    yield number, line
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise _checks.bad_value(
                _OWNER,
                f"{path}, line {number + 1}",
                "the next line of a whole gzip file",
                str(error),
                _FETCH,
            ) from None


def _parts(
    place: str, line: bytes, dim: int, may_hold_spaces: bool
) -> tuple[bytes, bytes]:
    """The word, and its numbers."""
    spaces = line.count(b" ")
    word, _, values = line.partition(b" ")
    if may_hold_spaces and spaces > dim > 0:
        values = b" ".join(line.rsplit(b" ", dim)[1:])
        word = line[: len(line) - len(values) - 1]
    elif spaces != dim or not dim:
        raise _wrong(place, f"a word and {dim or 'its'} numbers", line)
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        fix = "Of a binary file of Word2Vec, make a text file first."
        raise _wrong(place, "UTF-8", word, fix) from None
    return word, values


def _vector(place: str, values: bytes) -> np.ndarray:
    numbers = []
    for value in values.split(b" "):
        try:
            numbers.append(float(value))
        except ValueError:
            raise _wrong(place, "a word and numbers", value) from None
    with np.errstate(over="ignore"):
        vector = np.array(numbers).astype("float32")
    if not np.isfinite(vector).all():
        worst = numbers[int(np.argmin(np.isfinite(vector)))]
        raise _checks.bad_value(
            _OWNER, place, "a word and finite float32 numbers", worst, _FETCH
        )
    return vector


def _wrong(place: str, expected: str, value: bytes, fix: str = _FETCH) -> ValueError:
    shown = value[: _checks.LONGEST_QUOTE].decode("utf-8", "backslashreplace")
    return _checks.bad_value(_OWNER, place, expected, shown, fix)
