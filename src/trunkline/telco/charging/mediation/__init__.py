"""Mediation: of records as they come, usage as it is charged. Each record once, sessions put together, who pays said.

`mediate` (charging.usage.reported → charging.usage.mediated), `numbers` (charging.account → charging.number) and
`payer` (both of these → charging.usage) are its processors.
"""
