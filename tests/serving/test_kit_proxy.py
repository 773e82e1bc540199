"""The kit's proxy: a real nginx before a small server that notes what it is asked."""

import contextlib
import gzip
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mmkeras.serving._kit.limits import limits_js
from mmkeras.serving._kit.nginx import nginx_conf

PREDICT = "/v1/models/digits:predict"
STATUS = "/v1/models/digits"
MODULE = "ngx_http_js_module.so"
# Where distributions and the image have it.
MODULES = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/etc/nginx/modules"]
DEEPEST, MARKS, BYTES, AT_ONCE = 8, 200_000, 32 << 20, 64


class Upstream(ThreadingHTTPServer):
    """Notes requests and answers them as it is told, at once or when it may."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked, self.answer = [], (200, b'{ "predictions": [] }')
        self.may_answer = threading.Event()
        self.may_answer.set()

    def handle_error(self, *args):
        """nginx closes what it keeps when it stops."""


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # One packet an answer.

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = (self.command, self.path, dict(self.headers), body)
        self.server.asked.append(asked)
        self.server.may_answer.wait(30)
        status, text = self.server.answer
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET

    def log_message(self, *args):
        pass


class Proxy:
    """A running nginx, and what is behind it."""

    def __init__(self, port, upstream):
        self.port, self.upstream = port, upstream

    def ask(self, body=b"", path=PREDICT, method="POST", headers=()):
        """Status, headers and body of the answer."""
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        ) as connection:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def refusal(self, status, *args, **kwargs):
        """The sentence with which a request is refused; the server has not seen it."""
        before = len(self.upstream.asked)
        found, headers, body = self.ask(*args, **kwargs)
        assert found == status
        assert headers["Content-Type"] == "application/json"
        assert headers["Server"] == "nginx"
        content = json.loads(body)
        assert list(content) == ["error"]
        assert len(self.upstream.asked) == before
        return content["error"]

    def passes(self, body):
        """Whether a body gets to the server; then as it was sent."""
        before = len(self.upstream.asked)
        status, _, _ = self.ask(body)
        if status == 200:
            assert self.upstream.asked[-1][3] == body
        assert len(self.upstream.asked) == before + (status == 200)
        return status == 200


@contextlib.contextmanager
def started(folder, upstream_port):
    """The port of an nginx with the kit's configuration."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/sbin")
    modules = [place for place in MODULES if (Path(place) / MODULE).is_file()]
    if not nginx or not modules:
        pytest.skip(
            "nginx with its JavaScript module is not here: install `nginx` and "
            "`libnginx-mod-http-js` (`nginx-module-njs` of nginx.org)"
        )
    (folder / "modules").symlink_to(modules[0])
    port = free_port()
    text = nginx_conf("digits")
    for there, here in {
        "listen 8501;": f"listen 127.0.0.1:{port};",
        "server serving:8501;": f"server 127.0.0.1:{upstream_port};",
        " /tmp/": f" {folder}/",
        "/dev/stdout": f"{folder}/access.log",
    }.items():
        assert there in text
        text = text.replace(there, here)
    if os.geteuid() == 0:  # Else its processes could not enter pytest's folder.
        text = f"user root;\n{text}"
    (folder / "nginx.conf").write_text(text)
    (folder / "limits.js").write_text(limits_js())
    command = [nginx, "-e", "stderr", "-p", f"{folder}/", "-g", "daemon off;"]
    command += ["-c", f"{folder}/nginx.conf"]
    with (
        open(folder / "log.txt", "w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            wait_for(port, process, folder / "log.txt")
            yield port
        finally:
            process.terminate()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Upstream() as upstream:
        threading.Thread(target=upstream.serve_forever, daemon=True).start()
        folder = tmp_path_factory.mktemp("nginx")
        with started(folder, upstream.server_port) as port:
            yield Proxy(port, upstream)
        upstream.shutdown()


def wait_for(port, process, log):
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.fixture
def proxy(running):
    running.upstream.asked.clear()
    running.upstream.answer = (200, b'{ "predictions": [] }')
    return running


def nested(depth, opening="[", closing="]"):
    return (opening * depth + closing * depth).encode()


GOOD = {
    "rows": json.dumps(
        {"instances": [{"a_bytes": {"b64": "QUJD"}, "b": "x"}]}
    ).encode(),
    "other letters": '{"instances": ["ä", "数", "\\u00e4"]}'.encode(),
    "no UTF-8": b'{"instances": ["\xff\x00\xfe"]}',
    "pictures as numbers": b'{"inputs": {"image": [[[[1, 2, 3]]]]}}',
    "as deep as it goes": nested(DEEPEST),
    "side by side": b"[" + b",".join([nested(DEEPEST - 1)] * 1000) + b"]",
    "marks in a string": b'{"instances": ["' + nested(50) + b'{{{{{{{{{{"]}',
    "marks behind a quote": b'["\\"' + nested(50) + b'"]',
    "marks behind quotes and backslashes": b'["\\\\\\"' + nested(50) + b'\\\\"]',
    "no JSON, which the server says": b'{"instances": ',
    "string without an end": b'["abc',
    "backslash at the end": b'["abc\\',
    "closed too often": b"]]]]]]]]]]]]",
    "24 MB of files": b'["' + b"QUJD" * (8 << 20 >> 2) + b'"]',
    "numbers": b"[" + b"1," * 1_000_000 + b"1]",
}


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_body_gets_through_as_it_is(proxy, body):
    assert proxy.passes(body)


BAD = {
    "depth 9": nested(DEEPEST + 1),
    "depth 10,000": b'{"instances": ' + nested(10_000) + b"}",
    "depth 250,000": nested(250_000),
    "objects": nested(10_000, '{"a":', "}"),
    "both": nested(5, '[{"a":', "}]"),
    "not closed": b"[" * 10_000,
    "behind strings": b'["a", "\\"", "\\\\", ' + nested(10_000) + b"]",
    "behind a large string": b'["' + b"QUJD" * 250_000 + b'", ' + nested(9) + b"]",
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_deep_json_is_refused(proxy, body):
    assert "deeper than 8 levels" in proxy.refusal(400, body)


def is_flat(text):
    """The depth of JSON, read letter by letter."""
    depth, inside, escaped = 0, False, False
    for letter in text:
        if inside:
            inside = letter != '"' or escaped
            escaped = letter == "\\" and not escaped
        elif letter == '"':
            inside = True
        elif letter in "[{":
            depth += 1
            if depth > DEEPEST:
                return False
        elif letter in "]}":
            depth -= 1
    return True


def test_marks_are_read_as_json_has_them(proxy):
    generator = random.Random(3)
    found = []
    for _ in range(400):
        letters = generator.choices('[{]}"\\a', [4, 4, 1, 1, 2, 2, 1], k=40)
        text = "".join(letters)
        found.append(proxy.passes(text.encode()))
        assert found[-1] == is_flat(text), text
    assert 100 < sum(found) < 300


def test_body_in_chunks_gets_through(proxy):
    pieces = [b'{"instances": ', b'["a"', b"]}"]
    status, _, _ = proxy.ask(iter(pieces))
    assert status == 200
    assert proxy.upstream.asked[-1][3] == b"".join(pieces)


def test_too_large_a_body_is_refused(proxy):
    said = proxy.refusal(413, b"1" * (BYTES + 1))
    assert "larger than 32 MB: send fewer rows" in said


def test_too_large_a_body_in_chunks_is_refused(proxy):
    pieces = [b"1" * (1 << 20)] * 33
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        assert "send fewer rows" in proxy.refusal(413, iter(pieces))
    assert not proxy.upstream.asked


@pytest.mark.parametrize(
    "body",
    [b"[],", b'"",', b'"' + b'\\"' * 8 + b'",', b'"' + b"\\" * 64 + b'",'],
    ids=["brackets", "strings", "quotes", "backslashes"],
)
def test_body_that_takes_long_to_look_at_is_refused(proxy, body):
    body = b"[" + body * (8 << 20 >> len(body).bit_length()) + b"1]"
    start = time.perf_counter()
    assert f"more than {MARKS} brackets" in proxy.refusal(413, body)
    # A second is ten times what it takes: all of these marks would take many.
    assert time.perf_counter() - start < 2


def test_run_of_backslashes_takes_no_longer(proxy):
    start = time.perf_counter()
    said = proxy.refusal(413, b'["' + b"\\" * (16 << 20) + b'"]')
    assert "brackets and quotes" in said
    assert time.perf_counter() - start < 2


def test_body_that_is_not_in_memory_is_refused(proxy):
    """Six letters a letter: they fill the memory, and nginx goes on in a file."""
    with socket.create_connection(("127.0.0.1", proxy.port), 60) as connection:
        head = f"POST {PREDICT} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
        connection.sendall(b"1\r\n[\r\n" * (BYTES // 6 + 1000) + b"0\r\n\r\n")
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert "larger chunks" in json.loads(answer.split(b"\r\n\r\n")[1])["error"]
    assert not proxy.upstream.asked


def test_request_without_a_body_is_the_servers_to_refuse(proxy):
    assert proxy.passes(b"")


def test_compressed_body_is_refused(proxy):
    body = gzip.compress(nested(10_000))
    said = proxy.refusal(415, body, headers={"Content-Encoding": "gzip"})
    assert "send it as it is" in said


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1/models",
        "/v1/models/letters:predict",
        "/v1/models/digits2",
        "/v1/models/digits:regress",
        "/v1/models/digits/versions/x:predict",
        "/v1/models/digits/labels/a/b:predict",
        "/v1/models/digits/../letters",
        "/v1/models/digits%2f..%2fletters:predict",
        "/v1/models/digits:predict/",
        "/monitoring/prometheus/metrics",
        "/refused",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_addresses_are_not_there(proxy, path, method):
    assert "the model digits" in proxy.refusal(404, b"{}", path, method)


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [
        (PREDICT, "DELETE", "POST"),
        (PREDICT, "GET", "POST"),
        (PREDICT, "PUT", "POST"),
        (PREDICT, "OPTIONS", "POST"),
        (STATUS, "DELETE", "GET"),
        (STATUS, "POST", "GET"),
        (f"{STATUS}/metadata", "PATCH", "GET"),
    ],
)
def test_other_methods_are_refused(proxy, path, method, allowed):
    assert "another method" in proxy.refusal(405, b"{}", path, method)
    assert proxy.ask(b"{}", path, method)[1]["Allow"] == allowed


@pytest.mark.parametrize("which", ["", "/versions/3", "/labels/stable", "/labels/v1.2"])
def test_addresses_of_the_model_get_through(proxy, which):
    for path, method in [
        (f"{STATUS}{which}", "GET"),
        (f"{STATUS}{which}/metadata", "GET"),
        (f"{STATUS}{which}:predict", "POST"),
    ]:
        body = b"{}" if method == "POST" else b""
        assert proxy.ask(body, path, method)[0] == 200
        assert proxy.upstream.asked[-1][:2] == (method, path)


def test_server_gets_nothing_else_of_a_request(proxy):
    headers = {"Authorization": "Bearer x", "Cookie": "a=b", "X-Other": "c" * 500}
    for body, path, method in [
        (b"{}", f"{PREDICT}?query=1", "POST"),
        (b"{}", f"{STATUS}?query=1", "GET"),
    ]:
        assert proxy.ask(body, path, method, headers)[0] == 200
        _, asked, sent, content = proxy.upstream.asked[-1]
        assert "?" not in asked
        assert set(sent) <= {"Host", "Content-Length", "Content-Type"}
        assert content == (body if method == "POST" else b"")


def test_servers_own_errors_come_back_as_they_are(proxy):
    proxy.upstream.answer = (404, b'{ "error": "Servable not found" }')
    status, headers, body = proxy.ask(b"{}")
    assert (status, body) == proxy.upstream.answer
    assert headers["Content-Type"] == "application/json"


def test_head_too_large_is_refused(proxy):
    assert "no HTTP" in proxy.refusal(400, b"{}", headers={"X-Large": "a" * 100_000})


def test_so_many_requests_at_once_and_no_more(proxy):
    proxy.upstream.may_answer.clear()
    head = f"POST {PREDICT} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{{}}"
    with contextlib.ExitStack() as stack:
        stack.callback(proxy.upstream.may_answer.set)
        for _ in range(AT_ONCE):
            one = socket.create_connection(("127.0.0.1", proxy.port))
            stack.enter_context(one).sendall(head.encode())
        end = time.monotonic() + 20
        while len(proxy.upstream.asked) < AT_ONCE and time.monotonic() < end:
            time.sleep(0.02)
        assert "Too many requests" in proxy.refusal(503, b"{}")
        # Whether the model is there can be asked all the same.
        threading.Timer(0.2, proxy.upstream.may_answer.set).start()
        assert proxy.ask(b"", STATUS, "GET")[0] == 200


def test_server_that_is_gone_is_named(tmp_path):
    with Upstream() as nobody, started(tmp_path, free_port()) as port:
        found = Proxy(port, nobody)
        assert "cannot be reached" in found.refusal(502, b"{}")
        assert "cannot be reached" in found.refusal(502, b"", STATUS, "GET")
