"""The attacker's list: each attack on BelgiCom as it runs, its gateway, provider and APIs, is refused.

One house for all of them, which takes seconds to start; the attacks stand by what they are on in `attackers/`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.gateway.belgicom import Behind, belgicom

for _room in ("bodies", "data", "requests", "signing_in", "tokens"):
    pytest.register_assert_rewrite(f"tests.security.attackers.{_room}")

from tests.security.attackers.bodies import *  # noqa: E402, F403
from tests.security.attackers.data import *  # noqa: E402, F403
from tests.security.attackers.requests import *  # noqa: E402, F403
from tests.security.attackers.signing_in import *  # noqa: E402, F403
from tests.security.attackers.tokens import *  # noqa: E402, F403


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    with belgicom(tmp_path_factory.mktemp("attacked") / "belgicom", ("rival-shop",)) as house:
        yield house
