"""What all of mmkeras's rows do: load the files, build the model, fit it.

`audio_rnn` is the sound encoder of the other rows, the same function of the same
weights: its `TimeDistributed` folds time into the batch, where Keras's traces the
layer once for each frame.
"""

from pathlib import Path

from end_to_end_rows.network import image_encoder, text_encoder

import mmkeras as mm

SPEC = Path(__file__).with_name("files.yaml")
FILES = (str(SPEC), __file__)


# user code
def build(run, **options):
    data = mm.load_dataset(SPEC, cache_dir=run.cache, progress=False)
    encoders = {
        "image": image_encoder(),
        "text": text_encoder(data.spec.inputs["text"].vocabulary_size),
        "sound": mm.encoders.audio_rnn(),
    }
    return mm.build_model(data.spec, encoders, **options), data


def fit(run, model, data):
    model.compile(
        "adam",
        loss=data.spec.losses(),
        metrics=data.spec.metrics(),
        steps_per_execution=run.steps_per_execution,
    )
    batches = data["train"].batches(run.batch_size, shuffle=True)
    model.fit(batches, **run.fitting)


# end of user code


def outcome(model, data):
    """What `measure` is told of a trained model."""
    accuracy = mm.evaluate(model, data["test"])["label"]["accuracy"]
    return accuracy, len(data["train"])
