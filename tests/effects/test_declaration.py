"""Effectors are declared in `effects/<name>.yaml`, and what is wrong is said before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.document import Invalid
from trunkline.effects import declaration
from trunkline.effects.http.settings import HttpSettings
from trunkline.effects.registry import installed_kinds

SMS = """\
kind: http
url: https://sms.example.net/v1/messages/{to}
token: ${env:SMS_TOKEN}
rate: 50
burst: 10
in_flight: 4
breaker: {failures: 3, pause: 60}
done: [2xx, 409]
later: [408, 425, 429, 5xx, 401]
receipt: /messageId
headers: {X-Client: acme}
authority: certificates/sms.pem
"""
OWN_KIND = """\
from trunkline.effects.effector import Answer, Kind, Settings
from trunkline.effects.outcome import Result

class Pager:
    def perform(self, effect):
        return Answer(Result.DONE)

    def close(self):
        pass

EFFECTOR = Kind("pager", Settings, lambda settings, context: Pager())
"""


def problems(folder: Path, text: str, name: str = "sms") -> list[str]:
    (folder / "effects").mkdir(exist_ok=True)
    (folder / "effects" / f"{name}.yaml").write_text(text)
    return [f"{problem.line}: {problem.reason}" for problem in declaration.check(folder)]


def test_an_effector_is_named_after_its_file_and_has_its_settings(tmp_path: Path) -> None:
    assert problems(tmp_path, SMS) == []
    [declared] = declaration.load(tmp_path)
    assert declared.name == "sms"
    assert isinstance(declared.settings, HttpSettings)
    assert declared.settings.once == "at-least"
    assert declared.settings.breaker.failures == 3
    assert declared.settings.done == ("2xx", 409)


def test_without_a_folder_there_are_no_effectors(tmp_path: Path) -> None:
    assert declaration.load(tmp_path) == []


@pytest.mark.parametrize(
    ("was", "instead", "problem"),
    [
        ("kind: http", "kind: fax", "1: `kind` must be one of: http"),
        ("rate: 50", "rat: 50", "4: `rat` is not known; did you mean `rate`?"),
        ("rate: 50", "rate: 0", "4: `rate`"),
        ("${env:SMS_TOKEN}", "hunter2", "3: `token`: write a secret as ${env:NAME}"),
        ("https://sms.example.net", "ftp://sms.example.net", "`url` must be"),
        ("https://sms.example.net", "https://an:pw@sms.example.net", "must hold no login"),
        ("https://sms.example.net", "https://{to}.example.net", "in its path or query"),
        ("messages/{to}", "messages/{to", "braces only around"),
        ("later: [408,", "later: [409,", "409 cannot be both"),
        ("done: [2xx", "done: [7xx", "8: item 1: "),
        ("X-Client: acme", "Idempotency-Key: acme", "`headers` cannot set idempotency-key"),
        ("failures: 3", "failures: none", "7: `failures`"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, was: str, instead: str, problem: str) -> None:
    assert was in SMS
    found = problems(tmp_path, SMS.replace(was, instead))
    assert any(problem in each for each in found), found
    assert not any("hunter2" in each for each in found), "a secret is never shown"


def test_a_file_whose_name_cannot_be_an_effector_s_is_refused(tmp_path: Path) -> None:
    assert "lower-case letters" in problems(tmp_path, SMS, name="SMS_Centre")[0]


def test_a_secret_that_is_not_there_is_said_with_the_file(tmp_path: Path) -> None:
    def secret(reference: str) -> str:
        raise ValueError("the variable SMS_TOKEN, which holds a secret, is not set")

    problems(tmp_path, SMS)
    with pytest.raises(Invalid, match=r"sms\.yaml:1: the variable SMS_TOKEN"):
        declaration.load(tmp_path)[0].open(tmp_path, secret)


def test_an_operator_s_own_kind_is_a_folder_with_an_effector_in_it(tmp_path: Path) -> None:
    (tmp_path / "effects" / "pager").mkdir(parents=True)
    (tmp_path / "effects" / "pager" / "__init__.py").write_text(OWN_KIND)
    assert sorted(installed_kinds(tmp_path)) == ["http", "pager"]
    assert problems(tmp_path, "kind: pager\nattempts: 2\n", name="on-call") == []


def test_two_kinds_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "effects" / "web").mkdir(parents=True)
    (tmp_path / "effects" / "web" / "__init__.py").write_text(OWN_KIND.replace('"pager"', '"http"'))
    with pytest.raises(ValueError, match="another effector named 'http'"):
        installed_kinds(tmp_path)
