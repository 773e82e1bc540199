"""The kit's README: what an operator needs."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

from mmkeras._markdown import escape
from mmkeras.serving._kit import requests as code
from mmkeras.serving._kit import tables
from mmkeras.serving._kit.limits import DEEPEST
from mmkeras.serving._kit.nginx import AT_ONCE, MOST_MEGABYTES
from mmkeras.serving._kit.text import PRIVACY, RUN, START, WHAT


def readme(
    metadata: Mapping[str, Any],
    request: Mapping[str, Any],
    expected: Mapping[str, Any],
    name: str,
    image: str,
) -> str:
    """The README as Markdown; code and commands in it run as they stand.

    Args:
        metadata: of the export.
        request: the body of a REST request, in row format.
        expected: the body of the answer to it.
        name: under which the model is served.
        image: of the model server.
    """
    made_up = metadata["examples"] == "made up"
    signatures = tables.signatures_table(metadata)
    classes = tables.classes_table(metadata)
    about = "\nOther signatures (`signature_name`):\n\n"
    values = {
        "title": escape(metadata["name"]),
        "mmkeras": escape(metadata["versions"]["mmkeras"]),
        "tensorflow": escape(metadata["versions"]["tensorflow"]),
        "created": escape(metadata["created"]),
        "examples": "made up" if made_up else f"of the {escape(metadata['examples'])}",
        "privacy": "" if made_up else PRIVACY,
        "inputs": tables.inputs_table(metadata),
        "outputs": tables.outputs_table(metadata),
        "classes": f"\n{classes}\n" if classes else "",
        "reasons": tables.reasons_table(metadata),
        "signatures": f"{about}{signatures}\n" if signatures else "",
        "name": name,
        "image": image,
        "url": code.url_of(name),
        "row": code.row_to_read(request["instances"][0]),
        "answer": code.answer_to_read(expected["predictions"][0]),
        "curl_all": code.curl_all(name),
        "curl_one": code.curl_one(name, request),
        "with_requests": code.with_requests(name, metadata["tasks"]),
        "with_client": code.with_client(name, metadata, request),
        "with_grpc": code.with_grpc(name),
        "sizes": _listed(metadata["batch_sizes"]),
        "largest": str(metadata["batch_sizes"][-1]),
        "threads": str(2 * metadata["batch_sizes"][-1]),
        "megabytes": str(MOST_MEGABYTES),
        "deepest": str(DEEPEST),
        "at_once": str(AT_ONCE),
    }
    return string.Template(f"{WHAT}{START}{RUN}").substitute(values)


def _listed(sizes: Any) -> str:
    *others, last = (str(size) for size in sizes)
    return f"{', '.join(others)} and {last}" if others else last
