"""Accounts: what usage costs them, what their buckets hold, and what their subscribers must be told.

`charge` (charging.usage, charging.account, charging.command, charging.request → charging.usage.rated, charging.posting,
charging.balance, charging.answer, charging.notice) is its processor; `book` is one account without topics around it.
"""
