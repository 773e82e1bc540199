"""The page of a check: whole, of itself alone, with rows and pairs to look at."""

import cv2

HOSTILE = "<script>alert(1)</script>"


def test_page_of_clean_data_is_whole(clean, check_page):
    document = check_page(clean.to_html())
    for text in ("Data check of planted", "Findings", "Input image", "Rows", "labels"):
        assert any(text in found for found in document.texts)
    # Three rows of each split, of which all have a picture and a sound.
    assert len(document.all("audio")) == 9
    assert len([a for a in document.all("img") if "pixels" in a["class"]]) == 9


def test_pairs_stand_side_by_side(planted, parse_page, tmp_path):
    planted.write_picture(4, cv2.imread(str(planted.folder / "0.png"), 0))
    check = planted.check()
    page = check.save_html(tmp_path / "page" / "check.html").read_text()
    document = parse_page(page)
    leaks = page[page.index("image in two splits") : page.index('id="part3"')]
    alts = [a["alt"] for a in parse_page(leaks_only(leaks)).all("img")]
    assert alts == ["image of row row0", "image of row row4"]
    assert "Problems" in document.texts


def leaks_only(part):
    """The pair's cards, as a balanced part of a page."""
    start = part.index('<div class="cards">')
    return part[start : part.index("</div>", start) + len("</div>")]


def test_hostile_cells_are_escaped(planted, check_page):
    planted.table.loc[0, "id"] = f"a\"'{HOSTILE}"
    planted.table.loc[:, "words"] = planted.table["words"] + HOSTILE
    planted.table.loc[4, "tags"] = HOSTILE
    planted.table["speaker"] = HOSTILE + planted.table["speaker"]
    page = planted.check(group_columns=["speaker"]).to_html()
    check_page(page)
    assert HOSTILE not in page and "&lt;script&gt;" in page
