"""The page: one file that loads nothing, runs nothing, and shows data as it is."""

import base64
import io

import cv2
import numpy as np
import pytest
import soundfile
from matplotlib.figure import Figure

from mmkeras._page import Card, Page, Tile
from mmkeras._page_media import picture, sound
from mmkeras._tables import Table

HOSTILE = "<script>alert(1)</script> \"'& $x^2$ \x00\ud800"


def drawn(title="a title"):
    figure = Figure(figsize=(6, 3))
    panel = figure.subplots()
    panel.imshow(np.eye(4))
    panel.plot([0, 3], [3, 0], "o-")
    panel.set_title(title)
    return figure


@pytest.fixture
def page():
    page = Page("A & B", "below")
    page.top.tiles([Tile("accuracy", "97.3 %", "96 to 98"), Tile("rows", "500")])
    section = page.section("One")
    section.heading("smaller")
    section.text("words")
    section.items(["first", "second"])
    with section.beside():
        section.table(Table("by class", ["class", "F1"], [["cat", "0.5"]]))
        section.figure(drawn(), "a diagonal", "caption")
    section.figure(drawn(), "again")
    pixels = np.arange(48, dtype="uint8").reshape(4, 4, 3)
    wave = np.arange(-100, 100).astype("int16")
    parts = [("image", picture(pixels, "alt")), ("sound", sound(wave, 8000, "label"))]
    section.cards([Card("row1", "line", [*parts, ("text", "hello")])])
    page.section("Two").table(Table("long", ["a", "b"], [["x", "1"]] * 40))
    return page


def test_page_is_whole_and_of_itself_alone(page, check_page):
    document = check_page(page.html())
    assert page.html().startswith("<!DOCTYPE html>")
    assert document.all("html") == [{"lang": "en"}]
    assert {"charset": "utf-8"} in document.all("meta")
    for text in ("A & B", "97.3 %", "smaller", "words", "second", "cat", "hello"):
        assert text in document.texts


def test_browser_is_told_to_load_nothing(page, parse_page):
    policies = [
        a["content"] for a in parse_page(page.html()).all("meta") if "http-equiv" in a
    ]
    assert policies[0].startswith("default-src 'none'; img-src data:; media-src data:")
    assert "script-src" not in policies[0]


def test_sections_can_be_jumped_to(page, parse_page):
    document = parse_page(page.html())
    assert [a["href"] for a in document.all("a")] == ["#part1", "#part2"]


def test_two_drawings_share_no_id(page, check_page):
    document = check_page(page.html())
    assert len(document.all("svg")) == 2
    assert all(a["role"] == "img" for a in document.all("svg"))
    assert [a["aria-label"] for a in document.all("svg")] == ["a diagonal", "again"]


def test_drawing_is_the_same_each_time():
    texts = []
    for _ in range(2):
        page = Page("a")
        page.section("b").figure(drawn(), "alt")
        texts.append(page.html())
    assert texts[0] == texts[1]


@pytest.mark.filterwarnings("error")
def test_what_the_data_says_is_shown_and_never_run(check_page):
    page = Page(HOSTILE, HOSTILE)
    page.top.tiles([Tile(HOSTILE, HOSTILE, HOSTILE)])
    section = page.section(HOSTILE)
    section.text(HOSTILE)
    section.items([HOSTILE])
    section.table(Table(HOSTILE, [HOSTILE, "n"], [[HOSTILE, HOSTILE]]))
    section.table(Table(HOSTILE, [HOSTILE], [[HOSTILE]]), folded=True)
    section.figure(drawn("<script>alert(2)</script> $x^2$ \u65e5"), HOSTILE, HOSTILE)
    pixels = picture(np.zeros((2, 2), "uint8"), HOSTILE)
    wave = sound(np.zeros(8, "int16"), 8000, HOSTILE)
    section.cards([Card(HOSTILE, HOSTILE, [(HOSTILE, pixels), (HOSTILE, wave)])])
    document = check_page(page.html())
    shown = HOSTILE[:-2] + "\ufffd\ufffd"
    assert document.texts.count(shown) >= 12
    assert shown in [a.get("alt") for a in document.all("img")]
    page.html().encode("utf-8")
    # No formula: the title of the drawing is as it was given.
    assert any("$x^2$ \u65e5" in text for text in document.texts)


def test_drawing_of_a_control_character_is_a_picture(check_page):
    page = Page("a")
    page.section("b").figure(drawn("bell \x07"), "alt")
    document = check_page(page.html())
    assert not document.all("svg") and document.all("img")[0]["alt"] == "alt"


def test_drawing_of_many_points_is_a_picture(check_page):
    figure = Figure()
    points = np.random.default_rng(0).normal(size=(2, 20_000))
    figure.subplots().scatter(*points)
    page = Page("a")
    page.section("b").figure(figure, "cloud")
    document = check_page(page.html())
    assert not document.all("svg") and document.all("img")[0]["alt"] == "cloud"


def data_of(address):
    return base64.b64decode(address.partition("base64,")[2])


@pytest.mark.parametrize("channels", [1, 3])
def test_picture_holds_the_pixels(channels, parse_page):
    pixels = np.random.default_rng(0).integers(0, 256, (28, 20, channels), "uint8")
    (image,) = parse_page(picture(pixels, "alt")).all("img")
    assert (image["width"], image["height"]) == ("120", "168")  # Six times.
    found = cv2.imdecode(
        np.frombuffer(data_of(image["src"]), "uint8"), cv2.IMREAD_UNCHANGED
    )
    found = found[..., ::-1] if channels == 3 else found[..., None]
    np.testing.assert_array_equal(found, pixels)


def test_large_picture_is_stored_smaller(parse_page):
    (image,) = parse_page(picture(np.zeros((600, 1200, 3), "uint8"), "alt")).all("img")
    assert (image["width"], image["height"]) == ("168", "84")
    found = cv2.imdecode(np.frombuffer(data_of(image["src"]), "uint8"), 1)
    assert found.shape == (256, 512, 3)


def test_sound_holds_the_samples(parse_page):
    samples = np.array([0, 1, -1, 32767, -32768], "int16")
    (audio,) = parse_page(sound(samples, 11025, "label")).all("audio")
    assert "controls" in audio and audio["aria-label"] == "label"
    found, rate = soundfile.read(io.BytesIO(data_of(audio["src"])), dtype="int16")
    assert rate == 11025
    np.testing.assert_array_equal(found, samples)


def test_words_are_left_and_numbers_right(parse_page):
    page = Page("a")
    page.section("b").table(
        Table("t", ["class", "kind", "n"], [["cat", "pet", "3"]], words=2)
    )
    document = parse_page(page.html())
    heads = document.all("th")
    assert [a.get("class") for a in heads] == ["words", "words", None, "words"]
    assert [a["scope"] for a in heads] == ["col", "col", "col", "row"]
    assert [a.get("class") for a in document.all("td")] == ["words", None]


def test_long_table_is_folded(page, parse_page):
    document = parse_page(page.html())
    assert len(document.all("details")) == 1
    assert "long (40 rows)" in document.texts


def test_page_is_saved_in_a_new_folder(page, tmp_path):
    path = page.save(tmp_path / "new" / "page.html")
    assert path.read_text(encoding="utf-8") == page.html()
