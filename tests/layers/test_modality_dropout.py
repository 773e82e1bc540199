"""ModalityDropout: whole modalities, each row by its own draw, in training alone."""

import keras
import numpy as np
import pytest

from mmkeras.layers import ModalityDropout

ROWS = 20_000
INPUTS = {"a": np.zeros((ROWS, 1), "float32"), "b": np.zeros((ROWS, 2), "float32")}
# Of 20,000 draws the standard error of a share is at most 0.0036; this is four.
SHARE_TOLERANCE = 0.015


def dropped(layer, present=None):
    found = layer(INPUTS, present=present, training=True)
    return {name: ~keras.ops.convert_to_numpy(x) for name, x in found.items()}


def test_each_modality_is_dropped_in_its_share_of_rows():
    gone = dropped(ModalityDropout(0.3, 0.0, seed=1))
    for name in "ab":
        assert abs(gone[name].mean() - 0.3) < SHARE_TOLERANCE


def test_draws_of_modalities_are_independent():
    gone = dropped(ModalityDropout(0.3, 0.0, seed=1))
    assert abs((gone["a"] & gone["b"]).mean() - 0.09) < SHARE_TOLERANCE


def test_some_rows_lose_all():
    gone = dropped(ModalityDropout(0.0, 0.2, seed=1))
    np.testing.assert_array_equal(gone["a"], gone["b"])
    assert abs(gone["a"].mean() - 0.2) < SHARE_TOLERANCE


def test_each_call_draws_anew():
    layer = ModalityDropout(0.5, seed=1)
    assert (dropped(layer)["a"] != dropped(layer)["a"]).any()


def test_what_is_absent_stays_absent():
    here = np.arange(ROWS) % 2 == 0
    gone = dropped(ModalityDropout(0.3, seed=1), {"a": here})
    assert gone["a"][~here].all()
    assert not gone["a"][here].all()


def test_nothing_is_dropped_outside_training():
    here = np.arange(ROWS) % 2 == 0
    found = ModalityDropout(0.9)(INPUTS, present={"a": here}, training=False)
    np.testing.assert_array_equal(found["a"], here)
    assert keras.ops.convert_to_numpy(found["b"]).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rate": 1.0}, ValueError, r"`rate` must be in \[0, 1\)"),
        ({"rate": -0.1}, ValueError, r"`rate` must be in \[0, 1\)"),
        ({"rate": "0.1"}, TypeError, "`rate` must be a number"),
        ({"all_rate": 1}, ValueError, r"`all_rate` must be in \[0, 1\)"),
    ],
)
def test_wrong_rates_are_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`ModalityDropout`: {message}"):
        ModalityDropout(**arguments)


def test_inputs_that_are_no_dict_are_refused():
    with pytest.raises(ValueError, match="a dict of tensors by modality"):
        ModalityDropout()(INPUTS["a"])
