"""The words and signs of a JSONPath, one after the other."""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn, TypeAlias

from trunkline.tmf.filtering.faults import NO_CHARACTER, check_characters, malformed
from trunkline.tmf.filtering.grammar import MAX_LENGTH, NAME
from trunkline.tmf.filtering.values import Unreadable, read_number

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_TEXT: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_PATTERN: Final = re.compile(r"/((?:[^/\\]|\\.)*)/", re.DOTALL)
_WORD: Final = re.compile(r"[-+.\w]+")
_SIGN: Final = re.compile(r"==|!=|<=|>=|=~|<|>")
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_AS_JSON: Final = {"\\'": "'", '"': '\\"'}

Literal: TypeAlias = str | int | float | bool | None


class Scanner:
    """A place in the text of a parameter. What is not as it must be is refused (`Refusal`, 400) with its position."""

    def __init__(self, text: str, parameter: str) -> None:
        check_characters(parameter, text, MAX_LENGTH)
        self._text, self.parameter = text, parameter
        self.place = 0
        """How many characters are read."""

    @property
    def ended(self) -> bool:
        """Whether all is read."""
        return self.place == len(self._text)

    def skip(self) -> None:
        """Go on behind blanks."""
        found = _BLANK.match(self._text, self.place)
        self.place = found.end() if found else self.place

    def at(self, sign: str) -> bool:
        """Whether `sign` stands here."""
        return self._text.startswith(sign, self.place)

    def take(self, sign: str) -> bool:
        """Go on behind `sign`, where it stands here."""
        if not self.at(sign):
            return False
        self.place += len(sign)
        return True

    def take_behind_blanks(self, sign: str) -> bool:
        """Go on behind blanks, and behind `sign` where it stands there."""
        self.skip()
        return self.take(sign)

    def expect(self, sign: str, reason: str) -> None:
        """Go on behind `sign`, which must stand here."""
        if not self.take(sign):
            self.fail(reason)

    def fail(self, reason: str, place: int | None = None) -> NoReturn:
        """Refuse what stands here, or at `place`."""
        raise malformed(self.parameter, (self.place if place is None else place) + 1, reason)

    def name(self) -> str:
        """The name of an attribute."""
        found = NAME.match(self._text, self.place)
        if not found:
            self.fail("the name of an attribute is expected (.. and .* are not understood)")
        self.place = found.end()
        return found[0]

    def sign(self) -> str:
        """The sign of a comparison; "" where there is none here."""
        found = _SIGN.match(self._text, self.place)
        if not found:
            if self.at("="):
                self.fail("equality is written ==")
            return ""
        self.place = found.end()
        return found[0]

    def literal(self) -> Literal:
        """What is compared with."""
        quoted = self.quoted()
        if quoted is not None:
            return quoted
        word = _WORD.match(self._text, self.place)
        if not word:
            self.fail("a text in quotes, a number, true, false or null is expected")
        try:
            found = _WORDS[word[0]] if word[0] in _WORDS else read_number(word[0])
        except Unreadable as error:
            self.fail(f"{error} (a text stands in quotes)")
        self.place = word.end()
        return found

    def pattern(self) -> str:
        """A regular expression."""
        quoted = self.quoted()
        if quoted is not None:
            return quoted
        found = _PATTERN.match(self._text, self.place)
        if not found:
            self.fail("a pattern is expected: /^fibre/ or '^fibre'")
        self.place = found.end()
        if _WORD.match(self._text, self.place):
            self.fail("flags of a pattern are not understood")
        return found[1].replace("\\/", "/")

    def quoted(self) -> str | None:
        """A text in quotes; None where there is none here."""
        found = _TEXT.match(self._text, self.place)
        if not found:
            return None
        body = re.sub(r"\\.|\"", lambda part: _AS_JSON.get(part[0], part[0]), found[0][1:-1], flags=re.DOTALL)
        try:
            text = str(json.loads(f'"{body}"', strict=False))
        except ValueError:
            self.fail("the text has an escape that is none: \\\\ \\' \\\" \\n \\t \\u0041 are some")
        if NO_CHARACTER.search(text):
            self.fail("the text has an escape of a character that stands in no document")
        self.place = found.end()
        return text
