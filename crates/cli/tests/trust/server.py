"""Serves a folder on a free port of this machine and prints the port. Ends when its input does.

server.py FOLDER BEHAVIOUR [CERTIFICATE KEY], where BEHAVIOUR is
    good            files, and 404 where there is none
    fails:PATH      500 for that path
    leads:URL       everything is at that address
"""

import http.server
import ssl
import sys
import threading
import urllib.parse

folder, behaviour, *tls = sys.argv[1:]
kind, _, what = behaviour.partition(":")


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *arguments):
        super().__init__(*arguments, directory=folder)

    def do_GET(self):
        if kind == "fails" and urllib.parse.unquote(self.path) == what:
            self.send_error(500)
        elif kind == "leads":
            self.send_response(302)
            self.send_header("Location", what + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
