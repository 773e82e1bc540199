"""What all fusions of token sequences promise."""

import keras
import numpy as np
import pytest

from mmkeras import fusion

NAMES = [
    "BottleneckFusion",
    "CoAttention",
    "CrossAttention",
    "EarlyFusionTransformer",
    "LateFusionTransformer",
    "MultimodalTransformer",
    "PerceiverFusion",
]
each = pytest.mark.parametrize("name", NAMES)


def made(name, **arguments):
    # A bottleneck needs a second layer to be read in.
    depth = 2 if name == "BottleneckFusion" else 1
    small = {"dim": 4, "num_heads": 2, "depth": depth}
    return getattr(fusion, name)(**small | arguments)


@each
def test_what_does_not_count_may_be_no_number(name, sequences, masks, present):
    layer = made(name)
    expected = layer(sequences, masks=masks, present=present)
    damaged = {key: x.copy() for key, x in sequences.items()}
    damaged["a"][0:2][~masks["a"][0:2]] = np.nan  # Padding.
    damaged["a"][2] = damaged["c"][4] = np.inf  # Absent.
    found = layer(damaged, masks=masks, present=present)
    np.testing.assert_array_equal(found, expected)


@each
def test_sequence_without_any_token_that_counts_is_as_if_absent(name, sequences):
    layer = made(name)
    nothing = {"a": np.zeros((5, 4), bool)}
    absent = {"a": np.zeros(5, bool)}
    np.testing.assert_array_equal(
        layer(sequences, masks=nothing), layer(sequences, present=absent)
    )


@each
def test_dropout_is_of_training_alone(name, sequences):
    layer = made(name, dropout=0.5)
    np.testing.assert_array_equal(layer(sequences), layer(sequences, training=False))
    change = np.array(layer(sequences, training=True)) - layer(sequences)
    assert np.abs(change).max() > 1e-3


@each
def test_arguments_are_in_the_config(name):
    given = {"dim": 6, "num_heads": 3, "depth": 3, "dropout": 0.25}
    config = made(name, **given).get_config()
    assert {key: config[key] for key in given} == given


@each
def test_half_precision_gives_numbers(name, sequences, masks, present):
    layer = made(name, dtype="mixed_float16")
    found = layer(sequences, masks=masks, present=present)
    assert found.dtype == "float16"
    assert np.isfinite(np.array(found)).all()


@pytest.mark.parametrize("name", ["CrossAttention", "LateFusionTransformer"])
def test_model_of_sequences_of_any_length_is_saved_exactly(
    name, sequences, masks, present, tmp_path
):
    def symbols(part, arrays):
        return {
            key: keras.Input(
                (None, x.shape[2]) if x.ndim == 3 else (None,) * (x.ndim - 1),
                dtype=x.dtype.name,
                name=f"{part}_{key}",
            )
            for key, x in arrays.items()
        }

    sequences = {key: sequences[key] for key in ("a", "c")}
    inputs = {
        "tokens": symbols("tokens", sequences),
        "masks": symbols("masks", masks),
        "present": symbols("present", present),
    }
    del inputs["present"]["b"]
    y = made(name)(inputs["tokens"], masks=inputs["masks"], present=inputs["present"])
    assert y.shape == (None, 4)
    model = keras.Model(inputs, y)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    del present["b"]
    batch = {"tokens": sequences, "masks": masks, "present": present}
    np.testing.assert_array_equal(again(batch), model(batch))


WRONG = [
    ({"dim": 0}, ValueError, "`dim` must be at least 1"),
    ({"dim": 6, "num_heads": 4}, ValueError, "`dim` must be a multiple of num_heads=4"),
    ({"depth": 0}, ValueError, "`depth` must be at least 1"),
    ({"num_heads": "2"}, TypeError, "`num_heads` must be a whole number"),
    ({"dropout": 1.0}, ValueError, r"`dropout` must be in \[0, 1\)"),
]


@each
@pytest.mark.parametrize(("arguments", "error", "message"), WRONG)
def test_wrong_arguments_are_one_sentence(name, arguments, error, message):
    with pytest.raises(error, match=f"^`{name}`: {message}"):
        made(name, **arguments)


def test_error_offers_a_width_that_the_heads_divide():
    with pytest.raises(ValueError, match=r"Received: dim=50\. .*dim=52 is one"):
        fusion.CoAttention(dim=50)


X = {"sound": np.zeros((2, 3, 4)), "text": np.zeros((2, 5))}
WRONG_INPUTS = [
    ([X["sound"]], {}, TypeError, "a dict of embeddings by name"),
    ({}, {}, TypeError, "a dict of embeddings by name"),
    (
        {"image": np.zeros((2, 3, 3, 4))},
        {},
        ValueError,
        r"inputs\['image'\].*Reshape a grid",
    ),
    (X, {"masks": {"sond": np.ones((2, 3))}}, ValueError, "`masks`.*mean 'sound'"),
    (X, {"present": {"txt": np.ones(2)}}, ValueError, "`present`.*mean 'text'"),
    (
        X,
        {"masks": {"sound": np.ones((2, 4), bool)}},
        ValueError,
        r"masks\['sound'\].*\(2, 3, 4\).*Received.*\(2, 4\)",
    ),
    (X, {"masks": {"text": np.ones(2, bool)}}, ValueError, r"masks\['text'\].*Leave"),
]


@pytest.mark.parametrize(("inputs", "rest", "error", "message"), WRONG_INPUTS)
def test_wrong_inputs_are_one_sentence(inputs, rest, error, message):
    with pytest.raises(error, match=f"`LateFusionTransformer`: .*{message}"):
        made("LateFusionTransformer")(inputs, **rest)
