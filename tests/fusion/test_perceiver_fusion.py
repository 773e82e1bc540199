"""PerceiverFusion: latents that read all tokens."""

import numpy as np
import pytest

from mmkeras.fusion import PerceiverFusion


def test_latents_read_all_tokens_then_each_other(check_formula):
    fusion = PerceiverFusion(8, num_latents=3, depth=2, num_heads=2)

    def formula(transformer, tokens, counted):
        vectors = np.array(fusion.vectors)
        x = np.concatenate([t + v for t, v in zip(tokens, vectors, strict=True)], 1)
        mask = np.concatenate(counted, 1)
        z = np.broadcast_to(np.array(fusion.latents), (len(x), 3, 8))
        for cross, own in zip(fusion.reading, fusion.thinking, strict=True):
            z = transformer.block(own, transformer.block(cross, z, x, mask))
        return transformer.norm(fusion.norm, z).mean(1)

    check_formula(fusion, formula)


def test_there_is_a_latent_or_more():
    with pytest.raises(ValueError, match="`num_latents` must be at least 1"):
        PerceiverFusion(num_latents=0)
