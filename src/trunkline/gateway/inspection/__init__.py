"""What is looked at inside requests and responses, and changed in them: bodies within bounds, as the OpenAPI file says,
transformed, masked.

The parts know nothing of Envoy: they take octets and values, and say what is wrong. `inspector.py` puts them together
for one operation; `service.py` is what Envoy asks.
"""
