"""Data contracts: ODCS v3.1 YAML in, validation at the log, compatibility and the AsyncAPI document out."""

from trunkline.contracts.acceptance import accept, accepted, check
from trunkline.contracts.asyncapi import asyncapi
from trunkline.contracts.contract import Contract
from trunkline.contracts.folder import Contracts, load
from trunkline.contracts.validator import ContractValidator

__all__ = ["Contract", "ContractValidator", "Contracts", "accept", "accepted", "asyncapi", "check", "load"]
