"""A spec whose heads are a recipe's own."""

from __future__ import annotations

from mmkeras.spec import Spec


def with_hidden_units(spec: Spec, units: int) -> Spec:
    """The spec with heads of that hidden layer; 0 for none."""
    tasks = {name: t.replace(hidden_units=units) for name, t in spec.tasks.items()}
    return spec.replace(tasks=tasks)
