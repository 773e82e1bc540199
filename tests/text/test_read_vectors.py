"""Word2Vec's and GloVe's text files, whole and damaged."""

import codecs
import gzip

import numpy as np
import pytest

from mmkeras.text import read_vectors

GLOVE = b"two 1 -2.5 3e-1\nthree 4 5 6\ntwo 9 9 9\n"
WORD2VEC = b"2 3\ntwo 1 -2.5 3e-1 \nthree 4 5 6 \n"
TWO = np.array([1, -2.5, 0.3], "float32")


@pytest.fixture
def file(tmp_path):
    """`file(content)`: its path."""

    def write(content, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


GOOD = {
    "glove": GLOVE,
    "word2vec": WORD2VEC,
    "gzip": gzip.compress(GLOVE),
    "windows": WORD2VEC.replace(b"\n", b"\r\n"),
    "byte_order_mark": codecs.BOM_UTF8 + WORD2VEC,
    "blank_lines": GLOVE + b"\n\n",
    "no_last_line_feed": WORD2VEC.rstrip(),
}


@pytest.mark.parametrize("content", GOOD.values(), ids=GOOD)
def test_gives_the_words_that_are_there_in_order(file, content):
    found = read_vectors(file(content), ("four", "three", "two"))
    assert list(found) == ["three", "two"]
    np.testing.assert_array_equal(found["two"], TWO)
    np.testing.assert_array_equal(found["three"], [4, 5, 6])
    assert found["two"].dtype == "float32"


def test_words_of_glove_may_hold_spaces(file):
    content = b"the 1 2\n. . . 3 4\nat name@domain.com 5 6\n"
    found = read_vectors(file(content), (". . .", "at name@domain.com"))
    assert {k: v.tolist() for k, v in found.items()} == {
        ". . .": [3, 4],
        "at name@domain.com": [5, 6],
    }


def test_words_of_any_script_and_white_space_are_words(file):
    words = ["größe", "北京", "\u00a0", "\u0085", "\x1f", "7", "."]
    lines = [f"{word} {i} 0.5" for i, word in enumerate(words)]
    content = "\n".join([f"{len(words)} 2", *lines]).encode()
    found = read_vectors(file(content), words)
    assert [v[0] for v in found.values()] == list(range(len(words)))


def test_none_found_is_an_empty_dict(file):
    assert read_vectors(file(GLOVE), ("Two", "\udcff")) == {}


def test_reads_lines_and_not_the_whole_file(tmp_path):
    path = tmp_path / "large.txt"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        packed.write(b"two 1 2\n")
        for _ in range(20):
            packed.write(b"other 3 4\n" * 10_000)
        packed.write(b"three 5 6\n")
    assert len(read_vectors(path, ("two", "three"))) == 2


ASKED = ("two", "three", "four")
BAD = {
    "empty": (b"", "a whole file of some word vectors.*It ends after 0"),
    "header_alone": (b"3 2\n", "of 3 word vectors.*It ends after 0 of them"),
    "cut_off": (b"3 2\ntwo 1 2\nthree 3 4\n", "It ends after 2 of them"),
    "too_few": (b"two 1 2\nthree 3\n", "line 2` must be a word and 2 numbers"),
    "too_many": (b"1 2\ntwo 1 2 3\n", "line 2` must be a word and 2 numbers"),
    "no_numbers": (b"two\nthree\n", "line 1` must be a word and its numbers"),
    "no_width": (b"2 0\ntwo\nthree\n", "line 2` must be a word and its numbers"),
    "no_number": (b"two 1 2\nthree 3 x4\n", "line 2` must be a word and numbers.*'x4'"),
    "nan": (b"two 1 nan\n", "line 1` must be a word and finite float32.*=nan"),
    "infinite": (b"two 1 2\nfour 1 -inf\n", "line 2` must be .* finite.*=-inf"),
    "too_large": (b"two 1 1e39\n", "finite float32 numbers.*=1e[+]39"),
    "not_utf8": (b"two 1 2\nna\xefve 3 4\n", r"line 2` must be UTF-8.*na\\\\xefve"),
    "binary": (b"2 1\ntwo \x9a\x99\x99\xbe\n", "line 2` must be a word and numbers"),
    "cut_gzip": (gzip.compress(GLOVE)[:-12], "line .* of a whole gzip file"),
    "damaged_gzip": (gzip.compress(GLOVE)[:12] + b"\xff" * 40, "a whole gzip file"),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_damage_is_named_with_file_and_line(file, content, message):
    path = file(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_vectors(path, ASKED)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_says_what_to_do_with_a_binary_file(file):
    with pytest.raises(ValueError, match="make a text file first"):
        read_vectors(file(b"2 2\ntwo\xff 1 2\n"), ASKED)


@pytest.mark.parametrize("words", ["two", None, 3, ["two", 2]], ids=repr)
def test_words_must_be_words(file, words):
    with pytest.raises(TypeError, match="of a loaded data set"):
        read_vectors(file(GLOVE), words)


def test_no_file_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no_such\.txt'. There is no such"):
        read_vectors(tmp_path / "no_such.txt", ASKED)
