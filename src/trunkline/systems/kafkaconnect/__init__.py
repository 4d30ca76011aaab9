"""Kafka Connect: what its connectors write to Kafka, read as it is (`reach: kafka` brings the records).

`converter.py` reads what the JSON and Avro converters write, `schema.py` what they say of types, `values.py` gives each
value its canonical form, and `debezium.py` knows Debezium's events.
"""
