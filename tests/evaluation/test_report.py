"""Report: plain values, printed and shown."""

import json
from html.parser import HTMLParser

import numpy as np
import pytest

import mmkeras as mm


def make_report(classes=("cat", "dog", "emu"), rows=30):
    random = np.random.default_rng(0)
    task = mm.tasks.Classification(column="animal", classes=classes)
    labels = random.integers(0, len(classes), rows)
    probabilities = random.dirichlet(np.ones(len(classes)), rows)
    price = mm.tasks.Regression(column="price", mean=0.0, std=1.0)
    numbers = random.normal(size=rows)
    ones = np.ones(rows, "float32")
    return mm.Report(
        name="animals",
        split="test",
        rows=rows,
        loss=1.25,
        tasks={
            "animal": task.figures(labels, probabilities).point(ones),
            "price": price.figures(numbers, numbers[:, None] + 0.5).point(ones),
        },
        classes={"animal": classes, "price": ()},
    )


class Cells(HTMLParser):
    """The text of every cell, and the tags that are open."""

    def __init__(self):
        super().__init__()
        self.tags, self.texts = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


def test_dict_is_json():
    report = make_report()
    again = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert again == report.to_dict()
    assert again["tasks"]["price"]["mae"] == pytest.approx(0.5)


@pytest.mark.parametrize("how", [str, repr])
def test_prints_every_figure(how):
    text = how(make_report())
    assert "animals, split 'test': 30 rows, loss 1.2500" in text
    for part in ("macro f1", "animal: by class", "precision", "confusion", "rmse"):
        assert part in text
    # cat, dog and emu: by class, and both ways in the confusion matrix.
    assert all(text.count(name) == 3 for name in ("cat", "dog", "emu"))


def test_class_names_are_printed_as_they_are():
    """Square brackets are rich's markup."""
    assert str(make_report(("[red]x[/red]", "b", "c"))).count("[red]x[/red]") == 3


def test_many_classes_print_no_confusion_matrix():
    assert "confusion" not in str(make_report(tuple(f"class{i}" for i in range(25))))


def test_html_escapes_what_the_data_says():
    html = make_report(("<script>alert(1)</script>", "a&b", "c"))._repr_html_()
    cells = Cells()
    cells.feed(html)
    assert "script" not in cells.tags
    assert "<script>alert(1)</script>" in cells.texts
    assert "a&amp;b" in html


def test_html_shows_what_is_printed():
    html = make_report()._repr_html_()
    cells = Cells()
    cells.feed(html)
    assert cells.tags.count("table") == 4
    for text in ("macro f1", "animal: by class", "emu", "rmse"):
        assert text in cells.texts


def test_unknown_task_offers_the_nearest():
    assert make_report()["price"]["mae"] == pytest.approx(0.5)
    with pytest.raises(KeyError, match=r"no task 'prize'. Did you mean 'price'"):
        make_report()["prize"]
