"""Topics in Avro or with a JSON Schema, through a schema registry with Confluent's API, where one is configured.

`client` asks the registry, `written` keeps the schemas that it answered, `codec` translates the columns of a topic
(`log.port.Codec`), `opening` makes the codec of a project.
"""

from trunkline.registry.client import RegistryError
from trunkline.registry.codec import RegistryCodec
from trunkline.registry.opening import open_codec, problems

__all__ = ["RegistryCodec", "RegistryError", "open_codec", "problems"]
