"""The gateway that every call passes: the operator's APIs and policies, planned, checked, and enforced by Envoy."""

from trunkline.gateway.control import check

__all__ = ["check"]
