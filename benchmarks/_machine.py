"""What a figure was measured on, and its spread."""

import importlib.metadata
import os
import platform
import statistics

LIBRARIES = ("keras", "tensorflow", "jax", "numpy")


def machine() -> str:
    """One line: processor, cores, versions."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            names = [
                line.split(":")[1].strip() for line in file if "model name" in line
            ]
        model = names[0] if names else model
    except OSError:
        pass  # Not Linux: the platform's own word stays.
    versions = ", ".join(filter(None, map(_version, LIBRARIES)))
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return f"{model}, {cores} cores, load {load:.1f}; {versions}"


def _version(name: str) -> str:
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return ""  # Keras runs on one of its backends alone.


def spread(values) -> str:
    """Median, then smallest and largest."""
    median = statistics.median(values)
    return f"{median:,.0f} ({min(values):,.0f} to {max(values):,.0f})"
