"""The network: alarms, performance, topology and health, and the API that serves them."""

from trunkline.telco.network.processors import check, processors

__all__ = ["check", "processors"]
