"""Where a served model is."""

from __future__ import annotations

import dataclasses
import re
from typing import Any
from urllib.parse import unquote

from mmkeras import _checks

_VERSION = r"(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:?#]+))?/?"
_URL = {
    "http": re.compile(
        r"(?P<server>https?://[^/?#]+(?:/[^?#]*)?)/v1/models/"
        rf"(?P<model>[^/:?#]+){_VERSION}"
    ),
    "grpc": re.compile(rf"grpc://(?P<server>[^/?#]+)/(?P<model>[^/:?#]+){_VERSION}"),
}


@dataclasses.dataclass(frozen=True)
class Address:
    """A model of a server, and which version of it.

    Args:
        url: as it was given, without a slash at its end.
        server: what is asked: a URL, or `host:port` for gRPC.
        model: the name under which it is served.
        version: its number; `None` for the newest.
        label: the label of a version, instead of its number.
    """

    url: str
    server: str
    model: str
    version: int | None
    label: str | None

    @property
    def is_grpc(self) -> bool:
        """Whether it is asked by gRPC."""
        return self.url.startswith("grpc:")

    def __str__(self) -> str:
        if self.version is not None:
            return f"'{self.model}' (version {self.version})"
        return f"'{self.model}'" + (f" (label '{self.label}')" if self.label else "")


def parse_address(url: Any) -> Address:
    """Take a URL apart.

    Raises:
        TypeError: if it is no text.
        ValueError: if it is no URL of a model.
    """
    expected = "the URL of a model"
    fix = (
        "Give one such as 'http://localhost:8501/v1/models/digits' or "
        "'grpc://localhost:8500/digits', with '/versions/3' or '/labels/stable' "
        "behind it for one version."
    )
    if not isinstance(url, str):
        raise _checks.bad_type("Client", "url", expected, url, fix)
    for pattern in _URL.values():
        found = pattern.fullmatch(url)
        if found:
            number, label = found["version"], found["label"]
            return Address(
                url=url.rstrip("/"),
                server=found["server"],
                model=unquote(found["model"]),
                version=None if number is None else int(number),
                label=None if label is None else unquote(label),
            )
    raise _checks.bad_value("Client", "url", expected, url, fix)
