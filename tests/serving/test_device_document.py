"""What is said of a converted model holds for every modality and task."""

import numpy as np
import pytest

import mmkeras as mm
from mmkeras.modalities import MODALITIES
from mmkeras.serving._device.convert_litert import _stays_float
from mmkeras.serving._device.float_layers import float_layers
from mmkeras.serving._device.inputs import _STEPS, input_steps
from mmkeras.serving._device.outputs import _MEANINGS, output_meaning
from mmkeras.tasks import TASKS

CLASSES = ("low", "mid", "high")


def test_every_modality_and_task_is_described():
    assert set(_STEPS) == set(MODALITIES.values())
    assert set(_MEANINGS) == set(TASKS.values())


@pytest.mark.parametrize(
    ("modality", "said"),
    [
        (mm.modalities.Image(column="c", channels=1), "luma"),
        (mm.modalities.Image(column="c", resize="pad"), "centred on black"),
        (mm.modalities.Audio(column="c", sample_rate=8000), "8,000 samples (1 s)"),
        (mm.modalities.Text(column="c", max_tokens=7), "the first 7 ids"),
        (mm.modalities.Text(column="c", stop_words=("a",)), "x.stop_words"),
        (mm.modalities.Text(column="c", split="characters"), "into characters"),
        (mm.modalities.Number(column="c"), "in the unit of the data"),
        (mm.modalities.Category(column="c"), "counted from 1; 0 for any other"),
    ],
)
def test_steps_are_those_of_the_modality(modality, said):
    assert said in " ".join(input_steps("x", modality))


@pytest.mark.parametrize(
    ("modality", "blank"),
    [
        (mm.modalities.Image(column="c", optional=True), "`x` is zeros"),
        (mm.modalities.Text(column="c", optional=True), "`x` is 1, and zeros"),
        (mm.modalities.Category(column="c", optional=True), "`x` is 0"),
    ],
)
def test_absent_value_is_the_modalitys_blank(modality, blank):
    last = input_steps("x", modality)[-1]
    assert "`x_present` is true; of an absent value it is false" in last
    assert last.endswith(blank)


@pytest.mark.parametrize(
    ("task", "values"),
    [
        (mm.tasks.Classification(column="c", classes=CLASSES), [0.1, 0.3, 0.6]),
        (mm.tasks.Ordinal(column="c", classes=CLASSES), [0.9, 0.4]),
        (mm.tasks.Ordinal(column="c", classes=CLASSES), [0.4, 0.3]),
        (mm.tasks.MultiLabel(column="c", classes=CLASSES), [0.9, 0.1, 0.8]),
    ],
)
def test_code_of_an_answer_gives_the_tasks_answer(task, values):
    values = np.array(values)
    found = eval(output_meaning(task).code, {"classes": CLASSES, "values": values})
    (expected,) = task.answers(values[None])
    separator = getattr(task, "separator", "")
    assert (separator.join(found) if isinstance(found, list) else found) == expected


@pytest.mark.parametrize(
    ("tensor", "stays"),
    [
        ("model_1/log_mel_1/Log", True),
        ("model_1/log_mel/Log", True),
        ("model_1/branch_1/log_mel_1/stft/rfft", True),
        ("model_1/conv_1/Relu", False),
        ("model_1/conv_1/Relu;model_1/log_mel_1/Log", True),
        # A matrix inside of attention, and what attention does itself.
        ("model_1/attention_1/query_1/einsum", False),
        ("model_1/attention_1/Softmax", True),
        ("model_1/query_1/einsum", False),
        ("log_mel", False),
    ],
)
def test_tensor_is_known_by_the_layers_around_it(tensor, stays):
    assert _stays_float(tensor, ["log_mel", "attention"], ["query"]) == stays


def test_masked_attention_stays_float_whole(small_data):
    """Its scores would get the range of -1e9, which stands for absent inputs."""
    model = mm.build_model(small_data.spec, fusion=mm.fusion.AttentionFusion())
    found = float_layers(model)
    # Keras numbers the layers of a process.
    for start in ("attention_fusion", "log_mel", "image_preprocessing"):
        assert any(name.startswith(start) for name in found.names)
    assert found.but == []


def test_matrices_of_other_fusions_do_not(small_data):
    model = mm.build_model(small_data.spec, fusion=mm.fusion.MLPFusion())
    assert float_layers(model).but
