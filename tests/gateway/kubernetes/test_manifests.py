"""`trunkline gateway manifests`, as an operator types it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
import yaml

from tests.gateway.kubernetes.rendering import JWT, rendered
from trunkline.cli import main
from trunkline.gateway.kubernetes.crds import OWN


class Operator:
    """A project folder, and the command typed in it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._printed = folder, capsys
        (folder / "trunkline.toml").write_text('name = "acme"\n[trust]\n')
        rendered(folder, JWT, without=())

    @property
    def out(self) -> Path:
        return self.folder / "manifests"

    def type(self, *words: str) -> tuple[int, str]:
        """What the command ended with, and what it printed."""
        command = ["trunkline", "gateway", "manifests", "--out", str(self.out), "--project", str(self.folder), *words]
        with patch.object(sys, "argv", command):
            try:
                main()
                code = 0
            except SystemExit as ended:
                code = int(ended.code or 0)
        printed = self._printed.readouterr()
        return code, printed.out + printed.err


@pytest.fixture
def operator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Operator:
    return Operator(tmp_path, capsys)


def test_the_files_are_written_with_what_they_need_and_what_differs(operator: Operator) -> None:
    code, printed = operator.type("--namespace", "edge")
    assert code == 0
    assert "6 manifests in 2 files" in printed
    assert "needs    ConfigMap jwks-ours (jwks)" in printed
    assert "differs  jwt: " in printed
    assert sorted(path.name for path in operator.out.iterdir()) == ["api-things.yaml", "gateway.yaml"]
    found = list(yaml.safe_load_all((operator.out / "api-things.yaml").read_text()))
    assert [one["kind"] for one in found] == ["HTTPRoute", "SecurityPolicy", "BackendTrafficPolicy"]
    assert {one["metadata"]["namespace"] for one in found} == {"edge"}


def test_a_file_of_an_api_that_is_no_more_goes_and_files_of_others_stay(operator: Operator) -> None:
    operator.type()
    (operator.out / "kustomization.yaml").write_text("resources: []\n")
    shutil.move(operator.folder / "apis" / "things", operator.folder / "apis" / "others")
    assert operator.type()[0] == 0
    assert sorted(path.name for path in operator.out.iterdir()) == [
        "api-others.yaml",
        "gateway.yaml",
        "kustomization.yaml",
    ]


def test_no_file_of_others_is_written_over(operator: Operator) -> None:
    operator.out.mkdir()
    (operator.out / "gateway.yaml").write_text("kind: Gateway\n")
    code, printed = operator.type()
    assert code != 0
    assert "was not written by this command" in printed
    assert (operator.out / "gateway.yaml").read_text() == "kind: Gateway\n"
    assert not (operator.out / "api-things.yaml").exists()


def test_a_namespace_that_a_cluster_would_not_take_is_refused_before_anything_is_written(operator: Operator) -> None:
    code, printed = operator.type("--namespace", "Edge_1")
    assert code != 0
    assert "metadata.namespace" in printed
    assert not operator.out.exists()


def test_the_clusters_own_definitions_are_held_against_the_manifests_too(operator: Operator) -> None:
    crds = operator.folder / "crds"
    shutil.copytree(OWN, crds)
    assert operator.type("--crds", str(crds))[0] == 0
    older = (crds / "envoy-gateway.yaml").read_text().replace("requestBuffer:", "bufferRequests:")
    (crds / "envoy-gateway.yaml").write_text(older)
    code, printed = operator.type("--crds", str(crds))
    assert code != 0
    assert "'requestBuffer' was unexpected" in printed


def test_a_folder_without_definitions_is_refused(operator: Operator) -> None:
    code, printed = operator.type("--crds", str(operator.folder / "apis"))
    assert code != 0
    assert "has no CustomResourceDefinition" in printed
