"""MLB: a Hadamard product in a joint space."""

import numpy as np

from mmkeras.fusion import MLB

# Sums of some tens of products in float32.
TOLERANCE = 1e-5


def test_it_is_the_formula_where_an_absent_factor_is_one(uneven, present, counts):
    layer = MLB(5, hidden_dim=7)
    layer(uneven)
    layer.output_dense.bias.assign(np.arange(5, dtype="float32"))
    *factors, p, b = layer.get_weights()
    for given, there in (None, np.ones((5, 3))), (present, counts):
        product = np.ones((5, 7))
        for m, (name, u) in enumerate(zip("abc", factors, strict=True)):
            product *= np.where(there[:, [m]], np.tanh(uneven[name] @ u), 1)
        found = layer(uneven, present=given)
        np.testing.assert_allclose(
            found, product @ p + b, rtol=TOLERANCE, atol=TOLERANCE
        )
