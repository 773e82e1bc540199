"""TensorFusion: every product across modalities."""

import numpy as np
import pytest

from mmkeras.fusion import TensorFusion

# Each output is one product of three floats.
TOLERANCE = 1e-6


def with_ones(x):
    return np.concatenate([x, np.ones((len(x), 1))], axis=1)


def tensor(inputs, counts):
    a, b, c = (with_ones(inputs[n] * counts[:, [m]]) for m, n in enumerate("abc"))
    return np.einsum("ni,nj,nk->nijk", a, b, c).reshape(len(a), -1)


def test_it_is_the_outer_product_by_name(uneven):
    expected = tensor(uneven, np.ones((5, 3)))
    found = TensorFusion()(uneven)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_absent_embedding_is_zero_and_its_one_stays(uneven, present, counts):
    found = TensorFusion()(uneven, present=present)
    expected = tensor(uneven, counts)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_of_an_absent_embedding_the_tensor_of_the_others_is_left(uneven):
    found = TensorFusion()(uneven, present={"b": np.zeros(5, bool)})
    others = TensorFusion()({"a": uneven["a"], "c": uneven["c"]})
    slices = np.reshape(found, (5, 4, 5, 3))
    np.testing.assert_array_equal(slices[:, :, -1].reshape(5, -1), others)
    assert not np.any(slices[:, :, :-1])


def test_one_embedding_is_itself_and_a_one(uneven):
    found = TensorFusion()({"a": uneven["a"]})
    np.testing.assert_array_equal(found, with_ones(uneven["a"]))


def test_projection_sets_the_size(uneven):
    assert TensorFusion(project_dim=3)(uneven).shape == (5, 64)


def test_too_wide_an_output_is_refused_with_the_width_that_fits():
    wide = {name: np.zeros((1, 128), "float32") for name in "abc"}
    message = "^`TensorFusion`: .*2,146,689.*'a': 128.*Pass project_dim=99 or less"
    with pytest.raises(ValueError, match=message):
        TensorFusion()(wide)
    with pytest.raises(ValueError, match=r"1,030,301.*Pass project_dim=99 or less"):
        TensorFusion(project_dim=100)(wide)
    assert TensorFusion(project_dim=99)(wide).shape == (1, 1_000_000)


def test_too_many_modalities_are_refused():
    many = {f"m{i}": np.zeros((1, 1), "float32") for i in range(20)}
    with pytest.raises(ValueError, match=r"1,048,576.*\. Use `LowRankTensorFusion`"):
        TensorFusion()(many)
