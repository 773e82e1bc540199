"""text_transformer: order counts, padding does not."""

import keras
import numpy as np
import pytest

from mmkeras.encoders import text_transformer

IDS = np.array([[5, 7, 9, 0, 0], [1, 0, 0, 0, 0], [3, 3, 4, 6, 2]], "int32")
# float32 sums in another order, after normalisation: of about 1.
ROUNDING = 1e-5


def test_row_equals_itself_without_padding():
    encoder = text_transformer(20, 8)
    together = encoder(IDS).numpy()
    for row, ids in enumerate(IDS):
        alone = encoder(ids[None, ids != 0])
        np.testing.assert_allclose(together[row : row + 1], alone, atol=ROUNDING)


def test_average_is_that_of_the_real_tokens():
    encoder = text_transformer(20, 8)
    every = text_transformer(20, 8, pooling="none")
    every.set_weights(encoder.get_weights())
    tokens = every(IDS).numpy()
    assert tokens.shape == (3, 5, 8)
    expected = [x[ids != 0].mean(0) for x, ids in zip(tokens, IDS, strict=True)]
    np.testing.assert_allclose(encoder(IDS), expected, atol=ROUNDING)


def test_order_of_the_tokens_counts():
    encoder = text_transformer(20, 8)
    swapped = IDS[2:, [0, 2, 1, 3, 4]]
    assert np.abs(encoder(swapped) - encoder(IDS[2:])).max() > 1e-3


def test_scale_of_the_embedding_does_not_count():
    embedding = keras.layers.Embedding(20, 8)
    encoder = text_transformer(20, embedding)
    before = encoder(IDS).numpy()
    embedding.set_weights([40 * w for w in embedding.get_weights()])
    # The epsilon of the normalisation weighs a little on the small ones.
    np.testing.assert_allclose(encoder(IDS), before, atol=1e-2)


def test_depth_is_the_number_of_layers():
    names = [layer.name for layer in text_transformer(20, 8, depth=3).layers]
    assert [name for name in names if "block" in name] == [
        "block_1",
        "block_2",
        "block_3",
    ]


def test_dropout_acts_in_training_alone():
    encoder = text_transformer(20, 8, dropout=0.5)
    quiet = encoder(IDS)
    np.testing.assert_array_equal(encoder(IDS, training=False), quiet)
    assert np.any(encoder(IDS, training=True) != quiet)


WRONG = [
    ({"vocabulary_size": -1}, ValueError, "`vocabulary_size` must be at least 1"),
    ({"embedding": 10}, ValueError, "a multiple of num_heads=4 wide"),
    ({"embedding": keras.layers.Embedding(3, 8)}, ValueError, "from the same data set"),
    ({"depth": 0}, ValueError, "`depth` must be at least 1"),
    ({"num_heads": 2.0}, TypeError, "`num_heads` must be a whole number"),
    ({"dropout": 1.5}, ValueError, r"`dropout` must be in \[0, 1\)"),
    ({"pooling": "max"}, ValueError, "Known: 'average', 'none'"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), WRONG)
def test_wrong_argument_is_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^`text_transformer`: .*{message}"):
        text_transformer(**({"vocabulary_size": 20} | arguments))
