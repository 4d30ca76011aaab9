"""The network: alarms, performance, topology and health, and the API that serves them."""
