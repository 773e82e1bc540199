"""What fusions of token sequences share: order, one width, masks."""

import keras
from keras import ops

from mmkeras import _checks
from mmkeras.fusion._pooled import check_dict, presence
from mmkeras.layers._masked_mean import masked_mean


class TokenFusion(keras.layers.Layer):
    """Base of the fusions that read tokens.

    Every modality is a sequence `(batch, tokens, width)` or a pooled embedding
    `(batch, width)`, which counts as one token; a dense layer brings each to `dim`.
    A subclass adds its own weights in `build`, after `super().build(input_shape)`,
    which sets `names` (sorted); and in `call` takes
    `self.tokens(inputs, masks, present)`.

    Args:
        dim: width of a token inside.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, dim=64, **kwargs):
        super().__init__(**kwargs)
        _checks.check_positive_int(type(self).__name__, "dim", dim)
        self.dim = dim

    def build(self, input_shape):
        owner = type(self).__name__
        check_dict(owner, input_shape)
        self.names = sorted(input_shape)
        self.projections = []
        for name in self.names:
            shape = tuple(input_shape[name])
            if len(shape) not in (2, 3) or shape[-1] is None:
                raise _checks.bad_value(
                    owner,
                    f"inputs['{name}']",
                    "of shape (batch, tokens, dim) or (batch, dim), with a known dim",
                    shape,
                    "Reshape a grid to a sequence of tokens.",
                )
            layer = keras.layers.Dense(
                self.dim, dtype=self.dtype_policy, name=f"project_{name}"
            )
            layer.build((None, shape[-1]))
            self.projections.append(layer)
        self.built = True

    def tokens(self, inputs, masks, present):
        """The modalities as tokens, and which of them count, in the order of `names`.

        Args:
            inputs: the dict of embeddings.
            masks: `(batch, tokens)` bool by name, or `None`; who is not in it has
                no padding.
            present: `(batch,)` bool by name, or `None`; who is not in it is there.

        Returns:
            `(batch, tokens, dim)` floats and `(batch, tokens)` bools, a list of
            each. An absent modality has no token that counts, unless the row has
            no modality at all: then its learned stand-ins do.
        """
        there = presence(type(self).__name__, self.names, inputs, present)
        masks, present = masks or {}, present or {}
        self._check_masks(inputs, masks)
        found, counted = [], []
        for position, name in enumerate(self.names):
            x = inputs[name]
            if len(x.shape) == 2:
                x = ops.expand_dims(x, 1)
            mask = ops.ones_like(x[:, :, 0], dtype="bool")
            if masks.get(name) is not None:
                mask = ops.logical_and(mask, ops.cast(masks[name], "bool"))
            if present.get(name) is not None:
                # Where the row does lack it, its padding mask says nothing.
                absent = ops.logical_not(ops.cast(present[name], "bool"))[:, None]
                mask = ops.logical_or(mask, absent)
            mask = ops.logical_and(mask, ops.cast(there[:, position, None], "bool"))
            # What does not count may be anything, even no number.
            x = ops.where(ops.expand_dims(mask, -1), x, 0)
            found.append(self.projections[position](x))
            counted.append(mask)
        return found, counted

    def _check_masks(self, inputs, masks):
        owner = type(self).__name__
        for name, mask in masks.items():
            if name not in self.names:
                raise _checks.bad_value(
                    owner,
                    "masks",
                    "keyed by the embeddings' names",
                    name,
                    _checks.did_you_mean(name, self.names),
                )
            if mask is None:
                continue
            shape = tuple(inputs[name].shape)
            tokens = shape[1] if len(shape) == 3 else 1
            given = tuple(mask.shape)
            known = None not in (tokens, *given[1:])
            if len(given) != 2 or (known and given[1] != tokens):
                raise _checks.bad_value(
                    owner,
                    f"masks['{name}']",
                    f"(batch, tokens), for embeddings of shape {shape}",
                    given,
                    "Leave out the mask of what has no padding.",
                )


def joined(tokens, masks):
    """All tokens as one sequence, `(batch, all tokens, dim)`, and its mask."""
    return ops.concatenate(tokens, axis=1), ops.concatenate(masks, axis=1)


def masked_means(tokens, masks):
    """`masked_mean` of each modality."""
    return [masked_mean(x, mask) for x, mask in zip(tokens, masks, strict=True)]
