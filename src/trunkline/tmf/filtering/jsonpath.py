"""`filter=`, a JSONPath of which a subset is understood (TMF630, part 6; the grammar after RFC 9535).

    filter     = [ "$" ] steps                     a document where it finds something
    steps      = 1*( "." name / "['" name "']" / "[*]" / "[?" condition "]" )    the first name may go without its dot
    condition  = and *( "||" and )
    and        = unary *( "&&" unary )
    unary      = "!" ( path / "(" condition ")" ) / "(" condition ")" / path / comparison
    comparison = path sign literal / literal sign path / path "=~" pattern
    path       = "@" steps                         by itself: there is such a thing, and it is not null
    sign       = "==" / "!=" / "<" / "<=" / ">" / ">="
    literal    = 'text' / "text" / number / true / false / null
    pattern    = "/" text "/" / 'text' / "text"

`$[?(@.severity=='major' && @.comment[?(@.userId=='ann')])]` and `comment[?(@.userId=='ann')]` are filters of alarms.
Literals are of the type that they are written in; a text is a time where the attribute is one. `!=` holds also where
there is no such attribute.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, NamedTuple, NoReturn, TypeAlias

from trunkline.store.query import Compare, Condition, Not, Operator, Path, Present
from trunkline.tmf.filtering.attributes import HREF, Attributes, Undeclared
from trunkline.tmf.filtering.conditions import all_of, any_of, element
from trunkline.tmf.filtering.faults import NO_CHARACTER, check_characters, malformed
from trunkline.tmf.filtering.values import Unreadable, read_number

MAX_LENGTH: Final = 4096
MAX_STEPS: Final = 16
MAX_DEPTH: Final = 16

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_NAME: Final = re.compile(r"@?[A-Za-z_][A-Za-z0-9_-]*")
_TEXT: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_PATTERN: Final = re.compile(r"/((?:[^/\\]|\\.)*)/", re.DOTALL)
_WORD: Final = re.compile(r"[-+.\w]+")
_SIGN: Final = re.compile(r"==|!=|<=|>=|=~|<|>")
_SIGNS: Final = {
    "==": Operator.EQ, "!=": Operator.EQ, "<": Operator.LT, "<=": Operator.LTE, ">": Operator.GT, ">=": Operator.GTE,
}  # fmt: skip
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}

_AS_JSON: Final = {"\\'": "'", '"': '\\"'}

Literal: TypeAlias = str | int | float | bool | None


Last: TypeAlias = Callable[[Path, int], Condition]
"""Makes the condition of what is found at the end: from the path, and how many of its names lead to `@`."""


class Step(NamedTuple):
    """Some names, and the condition of the elements there, whose paths begin there."""

    names: Path
    where: Condition | None


def _is_there(path: Path, within: int) -> Condition:
    return Present(path[within:])


def read(text: str, attributes: Attributes, parameter: str = "filter") -> Condition:
    """The condition that a JSONPath is. Raises `Refusal` (400) with the position, which counts from 1 on."""
    check_characters(parameter, text, MAX_LENGTH)
    return _Reader(text, attributes, parameter).filter()


def read_steps(text: str, parameter: str) -> list[Step]:
    """The steps of a JSONPath through a document that no resource describes. Raises as `read` does."""
    check_characters(parameter, text, MAX_LENGTH)
    return _Reader(text, Undeclared(), parameter).steps()


class _Reader:
    """Reads from `_place` on; `base` is always the path from the document's root to where `@` stands."""

    def __init__(self, text: str, attributes: Attributes | Undeclared, parameter: str) -> None:
        self._text, self._attributes, self._parameter = text, attributes, parameter
        self._place = self._depth = 0

    def filter(self) -> Condition:
        """The whole text, as a condition."""
        return self._found((), self.steps())

    def steps(self) -> list[Step]:
        """The whole text."""
        self._skip()
        rooted = self._take("$")
        steps = self._steps((), bare=not rooted)
        if not steps:
            self._fail("the path of an attribute is expected, such as note[?(@.author=='ann')]")
        self._skip()
        if self._place < len(self._text):
            self._fail("this does not belong to the path")
        return steps

    def _any(self, base: Path) -> Condition:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(f"conditions stand in one another more than {MAX_DEPTH} deep")
        found = [self._all(base)]
        while self._take_behind_blanks("||"):
            found.append(self._all(base))
        self._depth -= 1
        return any_of(found)

    def _all(self, base: Path) -> Condition:
        found = [self._unary(base)]
        while self._take_behind_blanks("&&"):
            found.append(self._unary(base))
        return all_of(found)

    def _unary(self, base: Path) -> Condition:
        self._skip()
        if self._take("!"):
            return Not(self._negated(base))
        if self._take("("):
            return self._closed(base)
        if self._take("@"):
            return self._of_path(base)
        return self._turned(base)

    def _negated(self, base: Path) -> Condition:
        self._skip()
        if self._take("("):
            return self._closed(base)
        if not self._take("@"):
            self._fail("behind !, a path that begins with @, or a parenthesis is expected")
        found = self._found(base, self._steps(base))
        self._skip()
        if _SIGN.match(self._text, self._place):
            self._fail("a comparison behind ! is put into parentheses: !(@.a == 1)")
        return found

    def _closed(self, base: Path) -> Condition:
        found = self._any(base)
        self._skip()
        self._expect(")", "a closing parenthesis is missing")
        return found

    def _of_path(self, base: Path) -> Condition:
        steps = self._steps(base)
        self._skip()
        sign = _SIGN.match(self._text, self._place)
        if not sign:
            if self._text.startswith("=", self._place):
                self._fail("equality is written ==")
            return self._found(base, steps)
        self._place = sign.end()
        self._skip()
        position = self._place
        if sign[0] == "=~":
            return self._compared(base, steps, Operator.REGEX, self._pattern(), position)
        return self._stands(base, steps, sign[0], self._literal(), position)

    def _turned(self, base: Path) -> Condition:
        position = self._place
        literal = self._literal()
        self._skip()
        sign = _SIGN.match(self._text, self._place)
        if not sign or sign[0] == "=~":
            self._fail("a comparison is expected: == != < <= > >=")
        self._place = sign.end()
        self._skip()
        self._expect("@", "a path that begins with @ is expected")
        return self._stands(base, self._steps(base), _TURNED.get(sign[0], sign[0]), literal, position)

    def _steps(self, base: Path, bare: bool = False) -> list[Step]:
        """As many steps as there are. `bare`: a name may be the first."""
        steps: list[Step] = []
        names: Path = ()
        bare = bare and not self._text.startswith((".", "["), self._place)
        while True:
            position = self._place
            if bare or self._take("."):
                names, bare = (*names, self._name()), False
            elif self._take("["):
                self._skip()
                if self._take("?"):
                    steps.append(Step(names, self._any((*base, *names))))
                    base, names = (*base, *names), ()
                elif found := _TEXT.match(self._text, self._place):
                    names = (*names, self._unquoted(found))
                else:  # every element is meant in any case
                    self._expect("*", "?, * or a name in quotes is expected (an index is not understood)")
                self._skip()
                self._expect("]", "a closing bracket is missing")
            else:
                return [*steps, Step(names, None)] if names else steps
            if len(base) + len(names) > MAX_STEPS:
                self._fail(f"a path has at most {MAX_STEPS} names", position)
            self._stored((*base, *names), position + 1)

    def _name(self) -> str:
        found = _NAME.match(self._text, self._place)
        if not found:
            self._fail("the name of an attribute is expected (.. and .* are not understood)")
        self._place = found.end()
        return found[0]

    def _literal(self) -> Literal:
        if found := _TEXT.match(self._text, self._place):
            return self._unquoted(found)
        word = _WORD.match(self._text, self._place)
        if not word:
            self._fail("a text in quotes, a number, true, false or null is expected")
        if word[0] not in _WORDS:
            try:
                number = read_number(word[0])
            except Unreadable as error:
                self._fail(f"{error} (a text stands in quotes)")
            self._place = word.end()
            return number
        self._place = word.end()
        return _WORDS[word[0]]

    def _pattern(self) -> str:
        if found := _TEXT.match(self._text, self._place):
            return self._unquoted(found)
        found = _PATTERN.match(self._text, self._place)
        if not found:
            self._fail("a pattern is expected: /^fibre/ or '^fibre'")
        self._place = found.end()
        if _WORD.match(self._text, self._place):
            self._fail("flags of a pattern are not understood")
        return found[1].replace("\\/", "/")

    def _unquoted(self, found: re.Match[str]) -> str:
        body = re.sub(r"\\.|\"", lambda part: _AS_JSON.get(part[0], part[0]), found[0][1:-1], flags=re.DOTALL)
        try:
            text = str(json.loads(f'"{body}"', strict=False))
        except ValueError:
            self._fail("the text has an escape that is none: \\\\ \\' \\\" \\n \\t \\u0041 are some")
        if NO_CHARACTER.search(text):
            self._fail("the text has an escape of a character that stands in no document")
        self._place = found.end()
        return text

    def _stands(self, base: Path, steps: list[Step], sign: str, literal: Literal, position: int) -> Condition:
        how = _SIGNS[sign]
        if isinstance(literal, bool | None) and how is not Operator.EQ:
            self._fail("true, false and null are equal or not, and nothing else", position)
        if literal is None:
            found = self._found(base, steps)
            return found if sign == "!=" else Not(found)
        compared = self._compared(base, steps, how, literal, position)
        return Not(compared) if sign == "!=" else compared

    def _compared(
        self, base: Path, steps: list[Step], how: Operator, literal: str | float | bool, position: int
    ) -> Condition:
        def compare(path: Path, within: int) -> Condition:
            # A text is nothing but one, also where the attribute leaves it open; but times are written as texts.
            of_its_own = how is Operator.REGEX or path == HREF or self._attributes.type(path) == "time"
            if isinstance(literal, str) and of_its_own:
                try:
                    return self._attributes.compared(path, how, literal, within)
                except Unreadable as error:
                    self._fail(str(error), position + 1 + error.at)
            return Compare(path[within:], how, literal)

        return self._found(base, steps, compare)

    def _found(self, base: Path, steps: list[Step], last: Last = _is_there) -> Condition:
        """The steps from `base` on find something of which `last` holds."""
        begin = self._stored(base)
        if not steps:
            if not base:
                self._fail("here @ is the document: an attribute of it is expected")
            return last(begin, len(begin))
        step, *further = steps
        base = (*base, *step.names)
        path = self._stored(base)
        if path[: len(begin)] != begin:
            self._fail("this attribute is none of the elements there")
        if step.where is None:
            return last(path, len(begin))
        conditions = [step.where]
        if further or last is not _is_there:
            conditions.append(self._found(base, further, last))
        return element(path[len(begin) :], all_of(conditions))

    def _stored(self, names: Path, position: int = 0) -> Path:
        return self._attributes.path(names, self._parameter, position) if names else ()

    def _skip(self) -> None:
        found = _BLANK.match(self._text, self._place)
        self._place = found.end() if found else self._place

    def _take(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._place):
            return False
        self._place += len(sign)
        return True

    def _take_behind_blanks(self, sign: str) -> bool:
        self._skip()
        return self._take(sign)

    def _expect(self, sign: str, reason: str) -> None:
        if not self._take(sign):
            self._fail(reason)

    def _fail(self, reason: str, place: int | None = None) -> NoReturn:
        raise malformed(self._parameter, (self._place if place is None else place) + 1, reason)
