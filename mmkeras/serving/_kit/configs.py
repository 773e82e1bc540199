"""Text protos of TensorFlow Serving's model server."""

from __future__ import annotations

from collections.abc import Sequence

# Batches that may wait; what comes then is refused at once.
_WAITING = 16

_MODELS = """\
# ModelServerConfig, for --model_config_file.
model_config_list {
  config {
    name: "@NAME@"
    # The folder that holds the versions, whole numbers, as the container sees it.
    base_path: "/models/@NAME@"
    model_platform: "tensorflow"
    # The highest version alone. It replaces the one before it once it is loaded and
    # warmed up. To go back to version 1, or to serve two of them:
    #   model_version_policy { specific { versions: 1 versions: 2 } }
    model_version_policy { latest { num_versions: 1 } }
    # A label gives a version an address of its own, /v1/models/@NAME@/labels/stable.
    # The version must be loaded already:
    #   version_labels { key: "stable" value: 1 }
  }
}
"""

_MONITORING = """\
# MonitoringConfig, for --monitoring_config_file. It is served on the REST port.
prometheus_config {
  enable: true
  path: "/monitoring/prometheus/metrics"
}
"""

_CPU = """\
# BatchingParameters, for --batching_parameters_file, with --enable_batching=true.
# For a CPU.

# num_batch_threads is left out: it is then the number of cores that the server sees,
# which is what a CPU wants. Set it where a container may use fewer of them:
# num_batch_threads { value: 4 }

# Rows of a batch at most. A request with more rows is refused.
max_batch_size { value: @LARGEST@ }

# Microseconds. No row waits for others: a free thread takes what is there. TensorFlow
# Serving's guide starts so for a CPU; then try 1000 to 10000.
batch_timeout_micros { value: 0 }
"""

_GPU = """\
# BatchingParameters, for --batching_parameters_file, with --enable_batching=true.
# For a GPU.

# While one batch is on the GPU, the next ones are decoded on the CPU. Each of them
# holds memory of the GPU; where there is enough, try the number of cores.
num_batch_threads { value: 4 }

# Rows of a batch at most. A request with more rows is refused.
max_batch_size { value: @LARGEST@ }

# Microseconds that a row waits for a batch to fill, for full batches are what a GPU is
# good at. Less for quicker answers, more for more of them a second.
batch_timeout_micros { value: 2000 }
"""

_QUEUE = """
# Batches that may wait. Beyond them a request is refused at once (503), rather than
# answered when nobody waits for it any more.
max_enqueued_batches { value: @WAITING@ }
"""

_FILLING = """
# A batch is filled up to one of these with copies of a row, which are answered too
# and thrown away. So a GPU meets no other sizes than those that were warmed up.
"""

_NO_FILLING = """
# There are no allowed_batch_sizes: a batch would be filled up to one of them with
# copies of a row, and on a CPU a copy costs as much as a row does.
"""


def models_config(name: str) -> str:
    """Which versions of which model are served."""
    return _MODELS.replace("@NAME@", name)


def monitoring_config() -> str:
    """Where Prometheus finds figures."""
    return _MONITORING


def batching_config(sizes: Sequence[int], gpu: bool) -> str:
    """How rows of several requests are put together.

    Args:
        sizes: of a batch, rising.
        gpu: whether the model runs on one.
    """
    filling = [f"allowed_batch_sizes: {size}\n" for size in sizes] if gpu else []
    notes = (_GPU, _QUEUE, _FILLING) if gpu else (_CPU, _QUEUE, _NO_FILLING)
    text = "".join([*notes, *filling])
    return text.replace("@LARGEST@", str(sizes[-1])).replace("@WAITING@", str(_WAITING))
