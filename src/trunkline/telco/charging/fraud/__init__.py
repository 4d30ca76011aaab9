"""Fraud: usage that looks as if somebody else pays for it than he who should, told as `charging.fraud`."""

from trunkline.telco.charging.fraud.folder import check
from trunkline.telco.charging.fraud.processor import watch

__all__ = ["check", "watch"]
