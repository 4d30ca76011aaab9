"""Customer relationship management: accounts, with the numbers that use at their cost."""

from trunkline.systems.crm import accounts
from trunkline.systems.system import Format, System

SYSTEM = System(
    name="crm",
    vendor="",
    formats=(Format("crm-accounts", accounts.matches, accounts.read),),
)
