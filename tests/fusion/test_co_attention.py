"""CoAttention: every stream attends to all the others."""

import numpy as np

from mmkeras.fusion import CoAttention


def test_streams_attend_to_each_other_then_to_themselves(check_formula):
    fusion = CoAttention(8, depth=2, num_heads=2)

    def formula(transformer, streams, counted):
        for layer in range(2):
            crossed = []
            for m in range(3):
                rest = [k for k in range(3) if k != m]
                context = np.concatenate([streams[k] for k in rest], 1)
                seen = np.concatenate([counted[k] for k in rest], 1)
                block = fusion.crossing[3 * layer + m]
                crossed.append(transformer.block(block, streams[m], context, seen))
            streams = [
                transformer.block(fusion.own[3 * layer + m], x, mask=counted[m])
                for m, x in enumerate(crossed)
            ]
        streams = [
            transformer.norm(*s) for s in zip(fusion.norms, streams, strict=True)
        ]
        pooled = [transformer.mean(*s) for s in zip(streams, counted, strict=True)]
        return np.concatenate(pooled, 1)

    check_formula(fusion, formula)


def test_absent_modality_gives_zeros(sequences, present):
    found = np.array(CoAttention(8, depth=1)(sequences, present=present))
    parts = found.reshape(5, 3, 8)
    np.testing.assert_array_equal(parts[2, [0, 2]], 0)  # Row 2 has `b` alone.
    assert np.abs(parts[2, 1]).min() > 0


def test_one_modality_attends_to_itself_alone(sequences):
    fusion = CoAttention(8, depth=1)
    assert fusion({"a": sequences["a"]}).shape == (5, 8)
    assert not fusion.crossing
