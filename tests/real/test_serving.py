"""Real rows, raw bytes in: Python and C++ answer as the model does in memory."""

import sys

import keras
import numpy as np
import pytest

import mmkeras as mm
from mmkeras._data_specs import shipped_spec

ROWS = 200
BATCH = 32
# float32 sums in another order; the served graph is the same but for fusions.
TOLERANCE = 1e-5
# One epoch: answers that differ from row to row, for what they say is not judged.
EPOCHS = 1


def measured_features(spec):
    """As in the data set's own test: features are counted and measured."""
    image, text = spec.inputs["image"], spec.inputs["text"]
    return {
        "image": mm.encoders.image_hog(image.shape),
        "text": mm.encoders.text_bag(text.vocabulary_size, idf=text.idf),
        "speech": mm.encoders.audio_statistics(),
    }


# By data set: the split that has so many rows, and encoders other than the usual.
CASES = {
    "avdigits": ("test", lambda spec: None),
    "tuxstamps": ("train", measured_features),
}


class Case:
    """A trained model, its export, and what both are asked."""

    def __init__(self, name, data, folder):
        split, encoders = CASES[name]
        self.name, self.spec = name, data.spec
        keras.utils.set_random_seed(0)
        self.model = mm.build_model(data.spec, encoders(data.spec))
        self.model.compile(keras.optimizers.Adam(2e-3), loss=data.spec.losses())
        batches = data["train"].batches(64, shuffle=True)
        self.model.fit(batches, epochs=EPOCHS, verbose=0)
        self.split = data[split]
        self.version = mm.export(self.model, data.spec, folder, self.split)
        predictions = mm.predict(self.model, self.split)
        self.expected = {task: p[:ROWS] for task, p in predictions.items()}


@pytest.fixture(scope="module", params=CASES)
def case(request, real_data, tmp_path_factory):
    folder = real_data(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMKERAS_DATA", str(folder.parent))
        spec = shipped_spec(request.param)
        cache = tmp_path_factory.mktemp("cache")
        data = mm.load_dataset(spec, cache_dir=cache, progress=False)
        yield Case(request.param, data, tmp_path_factory.mktemp("serving") / "model")


@pytest.mark.long
@pytest.mark.parametrize("server", ["serve_elsewhere", "serve_in_cpp"])
def test_rows_in_batches_and_one_by_one_are_answered_as_in_memory(
    case, server, request, encoded_request
):
    serve = request.getfixturevalue(server)
    starts = range(0, ROWS, BATCH)
    parts = [range(start, min(start + BATCH, ROWS)) for start in starts]
    asked = [encoded_request(case.split, rows) for rows in parts]
    asked += [encoded_request(case.split, [row]) for row in range(ROWS)]
    answers = serve(case.version, asked)
    batched, alone = joined(answers[: len(parts)]), joined(answers[len(parts) :])
    assert batched["ok"].tolist() == alone["ok"].tolist() == [1] * ROWS
    for task, expected in case.expected.items():
        names = case.spec.tasks[task].answers(expected).tolist()
        assert len(set(names)) > 1
        for found in (batched, alone):
            assert [name.decode() for name in found[task]] == names
        given = [found[f"{task}_probabilities"] for found in (batched, alone)]
        gaps = {
            "batches and the model": given[0] - expected,
            "one by one and the model": given[1] - expected,
            "batches and one by one": given[0] - given[1],
        }
        for what, gap in gaps.items():
            largest = np.abs(gap).max()
            sys.stdout.write(f"\n{case.name}, {server}, {what}: {largest:.1e}")
            assert largest <= TOLERANCE, what


def joined(answers):
    return {
        name: np.concatenate([answer[name] for answer in answers])
        for name in answers[0]
    }
