"""Requests that a server answers before it opens: tracing is done by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmkeras.serving._examples import Row, as_tensors

#: Where TensorFlow Serving looks for them, in a version's folder.
WARM_UP_FILE = "assets.extra/tf_serving_warmup_requests"
# Of the same sums in another order, in float32.
_TOLERANCE = 1e-4


def write_warm_up(
    version: Path, name: str, rows: Sequence[Row], batch_sizes: Sequence[int]
) -> None:
    """Write one record a batch size: the server never meets one for the first time."""
    import tensorflow as tf
    from tensorflow_serving.apis import model_pb2, predict_pb2, prediction_log_pb2

    path = version / WARM_UP_FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for size in batch_sizes:
            request = predict_pb2.PredictRequest(
                model_spec=model_pb2.ModelSpec(
                    name=name, signature_name="serving_default"
                )
            )
            for key, tensor in as_tensors(rows, size).items():
                request.inputs[key].CopyFrom(tf.make_tensor_proto(tensor))
            log = prediction_log_pb2.PredictionLog(
                predict_log=prediction_log_pb2.PredictLog(request=request)
            )
            writer.write(log.SerializeToString())


def replay_warm_up(
    version: Path, signatures: Mapping[str, Any], expected: Mapping[str, np.ndarray]
) -> None:
    """Answer every record as the server will, before it gets the version.

    A record that fails keeps a server from opening the version. So does an answer
    that is not the model's.

    Args:
        version: the folder.
        signatures: of the model that was loaded from it.
        expected: the answers of the rows, from the first one.

    Raises:
        RuntimeError: if an answer is not as expected.
    """
    import tensorflow as tf
    from tensorflow_serving.apis import prediction_log_pb2

    count = len(next(iter(expected.values())))
    records = tf.data.TFRecordDataset(str(version / WARM_UP_FILE))
    for record in records.as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record)
        request = log.predict_log.request
        tensors = {
            key: tf.constant(tf.make_ndarray(value))
            for key, value in request.inputs.items()
        }
        answers = signatures[request.model_spec.signature_name](**tensors)
        for name, values in expected.items():
            found = answers[name].numpy()
            wanted = values[np.arange(len(found)) % count]
            if not _equal(found, wanted):
                raise RuntimeError(
                    f"`export`: the exported model's '{name}' is not the model's own: "
                    f"{found[0]!r} where it is {wanted[0]!r}. Nothing was published. "
                    "A layer of it may not be a pure function of its inputs."
                )


def _equal(found: np.ndarray, wanted: np.ndarray) -> bool:
    if np.issubdtype(found.dtype, np.floating):
        scale = max(1.0, float(np.abs(wanted).max(initial=0.0)))
        return bool(np.allclose(found, wanted, rtol=0, atol=_TOLERANCE * scale))
    return bool((found == wanted).all())
