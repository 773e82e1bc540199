"""The contract checks fail on what breaks the contract, and say what is wrong."""

from typing import ClassVar, Literal

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import mmkeras as mm
from mmkeras import testing

FLOATS = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
IDS = np.array([[3, 2, 0], [1, 0, 0], [4, 4, 2], [2, 1, 1], [3, 3, 0]], "int32")

register = keras.saving.register_keras_serializable("mmkeras_tests")


@register
class Good(keras.layers.Layer):
    """What all the others break in one way."""

    def __init__(self, units=3, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.rate = rate

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units))
        self.built = True

    def call(self, inputs):
        return ops.matmul(inputs, self.kernel)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "rate": self.rate}


@register
class MixesRows(Good):
    def call(self, inputs):
        return super().call(inputs - ops.mean(inputs, axis=0))


@register
class LosesAnArgument(Good):
    def get_config(self):
        config = super().get_config()
        del config["rate"]  # It does not show in the result.
        return config


@register
class ChangesItsConfig(Good):
    def get_config(self):
        return {**super().get_config(), "rate": self.rate / 2}


@register
class DrawsAConstant(Good):
    def build(self, input_shape):
        super().build(input_shape)
        self.shift = float(np.random.default_rng().normal())

    def call(self, inputs):
        return super().call(inputs) + self.shift


@register
class HasADeadWeight(Good):
    def build(self, input_shape):
        super().build(input_shape)
        self.dead = self.add_weight(shape=(2,), name="dead")


@register
class StopsTheGradient(Good):
    def call(self, inputs):
        return ops.stop_gradient(super().call(inputs))


@register
class NeedsEagerness(Good):
    def call(self, inputs):
        outputs = super().call(inputs)
        return outputs + tf.cast(tf.strings.length(tf.as_string(outputs)), "float32")


@register
class CompilesToSomethingElse(Good):
    def call(self, inputs):
        return super().call(inputs) * (1 if tf.executing_eagerly() else 2)


@register
class GivesNan(Good):
    def call(self, inputs):
        return super().call(inputs) * np.nan


BROKEN_LAYERS = [
    (MixesRows, "depends on its batch"),
    (LosesAnArgument, r"config of LosesAnArgument lacks \['rate'\]"),
    (ChangesItsConfig, "round trip changes the config"),
    (DrawsAConstant, "round trip is not exact"),
    (HasADeadWeight, r"no gradient reaches \['.*dead'\]"),
    (StopsTheGradient, "no gradient reaches"),
    (CompilesToSomethingElse, "XLA computes other values"),
    (GivesNan, "depends on its batch, by nan"),
]


@pytest.mark.parametrize("check", [testing.check_layer, testing.check_encoder])
def test_good_layer_passes(check):
    check(Good(), FLOATS)


@pytest.mark.parametrize(("broken", "message"), BROKEN_LAYERS)
@pytest.mark.parametrize("check", [testing.check_layer, testing.check_encoder])
def test_broken_layer_fails(check, broken, message):
    with pytest.raises(AssertionError, match=message):
        check(broken(), FLOATS)


def test_layer_that_xla_cannot_compile_fails():
    with pytest.raises(Exception, match=r"(?i)xla|compil"):
        testing.check_layer(NeedsEagerness(), FLOATS)


def test_broken_layer_inside_a_model_fails():
    model = keras.Sequential([keras.Sequential([LosesAnArgument()])])
    with pytest.raises(AssertionError, match="config of LosesAnArgument lacks"):
        testing.check_encoder(model, FLOATS)


@pytest.mark.parametrize("rows", [FLOATS[:3], np.repeat(FLOATS[:1], 5, axis=0)])
def test_rows_that_could_hide_a_mistake_are_refused(rows):
    with pytest.raises(AssertionError, match="at least 4 rows, each of them different"):
        testing.check_layer(Good(), rows)


@register
class TakesADict(keras.layers.Layer):
    def call(self, inputs):
        scale = ops.cast(inputs["ids"], "float32")[:, :1]
        return ops.where(inputs["flag"][:, None], inputs["x"] * scale, 0.0)

    def compute_output_shape(self, input_shape):
        return input_shape["x"]


def test_layer_of_a_dict_of_floats_whole_numbers_and_bools_passes():
    flag = np.array([True, False, True, True, False])
    testing.check_layer(TakesADict(), {"x": FLOATS, "ids": IDS, "flag": flag})


def test_large_numbers_are_compared_relatively():
    """A sum of thousands rounds by more than 1e-5; that is no mixing of rows."""
    testing.check_layer(keras.layers.Rescaling(1e6), FLOATS)


def test_encoder_of_whole_pictures_fails():
    with pytest.raises(AssertionError, match=r"not \(batch, dim\)"):
        testing.check_encoder(keras.layers.Identity(), FLOATS[:, None, None])


def text_encoder(mask):
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(5, 3)(ids)
    if mask:
        real = ops.cast(ops.not_equal(ids, 0), "float32")[..., None]
        x = x * real
    return keras.Model(ids, ops.sum(x, axis=1))


def test_encoder_that_masks_padding_passes():
    testing.check_encoder(text_encoder(mask=True), IDS, padding=True)


def test_encoder_that_reads_padding_fails():
    with pytest.raises(AssertionError, match="padding changes the result"):
        testing.check_encoder(text_encoder(mask=False), IDS, padding=True)


@register
class TakesTheFirst(mm.fusion.Concat):
    """In the dict's own order."""

    def call(self, inputs):
        return ops.concatenate(list(inputs.values()), axis=-1)


@register
class TakesTokens(mm.fusion.Concat):
    def build(self, input_shape):
        self.built = True


@register
class NamesNoInput(mm.fusion.Concat):
    def build(self, input_shape):
        if any(len(shape) != 2 for shape in input_shape.values()):
            raise ValueError("a shape is wrong")
        self.built = True


@register
class NeedsTwo(mm.fusion.Concat):
    def call(self, inputs):
        return super().call(inputs)[:, None]


@register
class ForgetsItsArgument(mm.fusion.Concat):
    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def get_config(self):
        return keras.layers.Layer.get_config(self) | {"scale": 1.0}

    def call(self, inputs):
        return super().call(inputs) * self.scale


@register
class IgnoresPresence(mm.fusion.Mean):
    def call(self, inputs, present=None):
        return super().call(inputs)


@register
class NobodyIsNoNumber(mm.fusion.Mean):
    def call(self, inputs, present=None):
        x = ops.stack(self.embeddings(inputs), axis=1)
        if not present:
            return ops.mean(x, axis=1)
        weights = [ops.cast(present[name], "float32") for name in sorted(inputs)]
        weights = ops.stack(weights, axis=1)[..., None]
        return ops.sum(weights * x, axis=1) / ops.sum(weights, axis=1)


@register
class ReadsPadding(keras.layers.Layer):
    def call(self, inputs, masks=None, present=None):
        parts = []
        for name in sorted(inputs):
            x = inputs[name]
            x = ops.mean(x, axis=1) if len(x.shape) == 3 else x
            if present and name in present:
                x = ops.where(present[name][:, None], x, 0)
            parts.append(x)
        return ops.concatenate(parts, axis=-1)


BROKEN_FUSIONS = [
    (TakesTheFirst, {}, "order of the dict matters"),
    (TakesTokens, {}, "a token sequence is not refused"),
    (NamesNoInput, {}, "does not name the modality"),
    (NeedsTwo, {}, "output's shape is"),
    (ForgetsItsArgument, {"scale": 2.0}, "round trip is not exact"),
    (IgnoresPresence, {}, "values of an absent modality matter"),
    (NobodyIsNoNumber, {}, "without any modality is no number"),
    (ReadsPadding, {}, "padding matters"),
]


@pytest.mark.parametrize(("broken", "arguments", "message"), BROKEN_FUSIONS)
def test_broken_fusion_fails(broken, arguments, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_fusion(broken, **arguments)


class Length(mm.modalities.Modality):
    """How long a text is: what all the others break in one way."""

    type: Literal["length"] = "length"
    binary: ClassVar[bool] = False

    @property
    def shape(self):
        return (1,)

    @property
    def dtype(self):
        return "float32"

    def _read(self, cell, root):
        if not isinstance(cell, str):
            raise mm.modalities.modality.RowError("no text")
        return cell.encode()

    def _decode(self, encoded):
        return tf.cast(tf.strings.length(encoded), tf.float32)[None]

    def made_up(self):
        return b"four"

    def limits(self):
        return ("any text",)

    def preprocessing(self):
        return keras.layers.Rescaling(0.1)


class DecodesOtherwiseInAGraph(Length):
    def _decode(self, encoded):
        return super()._decode(encoded) + (0 if tf.executing_eagerly() else 1)


class DecodesOtherwiseInABatch(Length):
    def decode_batch(self, encoded):
        return super().decode_batch(encoded) + 1


class DecodesOtherwiseAsServed(Length):
    def _decode_rows(self, encoded):
        values, reasons = super()._decode_rows(encoded)
        return values + 1, reasons


class RefusesAGoodCell(Length):
    def _decode_rows(self, encoded):
        values, reasons = super()._decode_rows(encoded)
        return values, tf.fill(tf.shape(reasons), "damaged")


class MakesUpNonsense(Length):
    def made_up(self):
        return b""

    def decode_rows(self, encoded):
        values, reasons = super().decode_rows(encoded)
        empty = tf.equal(tf.strings.length(encoded), 0)
        return values, tf.where(empty, "missing", reasons)


class HasAnotherDtype(Length):
    @property
    def dtype(self):
        return "int32"

    def blank(self):
        return np.zeros(1, "float32")


class TakesAnything(Length):
    def _read(self, cell, root):
        return str(cell).encode()


class InventsAValue(Length):
    def read(self, cell, root):
        return super().read(cell, root) or b"nothing"


class GivesInfinity(Length):
    def preprocessing(self):
        return keras.layers.Rescaling(np.inf)


class AcceptsNothing(Length):
    def read(self, cell, root):
        return b"" if cell is None else super().read(cell, root)


BROKEN_MODALITIES = [
    (DecodesOtherwiseInAGraph, "tf.data decodes other values"),
    (DecodesOtherwiseInABatch, "a batch decodes other values"),
    (DecodesOtherwiseAsServed, "a SavedModel decodes other values"),
    (RefusesAGoodCell, "a good cell is served as"),
    (MakesUpNonsense, "served as wrong"),
    (HasAnotherDtype, "decoded float32"),
    (TakesAnything, "a bad cell was not refused: '3'"),
    (InventsAValue, "None is not read as absent"),
    (GivesInfinity, "NaN or infinity"),
    (AcceptsNothing, "accepted although the input is not optional"),
]


def test_good_modality_passes():
    testing.check_modality(Length(column="x", optional=True), ["a", "bcd"], [3])


@pytest.mark.parametrize(("broken", "message"), BROKEN_MODALITIES)
def test_broken_modality_fails(broken, message):
    with pytest.raises(AssertionError, match=message):
        testing.check_modality(broken(column="x", optional=True), ["a", "bcd"], [3])


def test_modality_that_is_not_optional_is_refused():
    with pytest.raises(AssertionError, match="give the check an optional modality"):
        testing.check_modality(Length(column="x"), ["a", "bcd"])


class Contrary(keras.losses.Loss):
    """Cross-entropy whose gradient points the other way."""

    def call(self, y_true, y_pred):
        loss = keras.losses.sparse_categorical_crossentropy(y_true, y_pred)
        return ops.stop_gradient(2 * loss) - loss


class LearnsTheContrary(mm.tasks.Classification):
    def loss(self):
        return Contrary()


class AnswersAnIndex(mm.tasks.Classification):
    def answers(self, predictions):
        return np.argmax(predictions, -1)


class AnswersABatch(mm.tasks.Classification):
    def answers(self, predictions):
        return super().answers(predictions)[:1]


class TakesAnyLabel(mm.tasks.Classification):
    def encode(self, cell):
        return super().encode(cell) if cell in self.classes else 0


class NoFigures(mm.figures.ClassificationFigures):
    def point(self, weights):
        return {}


class OtherResamples(mm.figures.ClassificationFigures):
    def replicates(self, weights):
        return {k: v + 1 for k, v in super().replicates(weights).items()}


class OtherRows(mm.figures.ClassificationFigures):
    def rows(self):
        return 1 - super().rows()


def with_figures(kind):
    class WithFigures(mm.tasks.Classification):
        def figures(self, labels, predictions):
            return kind(labels, predictions, self.known_classes())

    return WithFigures


class MixesItsRows(mm.tasks.Classification):
    def head(self, name):
        return keras.Sequential([MixesRows(), super().head(name)], name=name)


BROKEN_TASKS = [
    (LearnsTheContrary, "training does not lower the loss"),
    (AnswersAnIndex, "served answers are other ones"),
    (AnswersABatch, r"answers have shape \(1,\)"),
    (TakesAnyLabel, "a bad label was not refused: 'c'"),
    (with_figures(NoFigures), "there is no figure 'accuracy'"),
    (with_figures(OtherResamples), "'accuracy' of a resample is another figure"),
    (with_figures(OtherRows), "the headline is not the mean of the rows' scores"),
    (MixesItsRows, "depends on its batch"),
]


@pytest.mark.parametrize(("broken", "message"), BROKEN_TASKS)
def test_broken_task_fails(broken, message):
    keras.utils.set_random_seed(0)
    task = broken(column="x", classes=("a", "b"), hidden_units=0)
    with pytest.raises(AssertionError, match=message):
        testing.check_task(task, ["a", "b", "a", "a"], ["c"])


SPEC = """
schema_version: 1
name: things
about: {description: Things., licence: MIT, citation: Nobody}
source: {type: csv, path: rows.csv}
inputs: {word: {type: text, column: text}}
tasks: {kind: {type: classification, column: label}}
split: {by: column, column: split, values: {train: [t]}}
"""


def test_spec_that_says_where_it_is_from_passes(tmp_path):
    path = tmp_path / "things.yaml"
    path.write_text(SPEC)
    assert testing.check_spec(path).name == "things"


@pytest.mark.parametrize("missing", ["licence: MIT, ", "description: Things., "])
def test_spec_that_does_not_say_where_it_is_from_fails(tmp_path, missing):
    path = tmp_path / "things.yaml"
    path.write_text(SPEC.replace(missing, ""))
    with pytest.raises(AssertionError, match="description, licence and citation"):
        testing.check_spec(path)
