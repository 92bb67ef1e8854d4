"""A web server on this machine that can be made to misbehave."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FileServer:
    """Serves `files` by name.

    Attributes:
        requests: the (path, Range header or None) of every request so far.
        cut: bytes after which the connection breaks, by name.
        ranges: whether parts of files can be asked for.
        headers: to send with every file.
    """

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/"
        self.files, self.cut, self.headers, self.requests, self.ranges = {}, {}, {}, [], True


@contextmanager
def serving():
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            name = self.path.rpartition("/")[2]
            asked = self.headers.get("Range")
            server.requests.append((self.path, asked))
            content = server.files.get(name)
            if content is None:
                self.send_error(404)
                return
            start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.ranges else 0
            self.send_response(206 if start else 200)
            for key, value in server.headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            self.wfile.write(content[start : server.cut.get(name)])
            self.close_connection = True

        def log_message(self, *args):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = FileServer(httpd.server_port)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()
