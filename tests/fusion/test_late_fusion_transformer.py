"""LateFusionTransformer: one token a modality, and the class token that is read."""

import numpy as np

from mmkeras.fusion import LateFusionTransformer


def test_class_token_reads_one_token_a_modality(check_formula):
    fusion = LateFusionTransformer(8, depth=2, num_heads=2)

    def formula(transformer, tokens, counted):
        pooled = [transformer.mean(*m) for m in zip(tokens, counted, strict=True)]
        x = np.stack(pooled, 1) + np.array(fusion.vectors)
        asks = np.broadcast_to(np.array(fusion.class_token), (len(x), 1, 8))
        there = np.stack([mask.any(1) for mask in counted], 1)
        mask = np.concatenate([np.ones((len(x), 1), bool), there], 1)
        x = np.concatenate([asks, x], 1)
        return transformer.stack(fusion.stack, x, mask=mask)[:, 0]

    check_formula(fusion, formula)


def test_tokens_count_by_their_mean_alone(sequences):
    fusion = LateFusionTransformer(8, depth=1)
    pooled = {**sequences, "a": sequences["a"].mean(1)}
    # float32 sums in another order.
    np.testing.assert_allclose(fusion(pooled), fusion(sequences), atol=1e-5)
