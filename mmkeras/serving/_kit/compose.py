"""The model server and its proxy, for Docker Compose."""

from __future__ import annotations

_COMPOSE = """\
# `docker compose up -d`, from this folder: the model server, which nothing but the
# proxy reaches, and the proxy on port 8501. Needs Docker Compose 2.17 or newer.
# Both run as a user who is not root: files here must be readable for everybody.
name: "@PROJECT@"

services:
  # On a GPU: `-gpu` behind the image's name, `batching_gpu.config` below, and a line
  # `gpus: all` here (Docker Compose 2.30 or newer).
  serving:
    image: @IMAGE@
    command:
      - --model_config_file=/kit/models.config
      - --model_config_file_poll_wait_seconds=60
      - --enable_batching=true
      - --batching_parameters_file=/kit/batching_cpu.config
      - --monitoring_config_file=/kit/monitoring.config
    volumes:
      - ../..:/models/@NAME@:ro
      - .:/kit:ro
    networks: [inside]
    healthcheck:
      # The image has no curl.
      test:
        - CMD
        - bash
        - -c
        - |
          exec 3<>/dev/tcp/127.0.0.1/8501 || exit 1
          printf 'GET /v1/models/@NAME@ HTTP/1.0\\r\\n\\r\\n' >&3
          grep -q '"AVAILABLE"' <&3
      interval: 10s
      timeout: 5s
      retries: 3
      # Loading and warming up.
      start_period: 120s
    user: "65534:65534"
    read_only: true
    tmpfs: [/tmp]
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    restart: unless-stopped

  proxy:
    image: nginx:1.30
    ports:
      - "8501:8501"
    volumes:
      - ./nginx.conf:/etc/nginx/nginx.conf:ro
      - ./limits.js:/etc/nginx/limits.js:ro
    networks: [inside, outside]
    depends_on:
      serving:
        condition: service_healthy
        # The proxy looks the server's address up when it starts.
        restart: true
    # The image's own user.
    user: "101:101"
    read_only: true
    tmpfs: [/tmp]
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    restart: unless-stopped

networks:
  # Without a way out.
  inside:
    internal: true
  outside: {}
"""


def compose_yaml(name: str, image: str) -> str:
    """Both services, for a model of a name that needs no quoting."""
    # A project's name has no capital letters.
    text = _COMPOSE.replace("@PROJECT@", name.lower())
    return text.replace("@NAME@", name).replace("@IMAGE@", image)
