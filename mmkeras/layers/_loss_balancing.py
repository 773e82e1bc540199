"""How the losses of several tasks become one."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("mmkeras")
class LossBalancing(keras.layers.Layer):
    """Stands before the heads and says what each task's loss counts: its weight.

    `call` gives every head the embedding as it is. `combine`, which the model calls
    with the tasks' losses of the same step, gives `sum_i w_i L_i`.

    Args:
        tasks: names, sorted as they are given.
        weights: of their losses, fixed.
        **kwargs: of `keras.layers.Layer`.
    """

    def __init__(self, tasks, weights, **kwargs):
        super().__init__(**kwargs)
        self.tasks = tasks
        self.weights_of_tasks = weights
        # Of each loss as it is; Keras shows them beside the model's.
        self.trackers = {n: keras.metrics.Mean(name=f"{n}_loss") for n in tasks}

    def get_config(self):
        own = {"tasks": self.tasks, "weights": self.weights_of_tasks}
        return {**super().get_config(), **own}

    def call(self, inputs):
        return {name: inputs for name in self.tasks}

    def compute_output_shape(self, input_shape):
        return {name: input_shape for name in self.tasks}

    def factors(self, losses):
        """What each loss counts in a step, and what is added to them."""
        return [1.0 for _ in losses], [0.0 for _ in losses]

    def combine(self, losses):
        """The tasks' losses, a dict of scalars by name, to one."""
        values = [losses[name] for name in self.tasks]
        factors, added = self.factors(values)
        parts = zip(self.weights_of_tasks, factors, values, added, strict=True)
        return sum(w * (f * value + more) for w, f, value, more in parts)


@keras.saving.register_keras_serializable("mmkeras")
class UncertaintyBalancing(LossBalancing):
    """`sum_i w_i (a_i exp(-s_i) L_i + s_i / 2)` with a learned `s_i` a task.

    `exp(s_i)` is the variance that the task's labels have around the best answer: a
    task of noisy labels counts less. `a_i` is 1/2 for a squared error (a Gaussian's
    log-likelihood), else 1 (a softmax at a temperature, about). It may fall below 0,
    as likelihoods do.

    Reference:
        Kendall, Gal and Cipolla, "Multi-Task Learning Using Uncertainty to Weigh
        Losses", CVPR 2018 (arXiv:1705.07115).
    """

    def __init__(self, tasks, weights, squared=(), **kwargs):
        super().__init__(tasks, weights, **kwargs)
        self.squared = squared

    def build(self, input_shape):
        self.log_variances = self.add_weight(
            shape=(len(self.tasks),),
            initializer="zeros",
            dtype="float32",
            name="log_variances",
        )

    def get_config(self):
        return {**super().get_config(), "squared": self.squared}

    def factors(self, losses):
        logs = ops.unstack(ops.convert_to_tensor(self.log_variances))
        halves = [0.5 if name in self.squared else 1.0 for name in self.tasks]
        scales = [a * ops.exp(-s) for a, s in zip(halves, logs, strict=True)]
        return scales, [0.5 * s for s in logs]


@keras.saving.register_keras_serializable("mmkeras")
class GradNormBalancing(LossBalancing):
    """`sum_i w_i c_i L_i`, with `c_i` learned so that all tasks learn at one pace.

    With `G_i` the norm of the gradient of `w_i c_i L_i` by the embedding that all
    heads read, `r_i` the task's loss relative to its first one, over the mean of
    that of all tasks, the `c_i` descend on `sum_i |G_i - mean(G) r_i^alpha|`. They are
    `tasks * softmax` of what is learned, so that they stay positive and sum to the
    number of tasks.

    Where it differs from the paper: the gradient is by the embedding, not by the
    weights of the last shared layer, which costs nothing and needs no choice of a
    layer; `r_i` is an average over steps, and of the step before. The gradient of
    `c_i` is computed as the others flow back, so a plain `fit` and the model's
    optimizer do it all.

    Args:
        tasks: names.
        weights: of their losses, fixed.
        alpha: strength, at least 0: higher helps tasks that lag behind more.
        **kwargs: of `keras.layers.Layer`.

    Reference:
        Chen, Badrinarayanan, Lee and Rabinovich, "GradNorm", ICML 2018
        (arXiv:1711.02257).
    """

    # Of the average of a task's relative loss: about ten batches.
    MOMENTUM = 0.9

    def __init__(self, tasks, weights, alpha=1.5, **kwargs):
        super().__init__(tasks, weights, **kwargs)
        self.alpha = alpha

    def build(self, input_shape):
        shape = (len(self.tasks),)
        self.logits = self.add_weight(
            shape=shape, initializer="zeros", dtype="float32", name="logits"
        )
        # 0 until the first step.
        self.first = self.add_weight(
            shape=shape,
            initializer="zeros",
            dtype="float32",
            trainable=False,
            name="first",
        )
        self.pace = self.add_weight(
            shape=shape,
            initializer="ones",
            dtype="float32",
            trainable=False,
            name="pace",
        )

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}

    def _shares(self, logits):
        return len(self.tasks) * ops.softmax(logits)

    def call(self, inputs):
        alpha = self.alpha

        @ops.custom_gradient
        def spread(x, logits, pace):
            copies = ops.repeat(ops.expand_dims(x, 0), len(self.tasks), axis=0)

            def grad(*args, upstream=None):
                if upstream is None:
                    (upstream,) = args
                axes = tuple(range(1, len(upstream.shape)))
                squares = ops.square(ops.cast(upstream, "float32"))
                norms = ops.sqrt(ops.sum(squares, axis=axes))
                target = ops.mean(norms) * ops.power(pace / ops.mean(pace), alpha)
                shares = self._shares(logits)
                steps = ops.sign(norms - target) * norms / shares
                # Through the softmax.
                inner = ops.sum(steps * shares) / len(self.tasks)
                return (
                    ops.sum(upstream, axis=0),
                    shares * (steps - inner),
                    ops.zeros_like(pace),
                )

            return copies, grad

        copies = spread(
            inputs,
            ops.convert_to_tensor(self.logits),
            # A copy: the variable changes before the gradients are computed.
            ops.convert_to_tensor(self.pace) + 0.0,
        )
        return dict(zip(self.tasks, ops.unstack(copies), strict=True))

    def factors(self, losses):
        found = ops.stop_gradient(ops.stack([ops.cast(x, "float32") for x in losses]))
        first = ops.convert_to_tensor(self.first)
        first = ops.where(first == 0, found, first)
        # A loss that starts at 0 has no pace.
        relative = found / ops.maximum(first, keras.config.epsilon())
        self.first.assign(first)
        self.pace.assign(self.MOMENTUM * self.pace + (1 - self.MOMENTUM) * relative)
        shares = self._shares(ops.convert_to_tensor(self.logits))
        # What they learn from comes with the gradients of the copies.
        return ops.unstack(ops.stop_gradient(shares)), [0.0 for _ in losses]
