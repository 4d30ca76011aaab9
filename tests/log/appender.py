"""A writer process: appends numbered batches until it is killed and tells each one that was acknowledged.

Usage: appender.py LOG NAME. Batch `n` has 1 to 400 events `name:n:index:size`; all go to one partition by their key.
"""

import sys

from trunkline.log import Event, open_log


def main(path: str, name: str) -> None:
    log = open_log(f"sqlite://{path}")
    print("ready", flush=True)
    batch = 0
    while True:
        size = 1 + batch * 37 % 400
        log.append(
            "load", [Event(b"%s:%d:%d:%d" % (name.encode(), batch, i, size), name.encode()) for i in range(size)]
        )
        print(batch, flush=True)
        batch += 1


main(*sys.argv[1:])
