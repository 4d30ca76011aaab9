"""What it costs an API to know who calls: a token that it has not seen for a second, and one that it has:
`python -m benchmarks identity`.

The peer is the signature alone, verified by joserfc: without the look whether the token was revoked.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import KeySet

from benchmarks.headline import Headline, alternate
from trunkline.security.identity.grants import SignedIn
from trunkline.security.identity.identity import Identity, open_identity
from trunkline.security.identity.issuers import own
from trunkline.security.identity.terms import COMMAND_LINE, Terms
from trunkline.security.identity.tokens import access_token
from trunkline.security.identity.verifier import Verifier

COUNT = 2_000
URL = "http://localhost/tmf-api/customerBillManagement/v4/customerBill"


def microseconds(work: Callable[[], object]) -> float:
    """The processor's time of one."""
    begin = time.process_time()
    for _ in range(COUNT):
        work()
    return (time.process_time() - begin) / COUNT * 1e6


def token_of(identity: Identity) -> str:
    """An access token of somebody who has signed in by the command line."""
    with identity.unit() as unit:
        person = unit.people.add(f"{secrets.token_hex(4)}@acme.example", {})
        grant = unit.grants.begin(COMMAND_LINE, person.id, "openid", SignedIn(unit.now, ("pwd",)), lasts=3_600)
        return access_token(unit.keys.current(), identity.terms, unit.now, grant, "openid", person, "")


def main() -> list[Headline]:
    with tempfile.TemporaryDirectory() as folder:
        terms = Terms("http://localhost", "http://localhost")
        with closing(open_identity(f"sqlite://{folder}/store.db", Path(folder), terms)) as identity:
            token, keys = token_of(identity), KeySet.import_key_set({"keys": identity.public_keys()})

            def verified(holds: float) -> Callable[[], float]:
                verifier = Verifier([own(identity)], identity.unused, holds=holds)
                return lambda: microseconds(lambda: verifier.verify(f"Bearer {token}", "GET", URL))

            def signature() -> float:
                return microseconds(lambda: jwt.decode(token, keys, ["RS256"]))

            looked, alone = alternate(verified(0.0), signature)
            remembered, beside = alternate(verified(1.0), signature)
    first = "identity: a token verified and looked up"
    return [
        Headline(first, "µs CPU", looked, alone, "signature", lower_is_better=True),
        Headline(
            "identity: a token verified within a second", "µs CPU", remembered, beside, "signature",
            target=30, ratio_target=0.5, lower_is_better=True,
        ),
    ]  # fmt: skip
