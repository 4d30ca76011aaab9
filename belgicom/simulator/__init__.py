"""A network that behaves: BelgiCom's radio sites, writing files and sending alarms as real nodes and managers do.

It speaks only what the equipment speaks (files over SFTP, SNMP, HTTPS) and imports nothing of the platform, so the
platform cannot tell it from a network. Start it with `python -m belgicom.simulator`.
"""
