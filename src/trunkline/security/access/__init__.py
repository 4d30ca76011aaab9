"""Who may do what with which data, and why: rules in Cedar, field masks, and every decision logged.

The operator's `access/` says it: rules (`*.cedar`) with their schema, where each field comes from (`fields.yaml`),
purposes and regions, and cases by which the rules are tested. See docs/access.md.
"""
