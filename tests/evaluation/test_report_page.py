"""The report as a page: of every task, its figures, its drawings, its worst rows."""

import dataclasses
import re

import numpy as np
import pytest

import mmkeras as mm
from mmkeras.evaluation._errors import worst_rows
from mmkeras.evaluation._media import Media, with_boxes


@pytest.fixture(scope="module")
def html(many_report):
    return many_report.to_html(worst=3)


@pytest.fixture(scope="module")
def document(html, check_page):
    return check_page(html)


def test_page_loads_nothing_and_is_balanced(document):
    assert document.all("html") == [{"lang": "en"}]


def test_headline_of_each_task_is_a_tile(document, many_report):
    texts = document.texts
    accuracy = many_report["kind"]["accuracy"]
    assert f"{100 * accuracy:.1f} %" in texts
    assert f"{many_report['price']['mae']:.4g} EUR" in texts
    for label in ("kind: accuracy", "price: MAE", "box: mean IoU", "tags: sample F1"):
        assert label in texts
    low, high = many_report.intervals["kind"]["accuracy"]
    assert f"95 % interval {100 * low:.1f} to {100 * high:.1f}" in texts


def test_every_figure_of_every_task_is_there(document, many_report):
    for figures in many_report.tasks.values():
        for value in figures.values():
            if isinstance(value, float):
                assert f"{value:.4f}" in document.texts


def test_each_task_is_drawn_as_its_kind_is(document):
    shown = [a["aria-label"] for a in document.all("svg")]
    for start in (
        "Confusion matrix of kind",
        "Confusion matrix of grade",
        "Reliability diagram of kind",
        "Answers of price against the truth",
        "Answers of place against the truth",
    ):
        assert sum(text.startswith(start) for text in shown) == 1


def test_data_is_shown_and_never_run(document, html, many_tasks, hostile):
    assert "<script" not in html and "<b>" not in html
    assert hostile in document.texts
    ids = set(many_tasks["test"].ids)
    assert any(text in ids for text in document.texts)


def test_every_input_of_a_worst_row_is_shown(many_tasks, check_page):
    split = many_tasks["test"]
    row = next(i for i, p in enumerate(split.positions) if split.has("words", p))
    parts = dict(Media(split, [row]).parts(row, {}))
    assert list(parts) == [
        "image",
        "words (text)",
        "tone (audio)",
        "size (number)",
        "colour (category)",
    ]
    position = split.positions[row]
    assert parts["colour (category)"] == many_tasks.cells("colour")[position]
    assert parts["size (number)"] == many_tasks.cells("id_number")[position]
    assert check_page(parts["image"]).all("img")[0]["width"] == "160"
    assert check_page(parts["tone (audio)"]).all("audio")


def test_absent_input_is_said_to_be(many_tasks):
    split = many_tasks["test"]
    row = next(i for i, p in enumerate(split.positions) if not split.has("words", p))
    assert dict(Media(split, [row]).parts(row, {}))["words (text)"] == "absent"
    gone = split.with_missing({"words": 1.0})
    assert all(
        dict(Media(gone, [r]).parts(r, {}))["words (text)"] == "absent"
        for r in range(len(split))
    )


def test_inputs_are_those_of_the_asked_rows_without_a_cache(many_tasks):
    plain = mm.load_dataset(many_tasks.spec, cache=False, progress=False)
    rows = [5, 2]
    media = [Media(data["test"], rows) for data in (many_tasks, plain)]
    found = [[one.parts(row, {}) for row in rows] for one in media]
    assert found[0] == found[1]
    assert found[0][0] != found[0][1]


def test_preprocessed_inputs_are_shown_as_pixels(many_tasks):
    shape = (len(many_tasks.ids), 12, 16, 3)
    floats = many_tasks.with_floats({"image": np.zeros(shape, "float32")})
    parts = [Media(d["test"], [0]).parts(0, {})[0] for d in (many_tasks, floats)]
    assert parts[0] == parts[1]


def test_long_text_and_sound_are_cut(many_tasks, monkeypatch):
    from mmkeras.evaluation import _media

    split = many_tasks["test"]
    row = next(i for i, p in enumerate(split.positions) if split.has("words", p))
    whole = dict(Media(split, [row]).parts(row, {}))
    monkeypatch.setattr(_media, "_LONGEST_TEXT", 8)
    monkeypatch.setattr(_media, "_LONGEST", 0.05)
    parts = dict(Media(split, [row]).parts(row, {}))
    assert re.fullmatch(r"<script> \.\.\. \(\d+ characters\)", parts["words (text)"])
    cut = parts["tone (audio, the first 0.05 seconds)"]
    assert len(cut) < len(whole["tone (audio)"])


def test_worst_of_a_classification_are_the_surest_wrong_ones(many_report):
    evaluated = many_report.evaluated["kind"]
    figures = evaluated.figures
    found = worst_rows(many_report.of, "kind", evaluated, 4)
    wrong = np.flatnonzero(figures.labels != figures.chosen)
    sure = figures.probabilities.max(1)[wrong]
    expected = evaluated.rows[wrong[np.argsort(-sure)[:4]]]
    assert [one.row for one in found] == expected.tolist()
    best = wrong[sure.argmax()]
    answer = figures.classes[figures.chosen[best]]
    assert found[0].answer.startswith(f"{answer}, {100 * sure.max():.1f}\u00a0% sure")
    assert found[0].truth == figures.classes[figures.labels[best]]


def test_worst_of_an_order_are_the_furthest_off(many_report):
    evaluated = many_report.evaluated["grade"]
    figures = evaluated.figures
    off = abs(figures.labels - figures.chosen)
    found = worst_rows(many_report.of, "grade", evaluated, 50)
    places = np.searchsorted(evaluated.rows, [one.row for one in found])
    assert len(found) == (off > 0).sum()
    assert off[places].tolist() == sorted(off[off > 0].tolist(), reverse=True)


@pytest.mark.parametrize(
    ("task", "worst", "answer"),
    [
        ("price", np.argmax, r"[\d.]+ EUR, off by [\d.]+ EUR"),
        ("place", np.argmax, r"[\d.]+, [\d.]+, off by [\d.]+"),
        ("tags", np.argmin, r"(none|a|b|a\|b); F1 0\.\d\d"),
        ("box", np.argmin, r"([\d.]+, ){3}[\d.]+; IoU 0\.\d\d"),
        ("pair", np.argmin, r"image to tone: rank \d+; tone to image: rank \d+"),
    ],
)
def test_worst_of_others_have_the_worst_score(many_report, task, worst, answer):
    evaluated = many_report.evaluated[task]
    first = worst_rows(many_report.of, task, evaluated, 1)[0]
    assert first.row == evaluated.rows[worst(evaluated.figures.rows())]
    assert re.fullmatch(answer, first.answer)


def test_truth_is_what_the_cells_say(many_report):
    def truth(task):
        return worst_rows(many_report.of, task, many_report.evaluated[task], 1)[0].truth

    assert re.fullmatch(r"1\d(\.\d+)? EUR", truth("price"))
    assert re.fullmatch(r"target [\d.]+, size -?[\d.]+", truth("place"))
    assert truth("box") == "[0.1, 0.2, 0.5, 0.9]"
    assert truth("pair") == "its own partner"


def test_rows_without_a_label_are_not_among_the_worst(many_report):
    rows = many_report.evaluated["kind"].rows
    assert len(rows) < many_report.rows
    found = worst_rows(many_report.of, "kind", many_report.evaluated["kind"], 99)
    assert {one.row for one in found} <= set(rows.tolist())


def test_clusters_have_no_worst_rows(many_report):
    assert (
        worst_rows(many_report.of, "groups", many_report.evaluated["groups"], 3) == []
    )


def test_boxes_are_drawn_where_they_are():
    pixels = np.zeros((200, 400, 1), "uint8")
    boxes = np.array([[0.25, 0.5, 0.75, 1.0], [0.0, 0.0, 0.5, 0.5]])
    drawn = with_boxes(pixels, boxes)
    assert drawn.shape == (200, 400, 3) and not pixels.any()
    green = (drawn == (0, 158, 115)).all(-1)
    ys, xs = np.nonzero(green)
    # Lines are 2 pixels wide.
    assert np.allclose(
        (xs.min(), xs.max(), ys.min(), ys.max()), (100, 300, 100, 199), atol=1
    )


def test_small_picture_is_enlarged_for_its_boxes():
    drawn = with_boxes(np.zeros((10, 20, 3), "uint8"), np.zeros((2, 4)))
    assert drawn.shape == (160, 320, 3)


def test_modalities_and_robustness_are_shown(small_model, small_data, check_page):
    report = mm.evaluate(
        small_model, small_data["test"], repeats=10, modalities=True, robustness=True
    )
    document = check_page(report.to_html())
    titles = ["Task kind", "Which input matters", "Robustness", "Worst errors"]
    assert [text for text in document.texts if text in titles][-4:] == titles
    sentence = report.modalities["kind"]["sentences"][0]
    assert f"{sentence[0].upper()}{sentence[1:]}." in document.texts
    shown = [a["aria-label"] for a in document.all("svg")]
    assert any(text.startswith("Bars: the figure of kind") for text in shown)
    assert any(text.startswith("Curves: the figure of kind") for text in shown)


def test_report_without_its_rows_has_a_page_without_them(many_report, check_page):
    bare = dataclasses.replace(many_report, of=None, evaluated={}, intervals={})
    document = check_page(bare.to_html())
    assert "Worst errors" not in document.texts
    assert "kind: accuracy" in document.texts
    assert not document.all("audio")


def test_no_worst_rows_if_none_are_asked_for(many_report, check_page):
    assert not check_page(many_report.to_html(worst=0)).all("audio")


@pytest.mark.parametrize("worst", [-1, 1.5, True])
def test_number_of_worst_rows_is_checked(many_report, worst):
    with pytest.raises(ValueError, match="0 shows none"):
        many_report.to_html(worst=worst)


def test_model_without_an_error_says_so(many_report, check_page):
    split, task = many_report.of, many_report.of.spec.tasks["kind"]
    mine = many_report.evaluated["kind"]
    figures = task.figures(mine.figures.labels, np.eye(3)[mine.figures.labels])
    perfect = dataclasses.replace(
        many_report,
        tasks={"kind": figures.point(mine.weights)},
        evaluated={"kind": mine._replace(figures=figures)},
    )
    assert len(split) and "Not one row is wrong." in check_page(perfect.to_html()).texts


def test_many_classes_are_listed_by_confusion(check_page):
    classes = tuple(f"class{i}" for i in range(40))
    task = mm.tasks.Classification(column="x", classes=classes)
    labels = np.arange(40).repeat(3)
    predictions = np.eye(40)[np.where(np.arange(120) == 0, 7, labels)]
    report = mm.Report(
        name="many",
        split="test",
        rows=120,
        loss=0.0,
        tasks={"kind": task.figures(labels, predictions).point(np.ones(120))},
        classes={"kind": classes},
    )
    document = check_page(report.to_html())
    place = document.texts.index("kind: most frequent confusions")
    assert [t for t in document.texts[place:] if t.strip()][4:7] == [
        "class0",
        "class7",
        "1",
    ]


def test_page_is_saved_and_the_same_each_time(many_report, html, tmp_path):
    path = many_report.save_html(tmp_path / "new" / "report.html", worst=3)
    assert path.read_text(encoding="utf-8") == html
