"""Run the benchmarks: all, or those named (`python -m benchmarks log traps`, or one line of a folder,
`python -m benchmarks streams.latency`). One line a headline."""

import importlib
import pkgutil
import sys

import benchmarks

SHARED = ("__main__", "headline", "live")
NAMES = [info.name for info in pkgutil.iter_modules(benchmarks.__path__) if info.name not in SHARED]
LINES = [
    f"{info.name}.{line}"
    for info in pkgutil.iter_modules(benchmarks.__path__)
    if info.ispkg
    for line in importlib.import_module(f"benchmarks.{info.name}").LINES
]

wanted = sys.argv[1:] or NAMES
unknown = [name for name in wanted if name not in NAMES + LINES]
if unknown:
    sys.exit(f"no benchmark {', '.join(unknown)}: there are {', '.join(NAMES + LINES)}")
print("name | ours | peer | ratio | target | met or missed")
for name in wanted:
    for headline in importlib.import_module(f"benchmarks.{name}").main():
        print(headline, flush=True)
