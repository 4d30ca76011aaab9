"""Effects by HTTP: each is a request with the header `Idempotency-Key`."""

from trunkline.effects.effector import Kind
from trunkline.effects.http.endpoint import open_endpoint
from trunkline.effects.http.settings import HttpSettings

EFFECTOR = Kind(name="http", settings=HttpSettings, open=open_endpoint)
