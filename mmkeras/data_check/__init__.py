"""What is wrong with a data set, before a model learns it."""

from mmkeras.data_check.check_data import check_data
from mmkeras.data_check.data_check import DataCheck
from mmkeras.data_check.finding import Finding

__all__ = ["DataCheck", "Finding", "check_data"]
