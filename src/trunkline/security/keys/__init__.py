"""Encryption of what lies in the log and in the store, with a key for each person: deleting it erases the person.

`port` is who wraps keys (the KEK): `file`, `vault`, `aws`, opened by `opening` from a URL. `table` keeps the data keys,
wrapped, and `keyring` gives them out; `envelope` is what sealed bytes look like. `log` seals the log, `records` the
store; `project` says what of a project is sealed and by which keys.
"""

from trunkline.security.keys.port import Kek, KeysError

__all__ = ["Kek", "KeysError"]
