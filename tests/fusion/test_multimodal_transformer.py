"""MultimodalTransformer: a cross-modal Transformer for every ordered pair."""

import numpy as np

from mmkeras.fusion import MultimodalTransformer


def test_every_target_reads_every_source(check_formula):
    fusion = MultimodalTransformer(4, depth=2, num_heads=2)

    def formula(transformer, tokens, counted):
        # Of three modalities: the sources of the first target, the second, the third.
        pairs = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]
        read = [
            transformer.stack(stack, tokens[target], tokens[source], counted[source])
            for stack, (target, source) in zip(fusion.crossing, pairs, strict=True)
        ]
        pooled = []
        for target, own in enumerate(fusion.own):
            x = np.concatenate(read[2 * target : 2 * target + 2], -1)
            x = transformer.stack(own, x, mask=counted[target])
            pooled.append(transformer.mean(x, counted[target]))
        return np.concatenate(pooled, 1)

    check_formula(fusion, formula)


def test_width_grows_with_the_pairs(sequences):
    fusion = MultimodalTransformer(4, depth=1)
    assert fusion(sequences).shape == (5, 3 * 2 * 4)


def test_one_modality_attends_to_itself_alone(sequences):
    fusion = MultimodalTransformer(4, depth=1)
    assert fusion({"a": sequences["a"]}).shape == (5, 4)
    assert not fusion.crossing
