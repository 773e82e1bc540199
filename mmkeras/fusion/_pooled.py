"""What fusions of pooled embeddings share: order, widths, projection, presence."""

import keras
from keras import ops

from mmkeras import _checks


class PooledFusion(keras.layers.Layer):
    """Base of the fusions of `(batch, dim)` embeddings.

    A subclass adds its own weights in `build`, after `super().build(input_shape)`,
    which sets `names` (sorted) and `widths` (in that order, projected); and in
    `call` takes `self.embeddings(inputs)`.

    Args:
        project_dim: width that a dense layer projects each embedding to first;
            `None` to take them as they are.
        **kwargs: of `keras.layers.Layer`.
    """

    #: Whether the formula needs embeddings of one width.
    same_width = True

    def __init__(self, project_dim=None, **kwargs):
        super().__init__(**kwargs)
        if project_dim is not None:
            owner = type(self).__name__
            _checks.check_positive_int(owner, "project_dim", project_dim)
        self.project_dim = project_dim

    def build(self, input_shape):
        owner = type(self).__name__
        check_pooled(owner, input_shape)
        self.names = sorted(input_shape)
        widths = {name: input_shape[name][-1] for name in self.names}
        if self.project_dim is not None:
            self.widths = [widths[name] for name in self.names]
            self.projections = self.dense_layers("project", self.project_dim)
            widths = dict.fromkeys(self.names, self.project_dim)
        elif self.same_width and len(set(widths.values())) > 1:
            raise _checks.bad_value(
                owner,
                "inputs",
                "embeddings of one width",
                widths,
                f"`{owner}(project_dim={min(widths.values())})` projects them all, "
                "or give the encoders one width.",
            )
        self.widths = [widths[name] for name in self.names]
        self.built = True

    def dense_layers(self, part, units, widths=None, **arguments):
        """One built dense layer a modality, in the order of `names`.

        Args:
            part: what they make: the start of their names.
            units: their width.
            widths: of what they take; the embeddings' if `None`.
            **arguments: of `keras.layers.Dense`.
        """
        layers = []
        for name, width in zip(self.names, widths or self.widths, strict=True):
            layer = keras.layers.Dense(
                units, dtype=self.dtype_policy, name=f"{part}_{name}", **arguments
            )
            layer.build((None, width))
            layers.append(layer)
        return layers

    def embeddings(self, inputs):
        """The embeddings by sorted name, projected: `(batch, width)` each."""
        found = [inputs[name] for name in sorted(inputs)]
        if self.project_dim is None:
            return found
        return [layer(x) for layer, x in zip(self.projections, found, strict=True)]

    def presence(self, inputs, present):
        """Which modalities count: `(batch, modalities)` of 1 and 0.

        Args:
            inputs: the dict of embeddings.
            present: `(batch,)` bool by name, or `None`; who is not in it is there.

        A row that has none at all counts all of them: their learned stand-ins are
        then its only evidence.
        """
        return presence(type(self).__name__, self.names, inputs, present)

    def counted(self, inputs, present):
        """The embeddings, zeros where they do not count, and which of them count.

        Args:
            inputs: the dict of embeddings.
            present: `(batch,)` bool by name, or `None`; who is not in it is there.

        Returns:
            What `embeddings` and `presence` give. An absent value is replaced, not
            multiplied by 0, so it may be anything, even no number.
        """
        counts = self.presence(inputs, present)
        found = self.embeddings(inputs)
        if present:
            there = counts > 0
            found = [ops.where(there[:, m, None], x, 0) for m, x in enumerate(found)]
        return found, counts

    def rescaled(self, inputs, present):
        """The embeddings of one width, stacked: `M p_m / (sum_k p_k) x_m`.

        Args:
            inputs: the dict of embeddings.
            present: `(batch,)` bool by name, or `None`; who is not in it is there.

        Returns:
            `(batch, modalities, dim)`. Sums over its modalities keep their size
            however many are absent, as those of dropout do.
        """
        found, counts = self.counted(inputs, present)
        scale = len(found) / ops.sum(counts, axis=1, keepdims=True)
        return ops.stack(found, axis=1) * ops.expand_dims(scale, -1)

    def check_built(self):
        """Raise unless the layer has its weights: before, they cannot be read."""
        if not self.built:
            raise _checks.bad_value(
                type(self).__name__,
                "built",
                "True",
                self.built,
                "Call the layer, or its model, on embeddings first.",
            )


def presence(owner, names, inputs, present):
    """See `PooledFusion.presence`, for the given owner and order of names."""
    first = inputs[names[0]]
    given = present or {}
    for name in given:
        if name not in names:
            raise _checks.bad_value(
                owner,
                "present",
                "keyed by the embeddings' names",
                name,
                _checks.did_you_mean(name, names),
            )
    ones = ops.ones_like(first[(slice(None),) + (0,) * (len(first.shape) - 1)])
    columns = []
    for name in names:
        column = ones
        if given.get(name) is not None:
            column = ops.cast(given[name], ones.dtype)
        if len(column.shape) != 1:
            raise _checks.bad_value(
                owner,
                f"present['{name}']",
                "of shape (batch,)",
                tuple(column.shape),
                "Give one bool a row: of a column, `present[:, 0]`.",
            )
        columns.append(column)
    found = ops.stack(columns, axis=1)
    nobody = ops.equal(ops.max(found, axis=1, keepdims=True), 0)
    return ops.where(nobody, ops.ones_like(found), found)


def check_pooled(owner, input_shape):
    """Raise unless the input is a dict of `(batch, dim)` shapes."""
    check_dict(owner, input_shape)
    for name in sorted(input_shape):
        shape = tuple(input_shape[name])
        if len(shape) != 2:
            raise _checks.bad_value(
                owner,
                f"inputs['{name}']",
                "an embedding of shape (batch, dim)",
                shape,
                "Pool its tokens first, for example with GlobalAveragePooling1D, "
                "or flatten it.",
            )


def check_dict(owner, input_shape):
    """Raise unless the input is a dict, and not empty."""
    if not isinstance(input_shape, dict) or not input_shape:
        raise _checks.bad_type(
            owner, "inputs", "a dict of embeddings by name", input_shape
        )
