"""A language of the operator's: its texts by occasion, how it writes amounts, and its names for zones and countries."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec

from trunkline.document import Document, Problem
from trunkline.telco.charging.notices import forms
from trunkline.telco.charging.notices.forms import Forms
from trunkline.telco.charging.notices.occasions import OCCASIONS, Occasion
from trunkline.telco.charging.notices.places import Places
from trunkline.telco.model import Unit

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=600)]
"""Long enough for four parts of a text message."""
_PLACE: Final = re.compile(r"\{([a-z]*)\}")


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """A file `notices/<language>.yaml`. `countries` are those whose name is another than in `countries.yaml`."""

    forms: Forms
    zones: dict[str, Text] = {}
    countries: dict[str, Text] = {}
    texts: dict[str, Text]

    def text(self, occasion: Occasion, values: Mapping[str, str], places: Places, zone: ZoneInfo) -> str:
        """The words for an occasion.

        Raises `ValueError`, `ArithmeticError` or `LookupError` where a value is not what it is said to be.
        """
        return _PLACE.sub(lambda found: self._written(found[1], values, places, zone), self.texts[occasion.name])

    def _written(self, place: str, values: Mapping[str, str], places: Places, zone: ZoneInfo) -> str:
        value = values[place]
        match place:
            case "limit" | "spent":
                return forms.money(self.forms, int(value), values["currency"])
            case "left" | "lost" if values.get("unit", Unit.MONEY) != Unit.MONEY:
                return forms.amount(self.forms, Unit(values["unit"]), int(value))
            case "left" | "lost":
                return forms.money(self.forms, int(value), values["currency"])
            case "end" | "forecast":
                return forms.moment(self.forms, datetime.fromisoformat(value), zone)
            case "zone":
                return self.zones.get(value, value)
            case "country":
                code = places.country(values["network"])
                return self.countries.get(code) or places.countries.get(code) or value
            case _:
                return value


def misfits(document: Document, language: Language, places: Places) -> Iterator[Problem]:
    """What is wrong with a language beyond its shape."""
    known = {occasion.name: occasion.places for occasion in OCCASIONS}
    for name in sorted(known.keys() - language.texts.keys()):
        yield document.problem(("texts",), f"there is no text `{name}`: subscribers are told of that too")
    for name, text in language.texts.items():
        if name not in known:
            yield document.problem(("texts", name), f"nothing is told by a text `{name}`: {_of(known)}")
        else:
            yield from _misplaced(document, ("texts", name), text, known[name])
    for field, allowed in (("money", forms.MONEY), ("moment", forms.MOMENT)):
        yield from _misplaced(document, ("forms", field), getattr(language.forms, field), allowed)
    for name in sorted(places.zones - language.zones.keys()):
        yield document.problem(("zones",), f"the zone `{name}` of tariffs/zones.yaml has no name in this language")
    for name in language.zones:
        if name not in places.zones:
            yield document.problem(("zones", name), f"tariffs/zones.yaml has no zone `{name}`")
    for code in language.countries:
        if code not in places.countries:
            yield document.problem(("countries", code), f"tariffs/countries.yaml has no country `{code}`")


def _misplaced(document: Document, at: tuple[str, ...], text: str, allowed: Collection[str]) -> Iterator[Problem]:
    for name in _PLACE.findall(text):
        if name not in allowed:
            yield document.problem(at, f"`{at[-1]}` cannot name `{{{name}}}`: {_of(allowed)}")
    if set("{}") & set(_PLACE.sub("", text)):
        yield document.problem(at, f"`{at[-1]}`: braces stand around a name alone, as in `{{{min(allowed)}}}`")


def _of(names: Collection[str]) -> str:
    return f"there are {', '.join(sorted(names))}"
