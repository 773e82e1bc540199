"""EarlyFusionTransformer: one Transformer over all tokens."""

import numpy as np

from mmkeras.fusion import EarlyFusionTransformer


def test_all_tokens_go_through_one_transformer(check_formula):
    fusion = EarlyFusionTransformer(8, depth=2, num_heads=2)

    def formula(transformer, tokens, counted):
        vectors = np.array(fusion.vectors)
        x = np.concatenate([t + v for t, v in zip(tokens, vectors, strict=True)], 1)
        mask = np.concatenate(counted, 1)
        return transformer.mean(transformer.stack(fusion.stack, x, mask=mask), mask)

    check_formula(fusion, formula)


def test_order_of_tokens_is_the_encoders_to_say(sequences):
    fusion = EarlyFusionTransformer(8, depth=1)
    turned = {**sequences, "a": sequences["a"][:, ::-1]}
    # float32 sums in another order.
    np.testing.assert_allclose(fusion(turned), fusion(sequences), atol=1e-5)
