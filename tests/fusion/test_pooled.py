"""What every fusion of pooled embeddings has from its base."""

import keras
import numpy as np
import pytest

from mmkeras import fusion as fusions

# Those that leave out what is absent, and need one width or not.
ONE_WIDTH = [
    fusions.AttentionFusion,
    fusions.ConvFusion,
    fusions.Max,
    fusions.Mean,
    fusions.Multiply,
    fusions.Sum,
    fusions.WeightedSum,
]
ANY_WIDTH = [fusions.GatedFusion, fusions.ProductOfExperts]
# They read the learned stand-ins.
WITHOUT_PRESENT = [fusions.Concat, fusions.FiLM, fusions.MLPFusion]

each_with_present = pytest.mark.parametrize("make", ONE_WIDTH + ANY_WIDTH)


def model_with_present(fusion):
    """A functional model whose inputs are the embeddings and who has them."""
    embeddings = {name: keras.Input((4,), name=name) for name in "abc"}
    present = {
        name: keras.Input((), dtype="bool", name=f"{name}_present") for name in "abc"
    }
    fused = fusion(embeddings, present=present)
    outputs = keras.layers.Dense(2, name="head")(fused)
    inputs = embeddings | {tensor.name: tensor for tensor in present.values()}
    return keras.Model(inputs, outputs)


def row_inputs(three, present):
    return three | {f"{name}_present": there for name, there in present.items()}


@pytest.mark.parametrize("make", ONE_WIDTH)
def test_other_widths_are_refused_with_the_remedy(make):
    inputs = {"a": np.zeros((2, 7)), "b": np.zeros((2, 5))}
    name = make.__name__
    message = rf"^`{name}`: .*7.*5.*`{name}\(project_dim=5\)` projects"
    with pytest.raises(ValueError, match=message):
        make()(inputs)


@pytest.mark.parametrize("make", ANY_WIDTH + WITHOUT_PRESENT)
def test_widths_may_differ(make):
    inputs = {"a": np.zeros((2, 7)), "b": np.zeros((2, 5))}
    assert make()(inputs).shape[0] == 2


@pytest.mark.parametrize("make", ONE_WIDTH)
def test_projection_makes_one_width(make, three, present):
    three["b"] = three["b"][:, :2]
    found = make(project_dim=6)(three, present=present)
    assert found.shape[1] in (6, 6 * 8)  # `ConvFusion` has 8 filters.


def test_projection_is_a_dense_layer_a_modality(three):
    fusion = fusions.Concat(project_dim=3)
    found = fusion(three)
    expected = []
    for name, layer in zip("abc", fusion.projections, strict=True):
        kernel, bias = layer.get_weights()
        expected.append(three[name] @ kernel + bias)
    expected = np.concatenate(expected, axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-6)  # float32 rounding


@pytest.mark.parametrize(("width", "error"), [(0, ValueError), ("4", TypeError)])
def test_wrong_width_of_projection_is_refused(width, error):
    with pytest.raises(error, match=r"^`Mean`: `project_dim` must be"):
        fusions.Mean(project_dim=width)


WRONG_PRESENT = [
    ({"bb": np.ones(5, bool)}, "`present`.*Did you mean 'b'"),
    ({"b": np.ones((5, 1), bool)}, r"`present\['b'\]`.*\(batch,\).*`present\[:, 0\]`"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG_PRESENT)
def test_wrong_present_is_one_sentence(wrong, message):
    inputs = {"aa": np.zeros((5, 2)), "b": np.zeros((5, 2))}
    with pytest.raises(ValueError, match=f"`Mean`: {message}"):
        fusions.Mean()(inputs, present=wrong)


def test_who_is_not_named_is_there(three):
    lacking = {"a": np.zeros(5, bool), "b": None}
    expected = (three["b"] + three["c"]) / 2
    found = fusions.Mean()(three, present=lacking)
    np.testing.assert_allclose(found, expected, atol=1e-6)  # float32 rounding


@each_with_present
def test_row_without_any_counts_all(make, three, present):
    fusion = make()
    np.testing.assert_allclose(
        fusion(three, present=present)[3],
        fusion(three)[3],
        atol=1e-6,  # float32 rounding
    )


@each_with_present
def test_absent_value_may_be_no_number(make, three, present, counts):
    fusion = make()
    expected = fusion(three, present=present)
    spoiled = {
        name: np.where(counts[:, i, None] > 0, three[name], np.nan)
        for i, name in enumerate("abc")
    }
    np.testing.assert_array_equal(fusion(spoiled, present=present), expected)


@pytest.mark.parametrize("make", ONE_WIDTH + ANY_WIDTH + WITHOUT_PRESENT)
def test_half_precision_gives_numbers(make, three, present):
    # Large for embeddings; the product of three is still below float16's 65504.
    inputs = {name: 10 * x for name, x in three.items()}
    given = {} if make in WITHOUT_PRESENT else {"present": present}
    fusion = make(dtype="mixed_float16")
    found = np.asarray(fusion(inputs, **given))
    assert found.dtype == "float16"
    assert np.isfinite(found).all()


@each_with_present
def test_half_precision_leaves_out_what_is_absent(make, three, present):
    fusion = make(dtype="mixed_float16")
    before = fusion(three, present=present)
    three["a"][1] += 100
    after = fusion(three, present=present)
    np.testing.assert_array_equal(after, before)


@each_with_present
def test_model_that_passes_present_is_saved_and_compiled(
    make, three, present, tmp_path
):
    model = model_with_present(make())
    inputs = row_inputs(three, present)
    expected = model(inputs)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(inputs), expected)
    again.compile(loss="mse", optimizer="sgd", jit_compile=True)
    compiled = again.predict_on_batch(inputs)
    # XLA fuses and reorders float32 arithmetic.
    np.testing.assert_allclose(compiled, expected, rtol=1e-4, atol=1e-5)
    targets = np.zeros((5, 2), "float32")
    assert np.isfinite(again.train_on_batch(inputs, targets))
    assert all(np.isfinite(w).all() for w in again.get_weights())


def test_model_that_passes_present_is_exported(three, present, tmp_path):
    import tensorflow as tf

    model = model_with_present(fusions.AttentionFusion(units=6))
    inputs = row_inputs(three, present)
    model.export(tmp_path / "model", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "model")
    found = loaded.serve({name: tf.constant(x) for name, x in inputs.items()})
    # float32 rounding
    np.testing.assert_allclose(found, model(inputs), atol=1e-6)
