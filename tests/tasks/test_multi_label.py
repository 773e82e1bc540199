"""MultiLabel: cells of several names, a sigmoid each, joined answers."""

import numpy as np
import pytest
import tensorflow as tf

import mmkeras as mm
from mmkeras._row_error import RowError

CLASSES = ("cat", "dog", "émeu")
PREDICTIONS = np.array([[0.9, 0.2, 0.8], [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], "float32")


@pytest.fixture
def task():
    return mm.tasks.MultiLabel(column="tags", classes=CLASSES)


def test_fit_takes_every_label_sorted():
    fitted = mm.tasks.MultiLabel(column="tags").fit(["b|a", None, "", ["c", "a"]])
    assert fitted.classes == ("a", "b", "c")


def test_given_label_without_a_training_row_is_refused(task):
    with pytest.raises(ValueError, match=r"\['dog', 'émeu'\].*check their spelling"):
        task.fit(["cat"])


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("cat|émeu", [1, 0, 1]),
        (" dog | cat ", [1, 1, 0]),
        ("", [0, 0, 0]),
        (["dog"], [0, 1, 0]),
        (np.array(["dog", "cat"], object), [1, 1, 0]),
    ],
    ids=str,
)
def test_label_says_what_is_there(task, cell, expected):
    assert task.encode(cell).tolist() == expected


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("cta", "'cta' is not a class. Did you mean 'cat'"),
        ("cat|cat", "'cat' is there more than once"),
        ("cat,dog", "'cat,dog' is not a class"),
    ],
)
def test_wrong_cell_says_why(task, cell, reason):
    with pytest.raises(RowError, match=reason):
        task.encode(cell)


@pytest.mark.parametrize("separator", ["|", "; ", "é"])
def test_served_answers_are_those_of_the_task(task, separator):
    task = task.replace(separator=separator)
    served = task.serve("tags", tf.constant(PREDICTIONS))["tags"].numpy()
    expected = [f"cat{separator}émeu", "", "émeu"]
    assert task.answers(PREDICTIONS).tolist() == expected
    assert [answer.decode() for answer in served] == expected


def test_threshold_moves_the_answers(task):
    low = task.replace(threshold=0.15)
    assert low.answers(PREDICTIONS)[1] == "dog|émeu"


def test_figures_are_of_the_threshold(task):
    labels = np.array([task.encode(cell) for cell in ("cat|émeu", "", "émeu")])
    assert task.figures(labels, PREDICTIONS).point(np.ones(3))["subset_accuracy"] == 1
    low = task.replace(threshold=0.15).figures(labels, PREDICTIONS)
    assert low.point(np.ones(3))["subset_accuracy"] == 0


WRONG = [
    ({"threshold": 1.0}, "`threshold` must be less than 1"),
    ({"separator": ""}, "`separator` must"),
    ({"classes": ("a", "a")}, "one or more different names"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=str)
def test_wrong_argument_is_one_sentence(arguments, message):
    with pytest.raises(ValueError, match=f"^`MultiLabel`: .*{message}"):
        mm.tasks.MultiLabel(**({"column": "tags"} | arguments))
