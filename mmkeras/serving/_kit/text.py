"""The text of the kit's README, with `$names` for what differs."""

#: What it is, takes and answers.
WHAT = """\
# $title

A model for TensorFlow Serving, made by mmkeras $mmkeras with TensorFlow $tensorflow
on $created. This folder, `serving`, holds what runs it; the model is the folder around
it, and its description is `../assets.extra/mmkeras.json`. Run the commands in this
folder.

## What it takes

$inputs

Every row names every input; `""` is an absent one. Files are sent in base64, as
`base64 -w0 a.jpg` prints it, and numbers as text, `"3.5"`. A request with one row,
shortened:

```json
$row
```

The rows in `request.json` are $examples.

## What it answers

$outputs
$classes
A row that cannot be answered fails no other: its `ok` is 0, its answers are `""` and 0,
and its `reason` says `<input>:<code>`, several of them joined by `;`. Of an input whose
bad values count as absent, a reason can stand beside `ok` 1.

$reasons
$signatures"""

#: To start and to ask it.
START = """\

## Start it

```sh
docker run --rm --name $name -p 127.0.0.1:8500:8500 -p 127.0.0.1:8501:8501 \\
  -v "$$(pwd)/../..":/models/$name:ro -v "$$(pwd)":/kit:ro $image \\
  --model_config_file=/kit/models.config --model_config_file_poll_wait_seconds=60 \\
  --enable_batching=true --batching_parameters_file=/kit/batching_cpu.config \\
  --monitoring_config_file=/kit/monitoring.config
```

Port 8501 is REST, 8500 gRPC. On a GPU: `--gpus all` before the image, `-gpu` behind its
name, and `batching_gpu.config`. If the image is not published, take a later release: it
serves this model as well. It is ready when this says `AVAILABLE`:

```sh
curl $url
```

## Ask it

All rows of `request.json`, and the first one:

```sh
$curl_all
```

```sh
$curl_one
```

The first row's answer, with four digits and shortened:

```json
$answer
```

`expected.json` has the whole. On a CPU numbers agree to 1e-5, and texts exactly.

Python, after `pip install requests`:

```python
$with_requests
```

After `pip install mmkeras`, with checked inputs and typed answers:

```python
$with_client
```

gRPC, after `pip install tensorflow tensorflow-serving-api`:

```python
$with_grpc
```
"""

#: What an operator watches and decides.
RUN = """\

## Run it

**Warm-up.** Before a version is `AVAILABLE` the server answers the requests in
`../assets.extra/tf_serving_warmup_requests`, of $sizes rows: the first client does not
wait for what is set up at a first call.

**Versions.** The next export goes to the next whole number beside this version. The
server finds it within seconds, loads it, and only then drops the old one: there has to
be memory for both. Its configuration stays that of the folder where it was started:
start it anew in a later one before `keep` of `export` removes that folder. To go back,
name the version in `models.config`, instead of `latest`:

```
model_version_policy { specific { versions: 1 } }
```

The server reads that file every 60 s (`--model_config_file_poll_wait_seconds`).
Labels, such as `stable`, are in it as a comment.

**Batching.** Rows of several requests are computed together, $largest at most.
`batching_cpu.config` computes what there is as soon as a thread is free;
`batching_gpu.config` waits up to 2 ms for more, and fills a batch up to one of the
sizes that are warmed up, $sizes. The server handles few REST requests at once, by
default 4 a core: for fuller batches of single rows set
`--rest_api_num_threads=$threads`.

**Metrics**, at <http://localhost:8501/monitoring/prometheus/metrics>:

- `:tensorflow:serving:request_count`, by `status`: those that are not `OK`.
- `:tensorflow:serving:request_latency`, in microseconds, by `entrypoint`, REST or GRPC.
- `:tensorflow:serving:runtime_latency`: the model's part of it.
- `:tensorflow:serving:batching_session:queuing_latency`: the wait for a batch.

A row with `ok` 0 is an answer to the server: count `reason` in the client.

## What fails a whole request

- 400: the body is no JSON; a row lacks an input or names another; a value is neither
  text nor `{"b64": ...}`, or of another shape; the signature is unknown; there are more
  than $largest rows, with batching.
- 404: there is no such model, version or label, or it is not loaded yet.
- 503: too many batches wait (`max_enqueued_batches`). Ask later, or another server.
- 504: there was no answer within 30 s (`--rest_api_timeout_in_ms`).

The body is `{"error": "..."}`. gRPC has the same cases as status codes.

## Guard it

TensorFlow Serving has no login and no limits. Its REST parser takes JSON of any depth,
and deep JSON has ended its process (CVE-2025-0649; reported of later releases too). Who
reaches the gRPC port can make it load other models. So let clients reach a proxy alone:

```sh
docker compose up -d
```

It starts the model server without a port on this host, and nginx on port 8501. That
lets through the addresses of this model with `GET`, and `POST` to `:predict`; plain
JSON of at most $megabytes MB and $deepest levels; $at_once requests at once. What it
refuses, it answers as `{"error": "..."}` with 400, 404, 405, 413, 415 or 503; its 502
means that the model server is gone. Metrics and gRPC are not let through. TLS, a login
and a limit for each client are yours to add, in `nginx.conf`.
$privacy"""

#: Where rows of a data set are in the folder.
PRIVACY = """
`request.json`, `expected.json` and the warm-up requests hold rows of the data set. If
those may not leave it, export without `examples`.
"""
