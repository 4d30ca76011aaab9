"""`python -m belgicom.simulator`: run BelgiCom's network until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from belgicom.simulator.settings import load
from belgicom.simulator.simulation import Simulation


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator; 0 when it was stopped, 1 when it could not run, 2 on wrong use."""
    options = _parser().parse_args(arguments)
    try:
        settings = load(vars(options))
    except ValueError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    try:
        asyncio.run(_run(Simulation(settings)))
    except (OSError, ValueError) as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 1
    return 0


async def _run(simulation: Simulation) -> None:
    settings = simulation.settings
    work = asyncio.create_task(simulation.run())
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop, work.cancel)
    if os.environ.get("TRUNKLINE_SUPERVISED"):
        # Standard input is the supervisor's pipe: when it ends, the supervisor is gone, even by kill -9.
        loop.add_reader(0, lambda: os.read(0, 1024) or work.cancel())
    print(
        f"simulator: {len(simulation.network.sites)} sites, sftp://127.0.0.1:{settings.sftp_port}, "
        f"a period is {settings.period} s",
        flush=True,
    )
    await asyncio.wait([work])
    if not work.cancelled():
        work.result()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m belgicom.simulator", description=__doc__)
    parser.add_argument("--data", type=_absolute, help="the data folder; the simulator's part is simulator/ in it")
    parser.add_argument("--seed", type=int, help="the network and all that happens in it come from this number")
    parser.add_argument("--sites", type=int)
    parser.add_argument("--period", type=int, help="seconds of a granularity period, whole minutes")
    parser.add_argument("--sftp-port", type=int)
    parser.add_argument("--agent-port", type=int, help="the first of the three SNMP agents' ports")
    parser.add_argument("--message-port", type=int, help="the messaging system's port")
    parser.add_argument("--snmp", dest="traps_to", metavar="HOST:PORT", help="where traps go")
    parser.add_argument("--ves", metavar="URL", help="where O-RAN radios post their events; empty: they do not")
    parser.add_argument("--ves-ca", metavar="FILE", help="the authorities by which they know the collector")
    parser.add_argument("--rate", type=float, help="faults that begin in a minute, over the whole network")
    parser.add_argument("--quiet", action="store_true", default=None, help="no faults, and nothing goes wrong")
    parser.add_argument("--storm-at", type=float, metavar="SECONDS", help="a region's transport fails then")
    parser.add_argument("--subscribers", type=int, help="how many of the 200,000 there are; 0: nobody uses anything")
    parser.add_argument("--uses", type=float, help="that begin in a second at the busiest time of day")
    parser.add_argument("--fraudsters", type=int, help="how many of the subscribers' numbers are misused")
    parser.add_argument("--surge-at", type=float, metavar="SECONDS", help="a match makes 3.5 times as many uses then")
    parser.add_argument("--surge-for", type=float, metavar="SECONDS", help="how long it lasts")
    return parser


def _absolute(text: str) -> Path:
    return Path(text).absolute()


if __name__ == "__main__":
    sys.exit(main())
