"""Our alarms and products as a process: `ours.py STORE PORT`, until it is killed."""

from __future__ import annotations

import sys
import threading

from trunkline.http import create_app, serve
from trunkline.store.opening import open_store
from trunkline.tmf.apis import alarm, product_inventory
from trunkline.tmf.serving.serve import serve as served

if __name__ == "__main__":
    url, port = sys.argv[1:]
    apis = served([alarm.API, product_inventory.API], open_store(url))
    serve(create_app(apis), "127.0.0.1", int(port), threading.Event())
