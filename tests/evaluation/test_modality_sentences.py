"""Sentences about inputs."""

import pytest

from mmkeras.evaluation._modality_sentences import adds, against_best
from mmkeras.evaluation._row_means import Headline

POINTS = Headline("accuracy", False, "points")
EUR = Headline("mae", True, "EUR")
PLAIN = Headline("mae", True, "")


def change(value, low, high):
    return {"value": value, "low": low, "high": high}


ADDS = [
    (
        (["image"], POINTS, change(0.061, 0.04, 0.082)),
        "sound adds 6.1 points over image alone (95 % interval 4.0 to 8.2)",
    ),
    (
        (["image", "word"], POINTS, change(0.061, 0.04, 0.082)),
        "sound adds 6.1 points over image and word (95 % interval 4.0 to 8.2)",
    ),
    (
        (["image", "word", "size"], POINTS, change(-0.02, -0.03, -0.01)),
        "sound costs 2.0 points over image, word and size (95 % interval 1.0 to 3.0)",
    ),
    (
        ([], POINTS, change(0.5, 0.4, 0.6)),
        "sound adds 50.0 points over no input at all (95 % interval 40.0 to 60.0)",
    ),
    (
        (["image"], POINTS, change(-0.003, -0.01, 0.016)),
        "sound makes no difference that the data can show over image alone: "
        "-0.3 points (95 % interval -1.0 to 1.6)",
    ),
    (
        (["image"], POINTS, change(0.0, 0.0, 0.0)),
        "sound makes no difference that the data can show over image alone: "
        "0.0 points (95 % interval 0.0 to 0.0)",
    ),
    (
        (["image"], EUR, change(0.31, 0.1, 0.5)),
        "sound lowers the MAE by 0.31 EUR over image alone (95 % interval 0.1 to 0.5)",
    ),
    (
        (["image"], PLAIN, change(-0.31, -0.5, -0.1)),
        "sound raises the MAE by 0.31 over image alone (95 % interval 0.1 to 0.5)",
    ),
    (
        (["image"], PLAIN, change(0.1, -0.5, 0.6)),
        "sound makes no difference that the data can show over image alone: 0.1 "
        "(95 % interval -0.5 to 0.6)",
    ),
]


@pytest.mark.parametrize(("arguments", "sentence"), ADDS)
def test_sentence_says_what_an_input_adds(arguments, sentence):
    assert adds("sound", *arguments) == sentence


BEST = [
    (
        (POINTS, change(0.03, 0.01, 0.05)),
        "all inputs together beat the best model of one input, image alone, by "
        "3.0 points (95 % interval 1.0 to 5.0)",
    ),
    (
        (EUR, change(-0.3, -0.5, -0.1)),
        "all inputs together fall behind the best model of one input, image alone, "
        "by 0.3 EUR of MAE (95 % interval 0.1 to 0.5)",
    ),
    (
        (POINTS, change(0.03, -0.01, 0.05)),
        "all inputs together are not better or worse than the best model of one "
        "input, image alone, as far as the data can show: 3.0 points "
        "(95 % interval -1.0 to 5.0)",
    ),
]


@pytest.mark.parametrize(("arguments", "sentence"), BEST)
def test_sentence_compares_with_the_best_single_model(arguments, sentence):
    assert against_best("image", *arguments) == sentence
