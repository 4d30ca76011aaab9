"""A local folder of files: polled, as an inbox, or written to."""

from trunkline.systems.directory.folder import run
from trunkline.systems.directory.sink import FilesSettings, open_files
from trunkline.systems.polling import PollSettings
from trunkline.systems.reach import Reach
from trunkline.systems.sink import Sink

REACH = Reach(name="directory", settings=PollSettings, run=run)
SINK = Sink(name="directory", settings=FilesSettings, open=open_files)
