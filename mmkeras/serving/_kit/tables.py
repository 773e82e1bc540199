"""Tables of the kit's README: what the model takes and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmkeras._markdown import table
from mmkeras._tables import Table

#: The signature that takes a client's bytes.
DEFAULT = "serving_default"
# Classes that are listed; the metadata has all.
_MOST_CLASSES = 20

_KINDS = {
    "image": "picture: the bytes of its file",
    "audio": "sound: the bytes of its file",
    "text": "text",
    "number": "number, as text",
    "category": "name of a category",
}
_ANSWERS = {
    "classification": "the class",
    "ordinal": "the class",
    "multi_label": "the labels, joined",
    "regression": "the number",
    "bounding_box": "the box, in parts of the picture's width and height",
    "clustering": "the embedding",
    "retrieval": "how well the pair fits, a cosine",
}
# Of those, what else has to be known.
_DETAILS = ("separator", "format", "unit")
_DERIVED = {
    "probabilities": "the probability of each class, in the order below",
    "top_classes": "the likeliest classes, best first",
    "top_probabilities": "their probabilities",
}
_OF_ROW = {
    "ok": "1, or 0 where the row cannot be answered",
    "reason": "why it cannot, else empty",
}
_SIGNATURES = {
    "tf_example": "the same from serialised tf.train.Example protos",
    "decoded": "without decoding: pixels, samples and ids as the model takes them; "
    "without ok and reason",
    "embed": "the embedding of all inputs",
}


def sent_as(name: str, metadata: Mapping[str, Any]) -> str:
    """The name of an input in a request."""
    encoded = f"{name}_bytes"
    return encoded if encoded in metadata["signatures"][DEFAULT]["inputs"] else name


def inputs_table(metadata: Mapping[str, Any]) -> str:
    """What a row has to hold."""
    rows = []
    for name, fields in metadata["inputs"].items():
        optional = "yes" if fields.get("optional") else "no"
        bad = "counts as absent" if fields.get("on_bad") == "missing" else "ok is 0"
        kind = _KINDS.get(fields["type"], fields["type"])
        limits = "; ".join(metadata["limits"].get(name, ()))
        rows.append([sent_as(name, metadata), kind, limits, optional, bad])
    header = ["Name", "What it is", "Limits", "May be absent", "If it is bad"]
    return table(Table("", header, rows, words=len(header)))


def outputs_table(metadata: Mapping[str, Any]) -> str:
    """What the answer to a row holds."""
    outputs = metadata["signatures"][DEFAULT]["outputs"]
    order = sorted(outputs, key=lambda name: (name in _OF_ROW, name))
    rows = [
        [name, _shape(outputs[name]), _meaning(name, metadata["tasks"])]
        for name in order
    ]
    return table(Table("", ["Name", "For each row", "What it is"], rows, words=3))


def classes_table(metadata: Mapping[str, Any]) -> str:
    """The classes of each task that has some; empty if none has."""
    rows = []
    for name, fields in metadata["tasks"].items():
        classes = fields.get("classes") or ()
        if classes:
            listed = ", ".join(classes[:_MOST_CLASSES])
            more = ", ..." if len(classes) > _MOST_CLASSES else ""
            rows.append([name, f"{len(classes):,}", f"{listed}{more}"])
    header = ["Task", "Classes", "In order"]
    return table(Table("", header, rows, words=3)) if rows else ""


def reasons_table(metadata: Mapping[str, Any]) -> str:
    """The codes of rows that cannot be answered."""
    rows = list(metadata["reasons"].items())
    return table(Table("", ["Code", "Why"], rows, words=2))


def signatures_table(metadata: Mapping[str, Any]) -> str:
    """The signatures besides the one for bytes."""
    rows = []
    for name, parts in metadata["signatures"].items():
        if name != DEFAULT:
            about = _SIGNATURES.get(name)
            about = about or f"the embedding of {name.removeprefix('embed_')} alone"
            taken, given = (", ".join(parts[key]) for key in ("inputs", "outputs"))
            rows.append([name, about, taken, given])
    header = ["Signature", "What it is", "Takes", "Answers"]
    return table(Table("", header, rows, words=4)) if rows else ""


def _shape(tensor: Mapping[str, Any]) -> str:
    kinds = {"string": "text", "float32": "number", "int32": "whole number"}
    kind = kinds.get(tensor["dtype"], tensor["dtype"])
    sizes = " x ".join(
        "?" if size is None else f"{size:,}" for size in tensor["shape"][1:]
    )
    return f"{sizes} {kind}s" if sizes else kind


def _meaning(output: str, tasks: Mapping[str, Any]) -> str:
    if output in _OF_ROW:
        return _OF_ROW[output]
    owners = [name for name in tasks if f"{output}_".startswith(f"{name}_")]
    if not owners:
        return ""
    task = max(owners, key=len)
    kind, derived = tasks[task]["type"], output[len(task) + 1 :]
    if not derived:
        return _answer(kind, tasks[task])
    if kind == "retrieval":
        return f"the unit vector of {derived}"
    return _DERIVED.get(derived, "")


def _answer(kind: str, fields: Mapping[str, Any]) -> str:
    details = [
        f"{name}: {_joined(fields[name])}" for name in _DETAILS if fields.get(name)
    ]
    about = _ANSWERS.get(kind, "the answer")
    return f"{about} ({', '.join(details)})" if details else about


def _joined(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(value)
