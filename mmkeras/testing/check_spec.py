"""The contract of a spec's file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mmkeras.spec import Spec, load_spec
from mmkeras.testing._compare import require


def check_spec(path: str | Path) -> Spec:
    """Hold a spec's file to its contract: it loads, and writing it loses nothing.

    Args:
        path: the YAML file.

    Returns:
        The spec.

    Raises:
        AssertionError: naming what does not hold.
        SpecError: if the file is no valid spec.
    """
    spec = load_spec(path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.yaml"
        copy.write_text(spec.to_yaml(), encoding="utf-8")
        again = load_spec(copy)
    require(again.to_dict() == spec.to_dict(), f"{path} changes when written again")
    about = spec.about
    require(
        bool(about.description and about.licence and about.citation),
        f"{path} needs `about`: description, licence and citation",
    )
    return spec
