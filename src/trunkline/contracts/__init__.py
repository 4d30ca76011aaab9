"""Data contracts: ODCS v3.1 YAML in, validation at the log, compatibility and the AsyncAPI document out."""

from trunkline.contracts.contract import Contract
from trunkline.contracts.folder import Contracts, load

__all__ = ["Contract", "Contracts", "load"]
