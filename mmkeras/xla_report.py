"""What of a model compiles under XLA, and what Keras makes of that."""

from __future__ import annotations

import dataclasses
import platform
from typing import TYPE_CHECKING, Any, NamedTuple

import keras

from mmkeras import _checks, _xla_probe
from mmkeras._tables import Table, to_html, to_text
from mmkeras._xla_advice import is_known, remark
from mmkeras.layers.compiled import Compiled

if TYPE_CHECKING:
    import pandas as pd

_WORDS = {True: "yes", False: "no", None: "?"}


class XlaRow(NamedTuple):
    """One layer.

    Args:
        path: the names of the layers that it is in, and its own.
        type: its class.
        compiles: whether XLA compiles it, in training; `None` if that is not known.
        supports_jit: what it and all its parts tell Keras.
        reason: why not, or what else there is to say.
        instead: what to use in its place.
        detail: whether another row says it all.
    """

    path: str
    type: str
    compiles: bool | None
    supports_jit: bool
    reason: str
    instead: str
    detail: bool


@dataclasses.dataclass(frozen=True)
class XlaReport:
    """What of a model compiles; prints as a table, in Jupyter as HTML.

    Args:
        name: of the model.
        rows: one for each layer, however deep; containers only if at fault.
        compiles: whether `compile(jit_compile=True)` would have the whole model
            compiled: XLA can, and every layer tells Keras so.
        auto: what `compile(jit_compile="auto")` comes to, here.
        auto_reason: why.
    """

    name: str
    rows: tuple[XlaRow, ...]
    compiles: bool
    auto: bool
    auto_reason: str

    def table(self) -> pd.DataFrame:
        """A row a layer; the columns are `XlaRow`'s."""
        import pandas as pd

        return pd.DataFrame(self.rows, columns=XlaRow._fields)

    def _headline(self) -> str:
        said = f"{self.name}: {self._verdict()}"
        choice = "on" if self.auto else "off"
        return f'{said}\njit_compile="auto" is {choice} here: {self.auto_reason}.'

    def _verdict(self) -> str:
        rows = [row for row in self.rows if not row.detail]
        apart = [row for row in rows if row.type == Compiled.__name__]
        clusters = [row.path for row in apart if row.compiles and not row.supports_jit]
        failing = sum(row.compiles is False for row in rows)
        refusing = sum(not row.supports_jit for row in rows)
        if clusters:
            parts = _some(clusters)
            return f"compiles in parts, each an XLA cluster: {parts}."
        if failing:
            return f"does not compile under XLA: {failing} of {len(rows)} layers fail."
        if any(row.compiles is None for row in rows):
            return "what XLA would compile is not known."
        if refusing:
            return "XLA could compile it, but not all layers let Keras do so."
        return f"compiles under XLA, all {len(rows)} layers."

    def _text(self) -> Table:
        groups: dict[Any, list[str]] = {}
        for row in self.rows:
            if not row.detail:
                worst_first = (row.compiles is not False, row.supports_jit)
                key = (*worst_first, row.type, row.compiles, row.reason, row.instead)
                groups.setdefault(key, []).append(row.path)
        rows = []
        # Sorted by the verdict alone: otherwise in the model's order.
        for key, paths in sorted(groups.items(), key=lambda item: item[0][:2]):
            kind, compiles, reason, instead = key[2:]
            rows.append([_some(paths), kind, _WORDS[compiles], reason, instead])
        header = ["layer", "type", "compiles", "why", "use instead"]
        # Where there is nothing to say, nothing stands.
        said = [i for i in range(len(header)) if i < 3 or any(row[i] for row in rows)]
        kept = [[row[i] for i in said] for row in rows]
        return Table("", [header[i] for i in said], kept, words=len(said))

    def __str__(self) -> str:
        return to_text(self._headline(), [self._text()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return to_html(self._headline(), [self._text()])


def xla_report(model: keras.Layer, inputs: Any = None) -> XlaReport:
    """Ask of every layer whether XLA compiles it, and what keeps Keras from trying.

    Keras compiles a model as a whole or not at all, and says nothing where a single
    layer turns XLA off, or claims to compile and then fails in `fit`. Here the
    training step through the model, forward and gradient, is given to XLA; where it
    is refused, its layers are, one by one, down to the one at fault. Nothing is
    run and nothing changes.

    Args:
        model: any Keras model, of mmkeras or not; built.
        inputs: a batch as the model takes it, only needed where the model does not
            state its inputs itself (a subclass of `keras.Model`).

    Returns:
        An `XlaReport`.

    Raises:
        TypeError: if `model` is no Keras model or layer.
        ValueError: if the model does not state its inputs and none are given.

    Example:
        >>> layers = [keras.Input((8, 8, 3)), keras.layers.RandomRotation(0.1)]
        >>> report = mm.xla_report(keras.Sequential(layers))
        >>> report.compiles, report.rows[0].instead
        (False, 'mm.layers.RandomAffine')
    """
    if not isinstance(model, keras.layers.Layer):
        fix = "Call the factory: `mm.build_model(data.spec)`."
        raise _checks.bad_type("xla_report", "model", "a Keras model", model, fix)
    try:
        tensors = _xla_probe.describe(model, inputs)
    except (AttributeError, ValueError):
        fix = "Give one of the training set: `xla_report(model, batch)`."
        raise _checks.bad_value(
            "xla_report", "inputs", "a batch, as the model states none", inputs, fix
        ) from None
    if not model.built:
        model(inputs)
    rows = tuple(_Walk(model, tensors).visit(model, model.name))
    auto, reason = _auto(model, rows)
    compiles = _allowed(model) and all(row.compiles for row in rows)
    return XlaReport(model.name, rows, compiles, auto, reason)


class _Walk:
    """From the model down to the layers at fault."""

    def __init__(self, model: keras.Layer, tensors: Any) -> None:
        self.calls: dict[int, _xla_probe.Call] = {}
        if _xla_probe.can_lower():
            self.calls = _xla_probe.record_calls(model, tensors)
        self.errors: dict[Any, str | None] = {}
        self.seen: set[int] = set()

    def visit(
        self,
        layer: Any,
        path: str,
        fine: bool = False,
        told: bool = False,
        part: bool = False,
    ) -> list[XlaRow]:
        """The rows of a layer, and of the layers in it.

        Args:
            layer: the layer.
            path: its row's.
            fine: whether what it is in compiles, and so it does.
            told: whether a row above says all.
            part: whether what it is in is a layer, and no mere container.
        """
        self.seen.add(id(layer))
        error = None if fine else self._error(layer)
        compiles = True if fine else None if error == "" else error is None
        says, allowed = remark(layer, error, _allowed(layer)), _allowed(layer)
        container = isinstance(layer, keras.Model)
        speaks = is_known(layer) or (isinstance(layer, Compiled) and not error)
        prefix = "" if not self.seen - {id(layer)} else f"{path}/"
        rows = []
        for inner in layer._layers:
            if id(inner) not in self.seen and not _is_input(inner):
                rows += self.visit(
                    inner,
                    f"{prefix}{inner.name}",
                    fine=bool(compiles),
                    told=told or speaks,
                    part=not container,
                )
        blamed = any(row.compiles is False or not row.supports_jit for row in rows)
        guilty = not layer.supports_jit or (compiles is False and not blamed)
        if container and not guilty:
            return rows
        explained = blamed and not guilty and not speaks
        detail = told or explained or (part and not says.reason)
        name = type(layer).__name__
        return [XlaRow(path, name, compiles, allowed, *says, detail), *rows]

    def _error(self, layer: keras.Layer) -> str | None:
        """Why it does not compile; `None` if it does, `""` if that is not known."""
        parts = [x for x in layer._flatten_layers() if not isinstance(x, keras.Model)]
        refused = not all(part.supports_jit for part in parts)
        if (refused and isinstance(layer, keras.Model)) or id(layer) not in self.calls:
            # Keras will not try the whole: its layers are what is asked for.
            return ""
        call = self.calls[id(layer)]
        key = _xla_probe.signature(layer, call)
        if key not in self.errors:
            apart = isinstance(layer, Compiled)
            self.errors[key] = _xla_probe.compile_error(layer, call, apart)
        return self.errors[key]


def _is_input(layer: keras.Layer) -> bool:
    return isinstance(layer, keras.layers.InputLayer)


def _allowed(layer: Any) -> bool:
    return all(part.supports_jit for part in layer._flatten_layers())


def _some(paths: list[str]) -> str:
    first, *rest = paths
    return f"{first} and {len(rest)} more" if rest else first


def _auto(model: Any, rows: tuple[XlaRow, ...]) -> tuple[bool, str]:
    """What `jit_compile="auto"` comes to, and why: Keras's rule, in its order."""
    backend = keras.backend.backend()
    if backend == "torch":
        return False, "on PyTorch Keras compiles only when asked"
    if backend == "tensorflow":
        import tensorflow as tf
        from tensorflow.python.framework.config import is_op_determinism_enabled

        devices = {device.device_type for device in tf.config.list_physical_devices()}
        if devices <= {"CPU"}:
            return False, "there is no GPU or TPU"
        if getattr(model, "_distribute_strategy", None):
            return False, "the model was made under a tf.distribute strategy"
        apple = platform.system() == "Darwin" and "arm" in platform.processor().lower()
        if apple and "GPU" in devices:
            return False, "TensorFlow has no XLA for Apple's GPUs"
        if _allowed(model) and is_op_determinism_enabled():
            return False, "operations are deterministic (enable_op_determinism)"
    if not _allowed(model):
        refusing = [row for row in rows if not row.supports_jit and not row.detail]
        return False, f"{_some([row.path for row in refusing])} tells Keras not to"
    return True, "every layer lets Keras compile it"
