"""Where the time of a training goes."""

from mmkeras.profiling._result import Profile
from mmkeras.profiling.profile import profile

__all__ = ["Profile", "profile"]
