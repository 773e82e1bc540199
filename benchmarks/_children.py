"""Measurements in fresh processes: what imports and tracing cost is in them once."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MARK = "FOUND "
FOLDER = Path(__file__).resolve().parent


def start(module: str, arguments: dict[str, Any], **environment: str):
    """Start `module` of this folder; its arguments come as one JSON."""
    told = json.dumps({**arguments, "started": time.time()})
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", module, told],
        cwd=FOLDER,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(module: str, arguments: dict[str, Any], **environment: str) -> dict[str, Any]:
    """What the module found, or `{"failed": its last words}`."""
    child = start(module, arguments, **environment)
    return outcome(child)


def outcome(child: subprocess.Popen) -> dict[str, Any]:
    """Wait for a child that was started."""
    out, errors = child.communicate()
    lines = [line for line in out.splitlines() if line.startswith(MARK)]
    if child.returncode or not lines:
        last = (errors.strip().splitlines() or [f"exit code {child.returncode}"])[-1]
        print(f"  failed: {last}", file=sys.stderr, flush=True)
        return {"failed": last}
    return json.loads(lines[-1].removeprefix(MARK))


def arguments_of_child(argv: Sequence[str]) -> dict[str, Any]:
    """The child's side of `start`."""
    return json.loads(argv[1])


def found(**figures: Any) -> None:
    """The child's side of `outcome`."""
    print(MARK + json.dumps(figures, default=float), flush=True)


def peak_memory_mb() -> float:
    """The most memory this process had, pages of mapped files included."""
    try:
        with open("/proc/self/status") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass  # Not Linux.
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes there, kilobytes elsewhere.
    return peak / (2**20 if sys.platform == "darwin" else 1024)
