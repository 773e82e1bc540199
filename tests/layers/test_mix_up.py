"""MixUp: examples blended in pairs, labels too."""

import keras
import numpy as np
import pytest
import scipy.stats

from mmkeras.layers import MixUp

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (4, 5, 6, 3)).astype("uint8")
LABELS = np.eye(4, dtype="float32")
DRAWN = {"partner": np.array([2, 0, 1, 3]), "share": np.array([0.9, 0.5, 1.0, 0.7])}


def test_mix_equals_kerass():
    layer = keras.layers.MixUp()
    drawn = {
        "permutation_order": DRAWN["partner"],
        "mix_weight": DRAWN["share"].astype("float32"),
    }
    # float32 of bytes.
    np.testing.assert_allclose(
        MixUp().mix(IMAGES, DRAWN),
        layer.transform_images(keras.ops.convert_to_tensor(IMAGES), drawn),
        atol=1e-4,
    )
    np.testing.assert_allclose(
        MixUp().mix(LABELS, DRAWN),
        layer.transform_labels(keras.ops.convert_to_tensor(LABELS), drawn),
        atol=1e-6,
    )


def test_everything_is_mixed_by_the_same_draws():
    x = RANDOM.normal(size=(16, 3)).astype("float32")
    found = MixUp(1.0, seed=1)({"a": x, "b": 2 * x[:, :1]}, training=True)
    np.testing.assert_allclose(2 * found["a"][:, :1], found["b"], rtol=1e-6)
    assert np.abs(np.asarray(found["a"]) - x).max() > 0.1


def test_labels_still_sum_to_1():
    found = MixUp(1.0, seed=1)({"label": LABELS}, training=True)["label"]
    np.testing.assert_allclose(np.sum(found, axis=1), 1, atol=1e-6)


def test_integers_become_floats_in_both_modes():
    for training in (True, False):
        found = MixUp(seed=1)({"image": IMAGES}, training=training)["image"]
        assert keras.backend.standardize_dtype(found.dtype) == "float32"


def test_it_is_the_identity_outside_training():
    np.testing.assert_array_equal(MixUp()({"image": IMAGES})["image"], IMAGES)


def test_partners_are_a_permutation():
    partner = np.asarray(MixUp(seed=1).draw(np.zeros((50, 1)))["partner"])
    assert sorted(partner) == list(range(50))
    assert (partner != np.arange(50)).mean() > 0.8


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.5, 1.0, 2.5, 40.0])
def test_shares_are_of_the_beta_distribution(alpha):
    layer = MixUp(alpha, keep_main=False, seed=3)
    share = np.asarray(layer.draw(np.zeros((4000, 1)))["share"], "float64")
    assert ((share >= 0) & (share <= 1)).all()
    # float32 draws of a small alpha round to 1 exactly, which is no step of the
    # continuous distribution: compare below and above a half, folded.
    folded = np.minimum(share, 1 - share)
    found = scipy.stats.ks_1samp(
        folded, lambda x: 2 * scipy.stats.beta.cdf(np.minimum(x, 0.5), alpha, alpha)
    )
    limit = 1.63 / 4000**0.5  # 1 % of honest samples are farther.
    # Less than 6e-8 from 1 cannot be told from 1 in float32.
    lost = 2 * scipy.stats.beta.cdf(6e-8, alpha, alpha)
    assert found.statistic < limit + lost
    # Four standard errors of a share of 4,000.
    assert abs((share > 0.5).mean() - 0.5) < 0.032


def test_main_example_keeps_the_larger_share():
    shares = [
        np.asarray(MixUp(0.5, keep, seed=3).draw(np.zeros((200, 1)))["share"])
        for keep in (True, False)
    ]
    assert shares[0].min() >= 0.5
    assert shares[1].min() < 0.5
    np.testing.assert_array_equal(shares[0], np.maximum(shares[1], 1 - shares[1]))


@pytest.mark.parametrize("dtype", ["int32", "int64", "bool"])
def test_ids_are_refused(dtype):
    with pytest.raises(TypeError, match="give labels as one-hot floats"):
        MixUp()({"text": np.zeros((4, 2), dtype)})


def test_inputs_that_are_no_dict_are_refused():
    with pytest.raises(TypeError, match=r"Pass for example `.'image': images"):
        MixUp()(IMAGES)


@pytest.mark.parametrize(
    ("arguments", "error", "fix"),
    [
        ({"alpha": 0}, ValueError, "`alpha` must be above 0"),
        ({"keep_main": 1}, TypeError, "`keep_main` must be True or False"),
        ({"seed": 1.5}, TypeError, "`seed` must be a whole number or None"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, fix):
    with pytest.raises(error, match=f"^`MixUp`: {fix}"):
        MixUp(**arguments)
