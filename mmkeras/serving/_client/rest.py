"""Asks a served model by REST."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from mmkeras.serving._client.address import Address
from mmkeras.serving._client.errors import not_serving, refused, too_slow, unreachable
from mmkeras.serving._client.signature import Signature, is_binary

# TensorFlow Serving's own translation of a status (model_servers/http_server.cc),
# backwards; and what proxies add.
_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "INVALID_ARGUMENT",
    413: "INVALID_ARGUMENT",
}
_TYPES = {"DT_FLOAT": np.float32, "DT_INT32": np.int32, "DT_STRING": object}


class Rest:
    """A session with a server: connections are kept.

    Args:
        address: of the model.
        timeout: seconds.
        headers: of every request.
    """

    def __init__(self, address: Address, timeout: float, headers: Mapping[str, str]):
        import requests

        self.address = address
        self.timeout = timeout
        self.session = requests.Session()
        self.session.headers.update(headers)

    def signatures(self) -> dict[str, Signature]:
        """From `GET <model>/metadata`."""
        answer = self._send("GET", "/metadata")
        try:
            found = answer["metadata"]["signature_def"]["signature_def"]
            return {
                name: Signature(
                    tuple(one["inputs"]),
                    {key: info["dtype"] for key, info in one["outputs"].items()},
                )
                for name, one in found.items()
            }
        except (KeyError, TypeError, AttributeError):
            raise not_serving(self.address, "it has no metadata of a model") from None

    def ask(
        self, name: str, signature: Signature, columns: Mapping[str, list[bytes]]
    ) -> dict[str, np.ndarray]:
        """By `POST <model>:predict`, a JSON object a row."""
        values = {
            tensor: [_to_json(tensor, value) for value in column]
            for tensor, column in columns.items()
        }
        rows = zip(*values.values(), strict=True)
        instances = [dict(zip(values, row, strict=True)) for row in rows]
        body = {"signature_name": name, "instances": instances}
        answer = self._send("POST", ":predict", json.dumps(body).encode())
        found = answer.get("predictions") if isinstance(answer, dict) else None
        if not isinstance(found, list) or len(found) != len(instances):
            raise not_serving(self.address, "it gives no prediction for each row")
        return {
            key: np.array([row[key] for row in found], _TYPES.get(dtype))
            for key, dtype in signature.outputs.items()
            if all(isinstance(row, dict) and key in row for row in found)
        }

    def close(self) -> None:
        """Close the connections."""
        self.session.close()

    def _send(self, method: str, suffix: str, body: bytes | None = None) -> Any:
        import requests

        kind = {"Content-Type": "application/json"} if body is not None else None
        url = self.address.url + suffix
        try:
            answer = self.session.request(
                method, url, data=body, headers=kind, timeout=self.timeout
            )
        except requests.Timeout:
            raise too_slow(self.address, self.timeout) from None
        except requests.RequestException as error:
            # The last of several nested errors, each with the one below in brackets.
            said = str(error).rsplit(": ", 1)[-1].strip("'\")>")
            raise unreachable(self.address, said) from None
        try:
            content = json.loads(answer.content)
        except ValueError:
            content = None
        if not answer.ok:
            told = content.get("error") if isinstance(content, dict) else None
            code = f"HTTP {answer.status_code}"
            # A proxy's page of HTML says no more than its reason.
            said = told if isinstance(told, str) else f"{code} {answer.reason}"
            status = _STATUS.get(answer.status_code, code)
            raise refused(self.address, status, said)
        if content is None:
            raise not_serving(self.address, "it does not speak JSON")
        return content


def _to_json(tensor: str, value: bytes) -> Any:
    if is_binary(tensor):
        return {"b64": base64.b64encode(value).decode()}
    return value.decode()
