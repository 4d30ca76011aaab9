"""Quotas: requests counted exactly in calendar periods, over all replicas of the gateway, in a store that they share.

The companion `quota` answers Envoy. It takes blocks of a quota from the store and gives back what is not used.
"""
