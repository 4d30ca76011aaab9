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

Filters of alarms are `comment[?(@.userId=='ann')]` and `$[?(@.ackState!='acknowledged' && @.affectedService.id=='5')]`.
Literals are of the type that they are written in; a text is a time where the attribute is one. `!=` holds also where
there is no such attribute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from trunkline.store.query import Compare, Condition, Not, Operator, Path, Present
from trunkline.tmf.filtering.attributes import HREF, Attributes, Undeclared
from trunkline.tmf.filtering.conditions import all_of, any_of, element
from trunkline.tmf.filtering.grammar import MAX_STEPS
from trunkline.tmf.filtering.scanner import Literal, Scanner
from trunkline.tmf.filtering.values import Unreadable

MAX_DEPTH: Final = 16

_SIGNS: Final = {
    "==": Operator.EQ, "!=": Operator.EQ, "<": Operator.LT, "<=": Operator.LTE, ">": Operator.GT, ">=": Operator.GTE,
}  # fmt: skip
_TURNED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}

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
    return _Reader(Scanner(text, parameter), attributes).filter()


def read_steps(text: str, parameter: str) -> list[Step]:
    """The steps of a JSONPath through a document that no resource describes. Raises as `read` does."""
    return _Reader(Scanner(text, parameter), Undeclared()).steps()


class _Reader:
    """Makes conditions; `base` is always the path from the document's root to where `@` stands."""

    def __init__(self, scan: Scanner, attributes: Attributes | Undeclared) -> None:
        self._scan, self._attributes = scan, attributes
        self._depth = 0

    def filter(self) -> Condition:
        """The whole text, as a condition."""
        return self._found((), self.steps())

    def steps(self) -> list[Step]:
        """The whole text."""
        self._scan.skip()
        rooted = self._scan.take("$")
        steps = self._steps((), bare=not rooted)
        if not steps:
            self._scan.fail("the path of an attribute is expected, such as note[?(@.author=='ann')]")
        self._scan.skip()
        if not self._scan.ended:
            self._scan.fail("this does not belong to the path")
        return steps

    def _any(self, base: Path) -> Condition:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._scan.fail(f"conditions stand in one another more than {MAX_DEPTH} deep")
        found = [self._all(base)]
        while self._scan.take_behind_blanks("||"):
            found.append(self._all(base))
        self._depth -= 1
        return any_of(found)

    def _all(self, base: Path) -> Condition:
        found = [self._unary(base)]
        while self._scan.take_behind_blanks("&&"):
            found.append(self._unary(base))
        return all_of(found)

    def _unary(self, base: Path) -> Condition:
        self._scan.skip()
        if self._scan.take("!"):
            return Not(self._negated(base))
        if self._scan.take("("):
            return self._closed(base)
        if self._scan.take("@"):
            return self._of_path(base)
        return self._turned(base)

    def _negated(self, base: Path) -> Condition:
        self._scan.skip()
        if self._scan.take("("):
            return self._closed(base)
        if not self._scan.take("@"):
            self._scan.fail("behind !, a path that begins with @, or a parenthesis is expected")
        found = self._found(base, self._steps(base))
        self._scan.skip()
        position = self._scan.place
        if self._scan.sign():
            self._scan.fail("a comparison behind ! is put into parentheses: !(@.a == 1)", position)
        return found

    def _closed(self, base: Path) -> Condition:
        found = self._any(base)
        self._scan.skip()
        self._scan.expect(")", "a closing parenthesis is missing")
        return found

    def _of_path(self, base: Path) -> Condition:
        steps = self._steps(base)
        self._scan.skip()
        sign = self._scan.sign()
        if not sign:
            return self._found(base, steps)
        self._scan.skip()
        position = self._scan.place
        if sign == "=~":
            return self._compared(base, steps, Operator.REGEX, self._scan.pattern(), position)
        return self._stands(base, steps, sign, self._scan.literal(), position)

    def _turned(self, base: Path) -> Condition:
        position = self._scan.place
        literal = self._scan.literal()
        self._scan.skip()
        place = self._scan.place
        sign = self._scan.sign()
        if sign in ("", "=~"):
            self._scan.fail("a comparison is expected: == != < <= > >=", place)
        self._scan.skip()
        self._scan.expect("@", "a path that begins with @ is expected")
        return self._stands(base, self._steps(base), _TURNED.get(sign, sign), literal, position)

    def _steps(self, base: Path, bare: bool = False) -> list[Step]:
        """As many steps as there are. `bare`: a name may be the first."""
        steps: list[Step] = []
        names: Path = ()
        bare = bare and not self._scan.at(".") and not self._scan.at("[")
        while True:
            position = self._scan.place
            if bare or self._scan.take("."):
                names, bare = (*names, self._scan.name()), False
            elif self._scan.take("["):
                self._scan.skip()
                if self._scan.take("?"):
                    steps.append(Step(names, self._any((*base, *names))))
                    base, names = (*base, *names), ()
                elif (quoted := self._scan.quoted()) is not None:
                    names = (*names, quoted)
                else:  # every element is meant in any case
                    self._scan.expect("*", "?, * or a name in quotes is expected (an index is not understood)")
                self._scan.skip()
                self._scan.expect("]", "a closing bracket is missing")
            else:
                return [*steps, Step(names, None)] if names else steps
            if len(base) + len(names) > MAX_STEPS:
                self._scan.fail(f"a path has at most {MAX_STEPS} names", position)
            self._stored((*base, *names), position + 1)

    def _stands(self, base: Path, steps: list[Step], sign: str, literal: Literal, position: int) -> Condition:
        how = _SIGNS[sign]
        if isinstance(literal, bool | None) and how is not Operator.EQ:
            self._scan.fail("true, false and null are equal or not, and nothing else", position)
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
                    self._scan.fail(str(error), position + 1 + error.at)
            return Compare(path[within:], how, literal)

        return self._found(base, steps, compare)

    def _found(self, base: Path, steps: list[Step], last: Last = _is_there) -> Condition:
        """The steps from `base` on find something of which `last` holds."""
        begin = self._stored(base)
        if not steps:
            if not base:
                self._scan.fail("here @ is the document: an attribute of it is expected")
            return last(begin, len(begin))
        step, *further = steps
        base = (*base, *step.names)
        path = self._stored(base)
        if path[: len(begin)] != begin:
            self._scan.fail("this attribute is none of the elements there")
        if step.where is None:
            return last(path, len(begin))
        conditions = [step.where]
        if further or last is not _is_there:
            conditions.append(self._found(base, further, last))
        return element(path[len(begin) :], all_of(conditions))

    def _stored(self, names: Path, position: int = 0) -> Path:
        return self._attributes.path(names, self._scan.parameter, position) if names else ()
