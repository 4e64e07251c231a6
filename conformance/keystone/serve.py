"""Serves Keystone, configured by OS_KEYSTONE_CONFIG_DIR, on a free port of 127.0.0.1 until it is interrupted."""

import sys

from waitress import create_server

del sys.argv[1:]  # Keystone would parse them

from keystone.wsgi.api import application  # noqa: E402 - the import starts Keystone

server = create_server(application, listen="127.0.0.1:0", threads=4)
print(f"keystone is ready at http://127.0.0.1:{server.effective_port}", flush=True)
server.run()
