"""The operator's folder `notices/`: loaded for the processor, and checked, each problem with its file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec

from trunkline.document import Document, Invalid, Problem
from trunkline.effects import declaration
from trunkline.telco.charging import tariff
from trunkline.telco.charging.notices import places
from trunkline.telco.charging.notices.language import Language, misfits
from trunkline.telco.charging.notices.places import Places
from trunkline.telco.model import Notice

FOLDER: Final = "notices"
SENDING: Final = "sending.yaml"

Code = Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")]


class Sender(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """From whom messages are (TMF681 Sender)."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    phone_number: Annotated[str, msgspec.Meta(pattern="^[0-9]{0,15}$")] = ""


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """`notices/sending.yaml`: `effector` sends messages from `sender` in `languages`; those who read none of them are
    written to in the first. After `hours` a message is not sent any more.

    The ledger knows for 7 days what it has sent; a message that has no effect any more before that is never sent again.
    """

    effector: str
    sender: Sender
    languages: Annotated[list[Code], msgspec.Meta(min_length=1, max_length=100)]
    hours: Annotated[int, msgspec.Meta(ge=1, le=144)]


class Notices(NamedTuple):
    """How the operator tells its subscribers. `languages` are by their codes."""

    sending: Sending
    languages: Mapping[str, Language]
    places: Places

    def language(self, notice: Notice) -> tuple[str, Language]:
        """That in which the subscriber is written to."""
        code = notice.language if notice.language in self.languages else self.sending.languages[0]
        return code, self.languages[code]


def load(project: Path) -> Notices:
    """The notices of a project. Raises `Invalid` with everything that is wrong."""
    notices, problems = _read(project)
    if notices is None or problems:
        raise Invalid(problems)
    return notices


def check(project: Path) -> list[Problem]:
    """Everything that is wrong with the notices of a project; [] where it has none."""
    return _read(project)[1] if (project / FOLDER).exists() else []


def _read(project: Path) -> tuple[Notices | None, list[Problem]]:
    folder = project / FOLDER
    try:
        document = Document.load(folder / SENDING)
        sending = document.into(Sending)
        known = places.read(project / tariff.FOLDER)
    except Invalid as invalid:
        return None, invalid.problems
    problems = list(_misfits(document, sending, project))
    languages = {}
    for code in sending.languages:
        if not (file := folder / f"{code}.yaml").exists():
            continue
        try:
            written = Document.load(file)
            languages[code] = written.into(Language)
        except Invalid as invalid:
            problems += invalid.problems
        else:
            problems += misfits(written, languages[code], known)
    return Notices(sending, languages, known), problems


def _misfits(document: Document, sending: Sending, project: Path) -> Iterator[Problem]:
    if not (project / declaration.FOLDER / f"{sending.effector}.yaml").exists():
        yield document.problem(("effector",), f"there is no {declaration.FOLDER}/{sending.effector}.yaml")
    for index, code in enumerate(sending.languages):
        if code in sending.languages[:index]:
            yield document.problem(("languages", index), f"`{code}` is given twice")
        elif not (project / FOLDER / f"{code}.yaml").exists():
            yield document.problem(("languages", index), f"the language `{code}` has no texts: write {code}.yaml")
    for file in sorted((project / FOLDER).glob("*.yaml")):
        if file.name != SENDING and file.stem not in sending.languages:
            yield Problem(str(file), 1, f"nobody is written to in `{file.stem}`: name it in {SENDING}, or remove it")
