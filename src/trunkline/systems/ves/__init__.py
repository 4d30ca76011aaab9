"""VES: events that network functions post over HTTPS (ONAP VES Event Listener 7.2). See README.md."""

from trunkline.systems.reach import Context, Reach
from trunkline.systems.ves.settings import VesSettings


async def _run(settings: VesSettings, context: Context) -> None:
    from trunkline.systems.ves.listener import listen  # loads uvicorn, which only a running connection needs

    await listen(settings, context)


REACH = Reach(name="ves", settings=VesSettings, run=_run)
