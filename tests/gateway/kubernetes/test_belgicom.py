"""BelgiCom's gateway in a cluster: sound as a whole, the same bytes each time, and as it is written down in golden/.

Where BelgiCom's APIs or the rendering change on purpose, `python -m tests.gateway.kubernetes.golden` writes it anew.
"""

from __future__ import annotations

import pytest

from tests.gateway.kubernetes.golden import FILES, GOLDEN, belgicom
from tests.gateway.kubernetes.rendering import CRDS
from trunkline.document import Invalid
from trunkline.gateway.kubernetes.folder import text
from trunkline.gateway.kubernetes.validation import problems


def test_belgicoms_gateway_is_sound_as_a_whole() -> None:
    everything = [manifest for manifests in belgicom().files.values() for manifest in manifests]
    assert len({manifest["metadata"]["name"] for manifest in everything if manifest["kind"] == "HTTPRoute"}) > 50
    assert [wrong for manifest in everything for wrong in problems(manifest, CRDS)] == []


def test_what_cannot_be_said_of_belgicoms_is_named() -> None:
    with pytest.raises(Invalid) as error:
        belgicom(without=())
    named = {problem.reason.split("`")[1] for problem in error.value.problems}
    assert named == {"cache", "ip", "json-threats", "quota", "spike", "validate"}


def test_the_same_plan_is_the_same_bytes() -> None:
    one, other = belgicom(), belgicom()
    assert {name: text(found) for name, found in one.files.items()} == {
        name: text(found) for name, found in other.files.items()
    }


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_as_it_is_written_down(name: str) -> None:
    assert text(belgicom().files[name]) == (GOLDEN / name).read_text()


def test_no_secret_stands_in_a_manifest() -> None:
    said = "".join(text(found) for found in belgicom().files.values())
    assert "kind: Secret" in said
    assert not any(word in said for word in ("stringData", "BEGIN", "inline:"))
