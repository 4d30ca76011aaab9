"""Any system that takes events over HTTP: each is posted as a CloudEvent."""

from trunkline.systems.http.settings import HttpSettings
from trunkline.systems.http.target import open_endpoint
from trunkline.systems.sink import Sink

SINK = Sink(name="http", settings=HttpSettings, open=open_endpoint)
