"""The configuration of the proxy before the REST port."""

from __future__ import annotations

#: Of a request's body.
MOST_MEGABYTES = 32
#: Requests whose bodies are held in memory at once: twice a batch of 32 rows, so that
#: the next one fills while one is computed; 2 GB at worst.
AT_ONCE = 64

_NGINX = """\
# In front of the model server's REST port: lets through the addresses of this model,
# with bodies that are small and flat enough. It answers everything else itself, by
# {"error": "..."} like the server. There is no TLS and no login here.
load_module modules/ngx_http_js_module.so;

worker_processes auto;
pid /tmp/nginx.pid;
error_log stderr warn;

events {
    worker_connections 1024;
}

http {
    server_tokens off;
    default_type application/json;
    access_log /dev/stdout;

    # The container can write nowhere else.
    client_body_temp_path /tmp/client_body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;

    js_import limits from limits.js;

    upstream serving {
        server serving:8501;
        keepalive 16;
        # Sooner than the server would close it, just when a request is on its way.
        keepalive_timeout 30s;
    }

    limit_conn_zone $server_port zone=asking:1m;
    limit_conn_status 503;

    map $status $refusal {
        default "The proxy cannot answer.";
        400 "The request is no HTTP that is taken here.";
        404 "Only the addresses of the model @NAME@ are here.";
        405 "This address takes another method: POST to ask, GET for the rest.";
        413 "The body is larger than @MEGABYTES@ MB: send fewer rows.";
        414 "The address is too long.";
        415 "The body is compressed: send it as it is.";
        502 "The model server cannot be reached.";
        503 "Too many requests at once: try again.";
        504 "The model server did not answer in time.";
    }

    map "$status $request_uri" $allow {
        default "";
        "~^405 .*:predict" "POST";
        "~^405 " "GET";
    }

    server {
        listen 8501;

        # Files are sent as base64, a third longer: 24 MB of them.
        client_max_body_size @MEGABYTES@m;
        # In one piece and in memory, where it is looked at; nothing on a disk.
        client_body_buffer_size @MEGABYTES@m;
        client_body_in_single_buffer on;

        # Who sends or reads slowly holds a connection and memory.
        client_header_timeout 10s;
        client_body_timeout 30s;
        send_timeout 30s;

        # The server gives up after 30 s by itself.
        proxy_read_timeout 35s;
        proxy_connect_timeout 5s;
        proxy_max_temp_file_size 0;
        proxy_http_version 1.1;
        # None of the caller's headers.
        proxy_pass_request_headers off;
        proxy_set_header Connection "";
        proxy_set_header Content-Type application/json;

        error_page 400 404 405 413 414 415 500 502 503 504 /refused;
        # nginx's number for headers that are too large.
        error_page 494 =400 /refused;

        # State and signatures. `$uri` is the path as it was matched, without a query.
        location ~ ^/v1/models/@NAME@(/versions/[0-9]+|/labels/[\\w.-]+)?(/metadata)?$ {
            if ($request_method != GET) {
                return 405;
            }
            proxy_pass http://serving$uri;
            proxy_pass_request_body off;
            proxy_set_header Connection "";
            proxy_set_header Content-Length "";
        }

        location ~ ^/v1/models/@NAME@(/versions/[0-9]+|/labels/[\\w.-]+)?:predict$ {
            if ($request_method != POST) {
                return 405;
            }
            # The server would unpack it, and nobody would have looked inside.
            if ($http_content_encoding) {
                return 415;
            }
            # Each holds a body in memory.
            limit_conn asking @AT_ONCE@;
            js_content limits.check;
        }

        # Where `limits.check` sends what it lets through.
        location @serving {
            proxy_pass http://serving$uri;
        }

        location / {
            return 404;
        }

        location = /refused {
            internal;
            add_header Allow $allow always;
            return 200 '{"error": "$refusal"}\\n';
        }
    }
}
"""


def nginx_conf(name: str) -> str:
    """nginx's configuration, for a model of a name that needs no quoting."""
    text = _NGINX.replace("@NAME@", name).replace("@AT_ONCE@", str(AT_ONCE))
    return text.replace("@MEGABYTES@", str(MOST_MEGABYTES))
