"""Notices: what subscribers are told becomes a message in their language, which the effect ledger sees sent once.

The words are the operator's, in `notices/`: `sending.yaml`, and a file for each language.
"""

from trunkline.telco.charging.notices.folder import FOLDER, Notices, check, load
from trunkline.telco.charging.notices.processor import notify

__all__ = ["FOLDER", "Notices", "check", "load", "notify"]
