"""What the theatre's two pages have in common: a small web server on one port or several, which tells systemd."""

import http.server
import os
import socket
import threading


def ready():
    """Tell systemd that the page is there."""
    place = os.environ.get("NOTIFY_SOCKET")
    if place:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
            wire.sendto(b"READY=1", "\0" + place[1:] if place[0] == "@" else place)


def serve(name, ports, page):
    """Serve a page, a function's text, on ports; end with a sentence where one of them is taken."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = page().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    servers = []
    for port in ports:
        try:
            servers.append(http.server.ThreadingHTTPServer(("", port), Answer))
        except OSError as error:
            raise SystemExit(f"{name} : port {port} : {error.strerror}") from error
    for server in servers[1:]:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    ready()
    servers[0].serve_forever()


def document(title, rows):
    """Return a page with a title and its rows, each already HTML."""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="fr"><head><meta charset="utf-8"><title>{title}</title></head><body>',
            f"<h1>{title}</h1>",
            *rows,
            "</body></html>",
            "",
        ]
    )
