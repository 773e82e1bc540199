"""What goes wrong between a client and its server, in one sentence each."""

from __future__ import annotations

from mmkeras.serving._client.address import Address

# What a proxy or a model may say is cut: a whole HTML page is no sentence.
_LONGEST = 400
_HEADERS = "Give `headers={'Authorization': ...}` as the server wants it."


def unreachable(address: Address, said: str) -> ConnectionError:
    """No connection, or one that broke."""
    return ConnectionError(
        f"`Client`: no answer from {address.url}: {_cut(said)}. Look whether "
        "TensorFlow Serving runs there: unless told otherwise, it has REST at port "
        "8501 and gRPC at port 8500."
    )


def too_slow(address: Address, timeout: float) -> TimeoutError:
    """No answer in time."""
    return TimeoutError(
        f"`Client`: no answer from {address.url} within {timeout:g} seconds. Raise "
        "`timeout`, or send fewer rows at once."
    )


def not_serving(address: Address, said: str) -> ConnectionError:
    """An answer that is none of TensorFlow Serving's."""
    return ConnectionError(
        f"`Client`: what answers at {address.url} is not TensorFlow Serving: "
        f"{_cut(said)}. Correct the URL."
    )


def refused(address: Address, status: str, said: str) -> Exception:
    """The server's own error, by the name of its gRPC status."""
    said = _cut(said)
    if status == "NOT_FOUND":
        return ValueError(
            f"`Client`: the server has no model {address} that is ready: {said}. "
            f"Correct {address.url}, or wait until it is loaded."
        )
    if status in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE"):
        return ValueError(f"`Client`: the server refused the request: {said}.")
    if status in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
        return PermissionError(
            f"`Client`: {address.url} does not let this client in: {said}. {_HEADERS}"
        )
    return ConnectionError(
        f"`Client`: {address.url} could not answer, {status}: {said}. Look at the "
        "server's log, or try again with fewer rows."
    )


def _cut(said: str) -> str:
    said = " ".join(said.split()).rstrip(".")
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}..."
