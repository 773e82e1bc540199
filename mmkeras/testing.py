"""The contract checks: run them on your own layers and modalities too.

Each check raises `AssertionError` with what does not hold. They are for tests, and
the only place in the package that raises it.
"""

from __future__ import annotations

import inspect
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mmkeras.modalities import Modality
from mmkeras.spec import Spec, load_spec
from mmkeras.tasks import Task

# float32 sums in another order (a batch of another size) differ by about 1e-6 of
# the largest term.
ROW_TOLERANCE = 1e-5
# Fewer rows, or equal ones, could hide that a layer mixes them.
FEWEST_ROWS = 4


def check_encoder(
    encoder: keras.Layer, inputs: np.ndarray, *, padding: bool = False
) -> None:
    """Hold an encoder to its contract.

    Output `(batch, dim)` or `(batch, tokens, dim)`; and what every layer must
    (`check_layer`), and it is exported.

    Args:
        encoder: a Keras layer or model.
        inputs: a batch of at least 4 different rows, as its preprocessing gives it.
        padding: whether the rows are token ids whose result must not change with
            more padding (id 0) at the end.

    Raises:
        AssertionError: naming what does not hold.
    """
    outputs = _numpy(encoder(inputs))
    _require(
        outputs.ndim in (2, 3) and outputs.shape[0] == len(inputs),
        f"the output's shape is {outputs.shape}, not (batch, dim) or "
        "(batch, tokens, dim)",
    )
    _check_layer(encoder, inputs)
    _check_export(encoder, inputs)
    if padding:
        wider = _numpy(encoder(np.pad(inputs, ((0, 0), (0, 3)))))
        if outputs.ndim == 3:
            # What a token becomes where there is none is for the mask to hide.
            real = (inputs != 0)[..., None]
            outputs, wider = outputs * real, wider[:, : inputs.shape[1]] * real
        difference = _difference(wider, outputs)
        _require(
            difference <= ROW_TOLERANCE * _size(outputs),
            f"padding changes the result by {difference:g}",
        )


def check_fusion(fusion_class: type[keras.Layer], **arguments: Any) -> None:
    """Hold a fusion to its contract.

    It works with one modality and with five, gives `(batch, dim)`, does not depend
    on the order of the dict, is exported, and meets what every layer must.

    One whose `call` takes `present` leaves an absent modality out: its values do
    not matter there, all present is the same as none said, and a row without any
    still gives numbers. One whose `call` takes `masks` reads token sequences too,
    and no padding; any other refuses them with a `ValueError`.

    Args:
        fusion_class: the layer's class.
        **arguments: for its constructor.

    Raises:
        AssertionError: naming what does not hold.
    """
    random = np.random.default_rng(0)
    parameters = inspect.signature(fusion_class.call).parameters
    # Of sequences, since attention to the one token of a pooled embedding is 1
    # whatever its weights are: no gradient would reach them.
    shape = (4, 3, 6) if "masks" in parameters else (4, 6)
    for names in (["a"], ["a", "b"], list("abcde")):
        inputs = {name: random.normal(size=shape).astype("float32") for name in names}
        fusion = fusion_class(**arguments)
        outputs = _numpy(fusion(inputs))
        _require(
            outputs.ndim == 2 and len(outputs) == 4,
            f"with {len(names)} modalities the output's shape is {outputs.shape}",
        )
        mixed = dict(reversed(inputs.items()))
        _require(
            np.array_equal(_numpy(fusion(mixed)), outputs),
            "the order of the dict matters",
        )
        if len(names) == 2:
            _check_layer(fusion, inputs)
            _check_export(fusion, inputs)
        else:
            _check_gradient(fusion, inputs)
        if "present" in parameters:
            _check_presence(fusion, inputs)
    if "masks" in parameters:
        for names in (["a"], ["a", "b"]):
            _check_pooled(fusion_class(**arguments), names)
        _check_masks(fusion_class(**arguments))
        return
    try:
        fusion_class(**arguments)({"a": np.zeros((2, 3, 4), "float32")})
    except ValueError as error:
        _require("'a'" in str(error), "the error does not name the modality")
    else:
        _require(False, "a token sequence is not refused")


def _check_presence(fusion: Any, inputs: dict[str, np.ndarray]) -> None:
    """Row 1 lacks the first modality, row 2 all, the others have all."""
    first, *rest = sorted(inputs)
    present = {name: np.array([True, True, False, True]) for name in rest}
    present[first] = np.array([True, False, False, True])
    whole = _numpy(fusion(inputs))
    outputs = _numpy(fusion(inputs, present=present))
    everyone = dict.fromkeys(inputs, np.ones(4, bool))
    said = _numpy(fusion(inputs, present=everyone))
    limit = ROW_TOLERANCE * _size(whole)
    _require(_difference(said, whole) <= limit, "all present is not the same as whole")
    _require(
        _difference(outputs[[0, 3]], whole[[0, 3]]) <= limit,
        "who is absent in one row changes another",
    )
    _require(
        bool(np.isfinite(outputs).all()), "a row without any modality is no number"
    )
    if not rest:
        return
    moved = inputs[first].copy()
    moved[1] += 7
    other = {**inputs, first: moved}
    _require(
        _difference(_numpy(fusion(other, present=present)), outputs) <= limit,
        "the values of an absent modality matter",
    )
    _require(
        _difference(outputs[1], whole[1]) > limit, "an absent modality is not left out"
    )


def _check_pooled(fusion: Any, names: list[str]) -> None:
    random = np.random.default_rng(2)
    inputs = {name: random.normal(size=(4, 5)).astype("float32") for name in names}
    outputs = _numpy(fusion(inputs))
    _require(
        outputs.ndim == 2 and len(outputs) == 4 and bool(np.isfinite(outputs).all()),
        f"of {len(names)} pooled embeddings the output's shape is {outputs.shape}",
    )
    _check_presence(fusion, inputs)


def _check_masks(fusion: Any) -> None:
    random = np.random.default_rng(1)
    inputs = {
        "a": random.normal(size=(4, 5, 6)).astype("float32"),
        "b": random.normal(size=(4, 3)).astype("float32"),
        "c": random.normal(size=(4, 2, 4)).astype("float32"),
    }
    masks = {"a": np.arange(5) < np.array([[5], [1], [3], [4]])}
    outputs = _numpy(fusion(inputs, masks=masks))
    _require(
        outputs.ndim == 2 and len(outputs) == 4,
        f"of token sequences the output's shape is {outputs.shape}",
    )
    limit = ROW_TOLERANCE * _size(outputs)
    other = {**inputs, "a": np.where(masks["a"][..., None], inputs["a"], 9.0)}
    _require(
        _difference(_numpy(fusion(other, masks=masks)), outputs) <= limit,
        "padding matters",
    )
    present = {"a": np.array([False, True, True, True]), "c": np.arange(4) != 2}
    lacking = _numpy(fusion(inputs, masks=masks, present=present))
    other = {**other, "a": other["a"] + np.array([5, 0, 0, 0.0])[:, None, None]}
    other["c"] = inputs["c"] + np.array([0, 0, 5, 0.0])[:, None, None]
    _require(
        _difference(_numpy(fusion(other, masks=masks, present=present)), lacking)
        <= limit,
        "the tokens of an absent modality matter",
    )


def check_layer(layer: keras.Layer, inputs: Any) -> None:
    """Hold a device-stage layer to what every layer must.

    A row's result does not depend on the others; every `__init__` argument is in
    the config; the `.keras` round trip is exact, and changes no config; it compiles
    under XLA; the gradient reaches every trainable weight.

    Args:
        layer: the layer.
        inputs: a batch of at least 4 different rows, an array or a dict of arrays.

    Raises:
        AssertionError: naming what does not hold.
    """
    layer(inputs)
    _check_layer(layer, inputs)


def check_augmentation(layer: keras.Layer, inputs: np.ndarray) -> None:
    """Hold an augmentation to its contract.

    Outside training it is the identity (as floats, where it computes). In training
    it changes something, each example in its own way, keeps shape and finite
    values, follows its seed, and under XLA gives the same numbers. Besides, what
    every layer must (`check_layer`), also where the dtype policy is a mixed one.

    Args:
        layer: the layer, with a seed.
        inputs: a batch of at least 4 different rows.

    Raises:
        AssertionError: naming what does not hold.
    """
    kept = _numpy(layer(inputs, training=False))
    _require(
        kept.shape == inputs.shape and np.array_equal(kept, inputs),
        "it is not the identity outside training",
    )
    _check_layer(layer, inputs)
    same = np.repeat(inputs[:1], 16, axis=0)
    first = _trained(layer, same)
    _require(
        first.shape == same.shape and first.dtype == kept.dtype,
        f"training gives {first.dtype} {first.shape}, else {kept.dtype} {same.shape}",
    )
    _require(bool(np.isfinite(first.astype("float64")).all()), "it gives no numbers")
    _require(not np.array_equal(first, kept[:1].repeat(16, 0)), "it changes nothing")
    _require(
        len(np.unique(first, axis=0)) > 1, "it changes all examples in the same way"
    )
    _require(
        np.array_equal(_trained(layer, same), first), "its seed does not settle it"
    )
    limit = ROW_TOLERANCE * 100 * _size(first)  # XLA reorders float32 arithmetic.
    _require(
        _difference(_trained(layer, same, jit_compile=True), first) <= limit,
        "XLA computes other values in training",
    )
    for policy in ("mixed_float16", "mixed_bfloat16"):
        mixed = type(layer).from_config({**layer.get_config(), "dtype": policy})
        _require(
            _difference(_trained(mixed, same), first) <= limit,
            f"under {policy} it computes other values",
        )


def _trained(layer: keras.Layer, inputs: np.ndarray, **options: Any) -> np.ndarray:
    """What a fresh copy of the layer makes of the inputs in training."""
    copy = type(layer).from_config(layer.get_config())
    if keras.backend.backend() != "tensorflow":
        return _numpy(copy(inputs, training=True))
    import tensorflow as tf

    call = tf.function(lambda x: copy(x, training=True), autograph=False, **options)
    return _numpy(call(tf.constant(inputs)))


def check_modality(
    modality: Modality, cells: Sequence[Any], bad: Sequence[Any] = ()
) -> None:
    """Hold a modality to its contract.

    Decoded eagerly, in `tf.data`, in a batch and from a SavedModel the values are
    equal to the bit, and so are those of the short decoder; an absent value is
    absent where it is optional and an error where not; bad cells raise `RowError` or
    TensorFlow's `InvalidArgumentError`; preprocessing gives finite floats (or ids)
    and compiles.

    Args:
        modality: fitted, with `optional=True`.
        cells: good cells, at least two different ones.
        bad: cells that must be refused.

    Raises:
        AssertionError: naming what does not hold.
    """
    import tensorflow as tf

    from mmkeras._row_error import RowError

    root = Path.cwd().resolve()
    encoded = [modality.read(cell, root) for cell in cells]
    eager = np.stack([modality.decode(tf.constant(e)).numpy() for e in encoded])
    _require(
        eager.shape[1:] == modality.shape and eager.dtype == modality.dtype,
        f"decoded {eager.dtype} {eager.shape[1:]}, not {modality.dtype} "
        f"{modality.shape}",
    )
    # As the package maps it: `decode` is graph ops, nothing for AutoGraph to convert.
    decode = tf.autograph.experimental.do_not_convert(modality.decode)
    dataset = tf.data.Dataset.from_tensor_slices(encoded).map(decode)
    piped = np.stack(list(dataset.as_numpy_iterator()))
    served = _served(modality)(tf.constant(encoded)).numpy()
    for how, values in (("tf.data", piped), ("a SavedModel", served)):
        _require(np.array_equal(values, eager), f"{how} decodes other values")
    for row in encoded:
        plain, stored = modality.plain(row), modality.decode_stored(tf.constant(row))
        _require(
            plain is None
            or np.array_equal(modality.decode_plain(tf.constant(plain)), stored),
            "`decode_plain` decodes other values",
        )
    _check_absence(modality, root)
    for cell in bad:
        try:
            modality.decode(tf.constant(modality.read(cell, root)))
        except (RowError, tf.errors.InvalidArgumentError):
            continue
        _require(False, f"a bad cell was not refused: {str(cell)[:60]!r}")
    layer = modality.preprocessing()
    ready = _numpy(layer(eager))
    _require(bool(np.isfinite(ready).all()), "preprocessing gives NaN or infinity")
    # What it makes of random pixels, samples or ids: good cells are often few.
    _check_layer(layer, _noise(eager))


def _check_absence(modality: Modality, root: Path) -> None:
    import tensorflow as tf

    from mmkeras._row_error import RowError

    _require(modality.optional, "give the check an optional modality")
    for cell in (None, "", float("nan")):
        _require(
            modality.read(cell, root) == b"", f"the cell {cell!r} is not read as absent"
        )
    blank = modality.decode(tf.constant(b"")).numpy()
    _require(np.array_equal(blank, modality.blank()), "absent is not `blank()`")
    strict = modality.replace(optional=False)
    try:
        strict.read(None, root)
    except RowError:
        return
    _require(False, "a missing cell is accepted although the input is not optional")


def check_task(task: Task, cells: Sequence[Any], bad: Sequence[Any] = ()) -> None:
    """Hold a task to its contract.

    Labels encode; the head fits the loss; steps on a fixed batch lower the loss;
    answers come back as names, and are those that are served; the head meets what
    every layer must (`check_layer`).

    Args:
        task: fitted.
        cells: good labels, at least two different ones.
        bad: cells that must be refused with `RowError`.

    Raises:
        AssertionError: naming what does not hold.
    """
    from mmkeras._row_error import RowError

    labels = np.array([task.encode(cell) for cell in cells], task.label_dtype)
    random = np.random.default_rng(0)
    fused = random.normal(size=(len(cells), 16)).astype("float32")
    head = task.head("task")
    predictions = _numpy(head(fused))
    answers = task.answers(predictions)
    _require(answers.shape == (len(cells),), f"answers have shape {answers.shape}")
    served = {k: v.numpy() for k, v in task.serve("task", head(fused)).items()}
    names = served["task"]
    if names.dtype == object:
        names = np.array([name.decode() for name in names])
    _require(np.array_equal(names, answers), "served answers are other ones")
    score = task.score(labels, predictions, np.ones(len(cells), "float32"))
    _require(bool(score), "there is no figure to evaluate")
    for cell in bad:
        try:
            task.encode(cell)
        except RowError:
            continue
        _require(False, f"a bad label was not refused: {cell!r}")
    model = keras.Sequential([keras.Input((16,)), head])
    model.compile(keras.optimizers.Adam(0.01), task.loss(), metrics=task.metrics())
    before = float(task.loss()(labels, head(fused)))
    model.fit(fused, labels, epochs=20, verbose=0)
    after = float(task.loss()(labels, head(fused)))
    _require(after < before, f"training does not lower the loss: {before} to {after}")
    rows = random.normal(size=(FEWEST_ROWS, 16)).astype("float32")
    _check_layer(head, rows)


def check_spec(path: str | Path) -> Spec:
    """Hold a spec's file to its contract: it loads, and writing it loses nothing.

    Args:
        path: the YAML file.

    Returns:
        The spec.

    Raises:
        AssertionError: naming what does not hold.
        SpecError: if the file is no valid spec.
    """
    spec = load_spec(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.yaml"
        copy.write_text(spec.to_yaml(), encoding="utf-8")
        again = load_spec(copy)
    _require(again.to_dict() == spec.to_dict(), f"{path} changes when written again")
    about = spec.about
    _require(
        bool(about.description and about.licence and about.citation),
        f"{path} needs `about`: description, licence and citation",
    )
    return spec


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)


def _numpy(outputs: Any) -> np.ndarray:
    """Outputs as one array; of a dict, all of a row side by side."""
    arrays = [
        np.asarray(keras.ops.convert_to_numpy(x)) for x in keras.tree.flatten(outputs)
    ]
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate([x.reshape(len(x), -1) for x in arrays], axis=1)


def _rows(inputs: Any, rows: slice) -> Any:
    return keras.tree.map_structure(lambda x: x[rows], inputs)


def _check_layer(layer: keras.Layer, inputs: Any) -> None:
    leaves = keras.tree.flatten(inputs)
    count = len(leaves[0])
    _require(
        count >= FEWEST_ROWS
        and any(len(np.unique(leaf, axis=0)) == count for leaf in leaves),
        f"give the check at least {FEWEST_ROWS} rows, each of them different",
    )
    together = _numpy(layer(inputs))
    alone = np.concatenate(
        [_numpy(layer(_rows(inputs, slice(i, i + 1)))) for i in range(count)]
    )
    difference = _difference(alone, together)
    _require(
        difference <= ROW_TOLERANCE * _size(together),
        f"a row's result depends on its batch, by {difference:g}",
    )
    _check_config(layer)
    _check_round_trip(layer, inputs)
    _check_xla(layer, inputs, together)
    _check_gradient(layer, inputs)


def _size(values: np.ndarray) -> float:
    """The largest value, at least 1: what float32 rounding is relative to."""
    return max(1.0, float(np.abs(values.astype("float64")).max()))


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    """The largest difference; NaN, which no limit is above, if one has a NaN."""
    if one.shape != other.shape:
        return float("inf")
    return float(np.abs(one.astype("float64") - other.astype("float64")).max())


def _check_config(layer: keras.Layer) -> None:
    """Every argument is in the config: what inference hides is lost otherwise."""
    kinds = inspect.Parameter
    for part in _parts(layer):
        # Keras's own are Keras's to test; a functional model is its layers.
        if type(part).__module__.split(".")[0] == "keras":
            continue
        names = [
            name
            for name, parameter in inspect.signature(type(part)).parameters.items()
            if parameter.kind not in (kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL)
        ]
        config = part.get_config()
        missing = [name for name in names if name not in config]
        _require(not missing, f"the config of {type(part).__name__} lacks {missing}")


def _parts(layer: keras.Layer) -> list[keras.Layer]:
    inner = layer.layers if isinstance(layer, keras.Model) else []
    return [layer, *(part for child in inner for part in _parts(child))]


def _check_round_trip(layer: keras.Layer, inputs: Any) -> None:
    def symbol(array: np.ndarray, name: str | None = None) -> keras.KerasTensor:
        # A model binds a dict of arrays by the names of its inputs.
        return keras.Input(array.shape[1:], dtype=array.dtype.name, name=name)

    if isinstance(inputs, Mapping):
        symbols = {name: symbol(array, name) for name, array in inputs.items()}
    else:
        symbols = keras.tree.map_structure(symbol, inputs)
    model = keras.Model(symbols, layer(symbols))
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "layer.keras")
        again = keras.saving.load_model(Path(folder) / "layer.keras")
    _require(
        np.array_equal(_numpy(again(inputs)), _numpy(model(inputs))),
        "the .keras round trip is not exact",
    )
    # Dropout, seeds and the like do not show in the result.
    _require(
        _written(again) == _written(model), "the .keras round trip changes the config"
    )


def _written(model: keras.Model) -> str:
    """The config as JSON, in which a tuple and a list are one thing."""
    return json.dumps(
        keras.saving.serialize_keras_object(model.get_config()), sort_keys=True
    )


def _check_xla(layer: keras.Layer, inputs: Any, expected: np.ndarray) -> None:
    """Both ways: what is computed, and its gradient."""
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    variables = [variable.value for variable in layer.trainable_variables]

    def compute(x: Any) -> Any:
        outputs = layer(x, training=False)
        with tf.GradientTape() as tape:
            trained = keras.tree.flatten(layer(x, training=True))
            total = sum(tf.reduce_sum(tf.cast(y, tf.float32)) for y in trained)
        return outputs, tape.gradient(total, variables) if variables else ()

    compiled = tf.function(compute, jit_compile=True, autograph=False)
    tensors = keras.tree.map_structure(tf.constant, inputs)
    difference = _difference(_numpy(compiled(tensors)[0]), expected)
    # XLA fuses and reorders float32 arithmetic.
    limit = 1e-3 * _size(expected)
    _require(difference <= limit, f"XLA computes other values, by {difference:g}")


def _check_export(layer: keras.Layer, inputs: Any) -> None:
    """A SavedModel of it answers the same, for a batch of any size."""
    if keras.backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    module = tf.Module()
    module.layer = layer

    def signature(x: np.ndarray) -> tf.TensorSpec:
        return tf.TensorSpec([None, *x.shape[1:]], x.dtype)

    module.answer = tf.function(
        lambda x: layer(x, training=False),
        input_signature=[keras.tree.map_structure(signature, inputs)],
        autograph=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder)
        tensors = keras.tree.map_structure(tf.constant, inputs)
        loaded = tf.saved_model.load(folder)  # Dropped, it loses its variables.
        answer = _numpy(loaded.answer(tensors))
    expected = _numpy(layer(inputs))
    _require(
        _difference(answer, expected) <= ROW_TOLERANCE * _size(expected),
        "a SavedModel of it answers otherwise",
    )


def _check_gradient(layer: keras.Layer, inputs: Any) -> None:
    if not layer.trainable_variables:
        return
    outputs = layer(inputs)
    # A sum weighs all outputs alike: a softmax's is 1 whatever the weights are.
    weights = np.random.default_rng(1).normal(size=outputs.shape)
    gradients = _gradients(layer, inputs, weights.astype("float32"))
    unreached = [
        variable.path
        for variable, gradient in zip(layer.trainable_variables, gradients, strict=True)
        if gradient is None or not np.any(_numpy(gradient))
    ]
    _require(not unreached, f"no gradient reaches {unreached}")


def _gradients(layer: keras.Layer, inputs: Any, weights: np.ndarray) -> list[Any]:
    """Of the weighted sum of outputs, by each trainable weight; `None` if unused."""
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        state = [variable.value for variable in layer.non_trainable_variables]

        def loss(values: list[Any]) -> Any:
            outputs, _ = layer.stateless_call(values, state, inputs, training=True)
            return keras.ops.sum(keras.ops.cast(outputs, "float32") * weights)

        return jax.grad(loss)([v.value for v in layer.trainable_variables])
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            outputs = layer(inputs, training=True)
            total = tf.reduce_sum(tf.cast(outputs, tf.float32) * weights)
        gradients = tape.gradient(total, [v.value for v in layer.trainable_variables])
        # An embedding's comes as the rows that were looked up.
        return [None if g is None else tf.convert_to_tensor(g) for g in gradients]
    raise NotImplementedError(f"gradients on the {backend} backend are not checked")


def _noise(values: np.ndarray) -> np.ndarray:
    """Different rows in the values' range and dtype."""
    random = np.random.default_rng(2)
    size = (FEWEST_ROWS, *values.shape[1:])
    if values.dtype.kind == "f":
        return random.normal(values.mean(), values.std() + 1, size).astype(values.dtype)
    low, high = int(values.min()), int(values.max())
    if values.ndim == 1:
        return (low + np.arange(FEWEST_ROWS)).astype(values.dtype)
    return random.integers(low, high + 1, size).astype(values.dtype)


def _served(modality: Modality) -> Any:
    """The modality's batch decoding, exported and loaded again."""
    import tensorflow as tf

    module = tf.Module()
    module.resources = list(modality.resources())
    module.decode = tf.function(
        modality.decode_batch,
        input_signature=[tf.TensorSpec([None], tf.string)],
        autograph=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder)
        return tf.saved_model.load(folder).decode
