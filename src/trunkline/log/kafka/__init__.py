"""The log on Apache Kafka 4 (librdkafka through confluent-kafka): the port's words as a cluster's topics and groups.

`address` reads the URL, `security` the part of it that says who comes; `connection` makes the clients. `topics` keeps
topics as the port declares them, `writing` and `transactions` are the two ways in, `fetching` brings records out for
`reader` and `consumer`, `reading` for reads by offset, `offsets` tells where partitions begin and end, `groups` and
`member` share them among processes.

How an event lies in Kafka: its key and value as they are, its headers as headers. A record's timestamp is the broker's
clock at the append (LogAppendTime), because by that Kafka counts retention; a time of the event's own is its last
header, `ce_time` (CloudEvents 1.0.2, RFC 3339).
"""

from trunkline.log.kafka.log import KafkaLog, open_kafka

__all__ = ["KafkaLog", "open_kafka"]
