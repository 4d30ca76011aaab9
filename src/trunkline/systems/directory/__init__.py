"""A local folder of files, polled: an inbox, or where another program writes to."""

from trunkline.systems.directory.folder import run
from trunkline.systems.polling import PollSettings
from trunkline.systems.reach import Reach

REACH = Reach(name="directory", settings=PollSettings, run=run)
