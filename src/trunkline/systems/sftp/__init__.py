"""SFTP: a folder of files on another machine, polled over SSH."""

from trunkline.systems.reach import Context, Reach
from trunkline.systems.sftp.settings import SftpSettings


async def run(settings: SftpSettings, context: Context) -> None:
    """Take the files of the server's folder until cancelled."""
    from trunkline.systems.sftp.connection import poll  # loads asyncssh, which only a running connection needs

    await poll(settings, context)


REACH = Reach(name="sftp", settings=SftpSettings, run=run)
