"""A web server that misbehaves as its URLs say, a proxy, and certificates; on loopback, until standard input ends.

Prints a line `NAME VALUE` for each port and file, then `ready`. A URL's query says how it is answered:

    /any/name?size=N&break=1000&times=2

Every path is a file of its own, with `size` bytes made of the path, so that different tests do not disturb each other.
GET /requests?of=/any/name tells what was asked for, a line for each request; GET /content?of=/any/name&size=N&version=V
the bytes that a file has to have.
"""

import base64
import email.utils
import gzip
import http.server
import pathlib
import random
import select
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

OLD = 1_600_000_000
DRIP_SECONDS = 0.02
PROXY_USER = "Basic " + base64.b64encode(b"robot:se:cret").decode()


def content(path, size, version=0):
    """Bytes that two versions, or two files, do not share."""
    return random.Random(f"{path}#{version}").randbytes(size)


class Seen:
    """What was asked for, by path."""

    def __init__(self):
        self.lock = threading.Lock()
        self.lines = {}

    def add(self, path, line):
        with self.lock:
            self.lines.setdefault(path, []).append(line)
            return len(self.lines[path])

    def text(self, path):
        with self.lock:
            return "".join(line + "\n" for line in self.lines.get(path, []))


SEEN = Seen()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        self.switches = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        self.name = urllib.parse.unquote(url.path)
        if self.name == "/requests":
            return self.answer(200, {}, SEEN.text(self.switches["of"]).encode())
        if self.name == "/content":
            right = content(self.switches["of"], int(self.switches["size"]), int(self.switches["version"]))
            return self.answer(200, {}, right)
        shown = ("Range", "If-Range", "Authorization", "Cookie", "User-Agent", "Accept-Encoding")
        line = "; ".join(f"{field}: {self.headers[field]}" for field in shown if field in self.headers)
        self.count = SEEN.add(self.name, line)
        self.is_misbehaving = self.count <= int(self.switches.get("times", 1_000_000))
        for switch in ("status", "redirect", "endless", "head", "silent", "encoding", "garbage"):
            if switch in self.switches and self.is_misbehaving:
                return getattr(self, "do_" + switch)(self.switches[switch])
        if "gone" in self.switches and self.count > 1:
            return self.answer(404, {}, b"gone")
        return self.file()

    # Whole answers.

    def answer(self, status, fields, body=b""):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        if "Content-Length" not in fields and "Transfer-Encoding" not in fields:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def do_status(self, status):
        fields = {}
        if "retry-after" in self.switches:
            fields["Retry-After"] = self.switches["retry-after"]
        if "retry-date" in self.switches:
            fields["Retry-After"] = email.utils.formatdate(time.time() + int(self.switches["retry-date"]), usegmt=True)
        self.answer(int(status), fields, b"x" * int(self.switches.get("page", 20)))

    def do_redirect(self, location):
        location = self.path if location == "self" else location
        self.answer(int(self.switches.get("code", 302)), {"Location": location}, b"over there")

    def do_head(self, _):
        self.send_response(200)
        self.endlessly(b"X-Filler: " + b"y" * 1000 + b"\r\n")

    def do_silent(self, _):
        time.sleep(float(self.switches["silent"]))
        self.hang_up()

    def do_garbage(self, text):
        self.wfile.write(text.encode())
        self.hang_up()

    def do_endless(self, how):
        self.send_response(200)
        if how == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            return self.endlessly(b"1000\r\n" + b"z" * 4096 + b"\r\n")
        self.send_header("Connection", "close")
        self.end_headers()
        return self.endlessly(b"z" * 4096)

    def endlessly(self, piece):
        """As long as it is taken; a test that takes 64 MiB has failed."""
        self.flush_headers()
        try:
            for _ in range(64 << 20 >> 12):
                self.wfile.write(piece)
        except OSError:
            pass
        SEEN.add(self.name, "stopped")
        self.close_connection = True

    def do_encoding(self, how):
        self.answer(200, {"Content-Encoding": how}, gzip.compress(bytes(int(self.switches["size"]))))

    # A file, or a part of it.

    def file(self):
        switches = self.switches
        size = int(switches.get("size", 200_000))
        version = 1 if "change" in switches and self.count > int(switches["change"]) else 0
        if "shrink" in switches and self.count > 1:
            size = int(switches["shrink"])
        etag = switches.get("etag", "strong")
        if etag == "always-new":
            version = self.count
        body = content(self.name, size, version)
        fields = {}
        if etag != "none":
            fields["ETag"] = ("W/" if etag == "weak" else "") + f'"v{version}"'
        modified = switches.get("modified", "none")
        if modified != "none":
            fields["Last-Modified"] = email.utils.formatdate(OLD + version if modified == "old" else time.time(), usegmt=True)
        if "cookie" in switches:
            fields["Set-Cookie"] = "spy=1"
        start = self.start_of_range(fields)
        if start is None or switches.get("range") == "ignore":
            return self.send(200, fields, body)
        return self.part(fields, body, start)

    def start_of_range(self, fields):
        asked = self.headers.get("Range", "")
        if not asked.startswith("bytes=") or not asked.endswith("-"):
            return None
        condition = self.headers.get("If-Range")
        if condition is not None and self.switches.get("range") != "no-condition":
            if condition not in (fields.get("ETag"), fields.get("Last-Modified")):
                return None
        return int(asked[len("bytes="):-1])

    def part(self, fields, body, start):
        how = self.switches.get("range", "yes")
        total = len(body)
        if start >= total or how == "416":
            return self.answer(416, {**fields, "Content-Range": f"bytes */{total}"}, b"no such range")
        shift, stated = (7, total) if how == "shifted" else (0, total + 5) if how == "other-total" else (0, total)
        last = min(total, start + int(self.switches["most"])) if "most" in self.switches else total
        if how != "unsaid":
            fields["Content-Range"] = f"bytes {start - shift}-{last - 1 - shift}/{stated}"
        if how == "unversioned":
            fields.pop("ETag", None)
        if how == "too-much":
            return self.send(206, fields, body[start:last] + b"more than said")
        return self.send(206, fields, body[start - shift:last - shift])

    def send(self, status, fields, body):
        switches = self.switches
        fields["Content-Length"] = str(len(body) + int(switches.get("length", 0)))
        pieces = [body]
        if "break" in switches and self.is_misbehaving:
            pieces = [body[:int(switches["break"])]]
        if "drip" in switches and self.is_misbehaving:
            pieces = [body[i:i + 1] for i in range(len(body))]
        if "chunked" in switches:
            del fields["Content-Length"]
            fields["Transfer-Encoding"] = "chunked"
            pieces = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
            if not ("break" in switches and self.is_misbehaving):
                pieces.append(b"0\r\nX-Trailer: yes\r\n\r\n")
        self.answer(status, fields)
        try:
            for piece in pieces:
                self.wfile.write(piece)
                if "drip" in switches and self.is_misbehaving:
                    time.sleep(DRIP_SECONDS)
        except OSError:
            pass
        if len(b"".join(pieces)) < len(body) or "length" in switches:
            self.hang_up()


class Proxy(http.server.BaseHTTPRequestHandler):
    """Passes on what it is asked for, GET and CONNECT."""

    protocol_version = "HTTP/1.1"
    needs_user = False

    def log_message(self, *arguments):
        pass

    def is_allowed(self):
        SEEN.add("/proxy", f"{self.command} {self.path}")
        if not self.needs_user or self.headers.get("Proxy-Authorization") == PROXY_USER:
            return True
        self.send_response(407)
        self.send_header("Proxy-Authenticate", "Basic")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def do_CONNECT(self):
        if not self.is_allowed():
            return
        host, port = self.path.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as there:
            self.send_response(200)
            self.end_headers()
            self.pass_on(there)

    def do_GET(self):
        if not self.is_allowed():
            return
        url = urllib.parse.urlsplit(self.path)
        with socket.create_connection((url.hostname, url.port)) as there:
            fields = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items()
                             if not name.startswith("Proxy-"))
            there.sendall(f"GET {url.path}?{url.query} HTTP/1.1\r\n{fields}Connection: close\r\n\r\n".encode())
            self.pass_on(there)

    def pass_on(self, there):
        self.close_connection = True
        ends = {self.connection: there, there: self.connection}
        while True:
            for end in select.select(list(ends), [], [])[0]:
                data = end.recv(65536)
                if not data:
                    return
                ends[end].sendall(data)


class StrictProxy(Proxy):
    needs_user = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    context = None

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is what the tests are about

    def finish_request(self, request, client_address):
        if self.context is not None:
            request.settimeout(10)
            request = self.context.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)


def serve(name, handler, context=None):
    server = Server(("127.0.0.1", 0), handler)
    server.context = context
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    print(name, server.server_address[1])


class Authority:
    """Certificates by openssl."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                 "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")

    def run(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def context(self, name, host, days="2"):
        (self.folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{host}\n")
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={host}",
                 "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.run("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.pem", "-CAkey", f"{self.name}.key",
                 "-days", days, "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context


def main():
    with tempfile.TemporaryDirectory(prefix="fetch-server-") as name:
        folder = pathlib.Path(name)
        authority = Authority(folder, "authority")
        Authority(folder, "stranger")
        serve("http", Handler)
        serve("https", Handler, authority.context("good", "localhost"))
        serve("https_wrong_name", Handler, authority.context("wrong", "elsewhere.test"))
        serve("https_expired", Handler, authority.context("expired", "localhost", days="-1"))
        serve("proxy", Proxy)
        serve("strict_proxy", StrictProxy)
        print("ca", folder / "authority.pem")
        print("other_ca", folder / "stranger.pem")
        print("ready", "yes", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
