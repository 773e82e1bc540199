"""The contract checks: run them on your own layers and modalities too.

Each check raises `AssertionError` with what does not hold. They are for tests, and
the only place in the package that raises it.
"""

from mmkeras.testing.check_augmentation import check_augmentation
from mmkeras.testing.check_encoder import check_encoder
from mmkeras.testing.check_fusion import check_fusion
from mmkeras.testing.check_layer import check_layer
from mmkeras.testing.check_modality import check_modality
from mmkeras.testing.check_spec import check_spec
from mmkeras.testing.check_task import check_task

__all__ = [
    "check_augmentation",
    "check_encoder",
    "check_fusion",
    "check_layer",
    "check_modality",
    "check_spec",
    "check_task",
]
