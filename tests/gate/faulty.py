#!/usr/bin/env python3
"""A server that answers wrongly, over TLS: each booking's reference names the fault.

    faulty.py CERTIFICATE KEY    prints its port, serves until it is ended
"""
import http.server
import json
import socketserver
import ssl
import sys
import threading

GOOD = {
    "request": {"room": "r2", "profile": "recommended", "slot": {"start": "2035-11-26T02:00:00Z", "end": "2035-11-26T04:00:00Z"}},
    "decision": "approve",
    "message": {"id": "Bisa difasilitasi.", "en": "It can be held."},
    "criteria": [],
    "conditions": [],
    "alternatives": [],
    "expires_at": "2035-11-26T04:00:00Z",
    "log": {"seq": 7, "hash": "ab"},
}
OVER = threading.Event()


class Fault(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do(self):
        length = int(self.headers.get("content-length", 0))
        self.rfile.read(length)
        parts = self.path.split("?")[0].split("/")
        name = parts[3] if len(parts) > 3 else parts[-1]
        good = dict(GOOD, reference=name)
        getattr(self, name.replace("-", "_"), self.good)(good)

    do_GET = do_PUT = do_POST = do_DELETE = do

    def say(self, status, body, kind="application/json", more=()):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("connection", "close")
        for header in more:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def good(self, good):
        self.say(200, good)

    def fails(self, good):
        self.say(500, good)

    def unavailable(self, good):
        self.say(503, {"type": "about:blank", "detail": "The log cannot be written."}, "application/problem+json")

    def created(self, good):
        self.say(201, good)

    def empty(self, good):
        self.say(200, b"")

    def hangs(self, good):
        OVER.wait()

    def drips(self, good):
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        while not OVER.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()

    def truncated(self, good):
        self.say(200, json.dumps(good).encode()[:-20])

    def cut(self, good):
        body = json.dumps(good).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body) + 1))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def redirects(self, good):
        self.redirect(302, good)

    def moved(self, good):
        self.redirect(308, good)

    def redirect(self, status, good):
        """Who follows it is told what is good."""
        if self.path.endswith("?followed"):
            return self.good(good)
        self.say(status, good, more=[("location", self.path + "?followed")])

    def huge(self, good):
        self.say(200, json.dumps(good).encode() + b" " * 2_000_000)

    def page(self, good):
        self.say(200, b"<html>approve</html>", "text/html")

    def as_page(self, good):
        self.say(200, good, "text/html")

    def foreign(self, good):
        self.say(200, {"status": "ok", "approve": True})

    def text(self, good):
        self.say(200, b'"approve"')

    def deep(self, good):
        self.say(200, json.dumps(good).encode()[:-1] + b',"a":' + b"[" * 5000 + b"]" * 5000 + b"}")

    def other_reference(self, good):
        self.say(200, dict(good, reference="good"))

    def no_reference(self, good):
        del good["reference"]
        self.say(200, good)

    def other_room(self, good):
        self.say(200, dict(good, request=dict(good["request"], room="r3")))

    def other_profile(self, good):
        self.say(200, dict(good, request=dict(good["request"], profile="minimum")))

    def no_profile(self, good):
        request = {key: value for key, value in good["request"].items() if key != "profile"}
        self.say(200, dict(good, request=request))

    def other_time(self, good):
        late = {"start": "2035-11-26T09:00:00Z", "end": "2035-11-26T11:00:00Z"}
        self.say(200, dict(good, request=dict(good["request"], slot=late)))

    def no_time(self, good):
        request = {key: value for key, value in good["request"].items() if key != "slot"}
        self.say(200, dict(good, request=request))

    def cancelled(self, good):
        self.say(200, dict(good, decision="cancelled"))

    def true(self, good):
        self.say(200, dict(good, decision=True))

    def approved(self, good):
        self.say(200, dict(good, decision="approved"))

    def listed(self, good):
        self.say(200, dict(good, decision=["approve"]))

    def review(self, good):
        self.say(200, dict(good, decision="review"))

    def deny(self, good):
        self.say(200, dict(good, decision="deny"))

    def over(self, good):
        self.say(200, dict(good, expires_at="2020-01-01T00:00:00Z"))

    def endless(self, good):
        self.say(200, dict(good, expires_at="never"))

    def conditions(self, good):
        self.say(200, dict(good, decision="approve_with_conditions"))

    def dry_run(self, good):
        del good["reference"], good["log"], good["request"]
        self.say(200, good)

    def rooms(self, good):
        self.say(200, {"rooms": [{"room": "r2"}]})

    def no_http(self, good):
        self.wfile.write(b"\x16\x03\x01 approve\r\n")
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        """Clients go away in the middle, and are meant to."""


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server = Server(("127.0.0.1", 0), Fault)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
