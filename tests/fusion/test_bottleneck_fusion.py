"""BottleneckFusion: what modalities exchange through a few tokens."""

import numpy as np
import pytest

from mmkeras.fusion import BottleneckFusion


def test_modalities_meet_in_the_bottlenecks_alone(check_formula):
    fusion = BottleneckFusion(8, num_bottlenecks=2, depth=3, num_heads=2)

    def formula(transformer, streams, counted):
        there = np.stack([mask.any(1) for mask in counted], 1)
        rows = len(there)
        shared = np.broadcast_to(np.array(fusion.bottlenecks), (rows, 2, 8))
        for layer in range(3):
            written = []
            for m in range(3):
                x = np.concatenate([shared, streams[m]], 1)
                mask = np.concatenate([np.ones((rows, 2), bool), counted[m]], 1)
                x = transformer.block(fusion.blocks[3 * layer + m], x, mask=mask)
                written.append(x[:, :2])
                streams[m] = x[:, 2:]
            shared = transformer.mean(np.stack(written, 1), there)
        streams = [
            transformer.norm(*s) for s in zip(fusion.norms, streams, strict=True)
        ]
        pooled = [transformer.mean(*s) for s in zip(streams, counted, strict=True)]
        return transformer.mean(np.stack(pooled, 1), there)

    check_formula(fusion, formula)


WRONG = [
    ({"depth": 1}, "`depth` must be at least 2.*would not see each other"),
    ({"num_bottlenecks": 0}, "`num_bottlenecks` must be at least 1"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_wrong_arguments_are_one_sentence(arguments, message):
    with pytest.raises(ValueError, match=f"^`BottleneckFusion`: {message}"):
        BottleneckFusion(**arguments)
