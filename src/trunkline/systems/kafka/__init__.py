"""Topics of another Kafka: each record once, as it is or as Kafka Connect's connectors wrote it."""

from trunkline.systems.kafka.settings import KafkaSettings
from trunkline.systems.reach import Context, Reach


async def run(settings: KafkaSettings, context: Context) -> None:
    """Take the topics' records until cancelled."""
    from trunkline.systems.kafka.following import follow  # loads librdkafka, which only a running connection needs

    await follow(settings, context)


REACH = Reach(name="kafka", settings=KafkaSettings, run=run)
