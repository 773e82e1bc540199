"""Long sounds: kept whole, of which training draws windows."""

import io
import itertools

import numpy as np
import pandas as pd
import pytest
import soundfile
import tensorflow as tf

import mmkeras as mm

RATE, SAMPLES = 8000, 800
# Shorter than a window, equal, and longer, some not of whole blocks.
LENGTHS = [1, 37, 800, 801, 1600, 5003, 9999]


def wav(samples, subtype="PCM_16"):
    stream = io.BytesIO()
    soundfile.write(stream, samples, RATE, format="WAV", subtype=subtype)
    return stream.getvalue()


def clips():
    """Counted through: a sample says of which clip and where it is."""
    edges = np.cumsum([1, *LENGTHS])
    return [np.arange(a, b) for a, b in itertools.pairwise(edges)]


@pytest.fixture(scope="module", params=["PCM_16", "PCM_24"])
def data(request, tmp_path_factory):
    subtype = request.param  # The first is plain, the other takes the graph.
    found = [c.astype("int16") for c in clips()]
    scaled = [c.astype("float64") / 2**15 for c in found]
    table = pd.DataFrame(
        {
            "sound": [wav(c, subtype) for c in scaled] + [None],
            "label": list("abababab"),
            "split": ["t"] * 8,
        }
    )
    spec = mm.Spec(
        name="long",
        source=mm.sources.Frame(frame=table),
        inputs={
            "sound": mm.modalities.Audio(
                column="sound",
                sample_rate=RATE,
                seconds=SAMPLES / RATE,
                window="random",
                optional=True,
            )
        },
        tasks={"label": mm.tasks.Classification(column="label")},
        split=mm.SplitByColumn(column="split", values={"train": ("t",)}),
    )
    home = tmp_path_factory.mktemp("cache")
    return mm.load_dataset(spec, cache_dir=home, progress=False)


def padded(clip, start=0):
    window = clip[start : start + SAMPLES]
    return np.pad(window, (0, SAMPLES - len(window)))


def batch(data, **options):
    inputs = next(iter(data["train"].batches(8, **options)))[0]
    return inputs["sound"].numpy(), inputs["sound_present"].numpy()


def test_evaluation_reads_the_start_as_serving_does(data):
    sounds, present = batch(data)
    expected = np.stack([padded(c) for c in clips()] + [np.zeros(SAMPLES)])
    assert np.array_equal(sounds, expected)
    assert present.tolist() == [True] * 7 + [False]
    decode = data.spec.inputs["sound"].decode
    served = [decode(tf.constant(data["train"].encoded(i)["sound"])) for i in range(8)]
    assert np.array_equal(np.stack(served), sounds)


def test_training_reads_windows_that_move_with_the_epoch(data):
    batches = data["train"].batches(8, shuffle=True, seed=1)
    starts = {n: set() for n in range(len(LENGTHS))}
    for _ in range(30):
        (inputs, _), *_ = list(batches)
        for sound in inputs["sound"].numpy():
            if not sound.any():
                continue
            n = next(n for n, clip in enumerate(clips()) if sound[0] in clip)
            start = int(sound[0] - clips()[n][0])
            assert np.array_equal(sound, padded(clips()[n], start))
            starts[n].add(start)
    assert [len(starts[n]) for n in range(4)] == [1, 1, 1, 1]
    # Of 51, 263 and 575 places.
    assert [len(starts[n]) > 15 for n in (4, 5, 6)] == [True] * 3
    assert max(starts[6]) > 8000


def test_windows_follow_from_the_seed_and_not_from_the_batch(data):
    def epoch(size, seed):
        batches = data["train"].batches(size, shuffle=True, seed=seed)
        return np.concatenate([x["sound"].numpy() for x, _ in batches])

    assert np.array_equal(epoch(8, 1), epoch(3, 1))
    assert not np.array_equal(np.sort(epoch(8, 1), 0), np.sort(epoch(8, 2), 0))


def test_columns_give_the_start_of_each_clip(data):
    column = data.columns["sound"]
    assert column.shape == (8, SAMPLES) and column.dtype == "int16"
    assert np.array_equal(
        column[np.array([6, 0])], [padded(clips()[6]), padded(clips()[0])]
    )
    assert np.array_equal(np.asarray(column)[:7], [padded(c) for c in clips()])


def test_clip_is_cut_at_the_longest_that_is_kept():
    sound = mm.modalities.Audio(
        column="x", sample_rate=RATE, seconds=0.1, max_seconds=0.2, window="random"
    )
    long = wav(np.linspace(-0.5, 0.5, 4000))
    assert len(sound.decode_stored(tf.constant(long))) == 1600
    assert len(sound.decode_plain(sound.plain(long))) == 1600


def test_kept_length_below_the_window_is_refused():
    with pytest.raises(ValueError, match=r"at least seconds=2\.0"):
        mm.modalities.Audio(column="x", window="random", seconds=2.0, max_seconds=1.0)
