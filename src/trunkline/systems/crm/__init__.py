"""Customer relationship management: accounts, with the numbers that use at their cost, and what was paid for them."""

from trunkline.systems.crm import accounts, payments
from trunkline.systems.system import Format, System

SYSTEM = System(
    name="crm",
    vendor="",
    formats=(
        Format("crm-accounts", accounts.matches, accounts.read),
        Format("crm-payments", payments.matches, payments.read),
    ),
)
