"""A model whose inputs are mixed in training, and whose labels follow."""

import keras
from keras import ops

from mmkeras.layers._batch_mixing import DrawMixing


@keras.saving.register_keras_serializable("mmkeras")
class MixedModel(keras.Model):
    """A functional model with `MixUp` or `CutMix` in it, made by `build_model(mix=)`.

    Of an example `i` mixed with `p` by the share `s` the loss is
    `s loss(y_i) + (1 - s) loss(y_p)`: for crossentropy and squared error the same
    gradient as that of a mixed label, and it works for any loss, any label and any
    number of tasks. Training metrics compare with the example's own label `y_i`, so
    they look worse than what is learned; evaluation and prediction mix nothing.
    """

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The loss of both labels of each example, by their shares.

        Args:
            x: inputs, as in `keras.Model.compute_loss`.
            y: targets of the examples, a tensor or a dict of them.
            y_pred: predictions.
            sample_weight: weights of the examples, like `y`, or `None`.
            training: whether this is a training step.
        """
        drawn = self._drawn() if training else None
        if drawn is None or y is None:
            return super().compute_loss(x, y, y_pred, sample_weight, training)

        def with_partners(values):
            partners = ops.take(values, drawn["partner"], axis=0)
            return ops.concatenate([values, partners], axis=0)

        # A mean over twice the rows: each pair weighs 2 together.
        share = ops.concatenate([drawn["share"], 1 - drawn["share"]]) * 2

        def weighted(weights):
            weights = ops.cast(with_partners(ops.convert_to_tensor(weights)), "float32")
            return weights * ops.reshape(share, (-1,) + (1,) * (len(weights.shape) - 1))

        if sample_weight is None:
            weights = keras.tree.map_structure(lambda _: share, y)
        else:
            weights = keras.tree.map_structure(weighted, sample_weight)
        y = keras.tree.map_structure(
            lambda values: with_partners(ops.convert_to_tensor(values)), y
        )
        twice = keras.tree.map_structure(
            lambda values: ops.concatenate([values, values], axis=0), y_pred
        )
        return super().compute_loss(x, y, twice, weights, training)

    def _drawn(self):
        for layer in self.layers:
            if isinstance(layer, DrawMixing):
                return layer.drawn
        return None
