"""What is wrong with tariffs is found before a customer finds it, and said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.telco.charging.tariff.folders import FILES, written
from trunkline.document import Invalid
from trunkline.telco.charging.tariff import check, load

PLAN, PRICES = "plans/plain.yaml", "prices/list.yaml"
NIGHTLY = "      - {id: nightly, services: [voice], in: [home], bands: [night], price: 0.05 EUR per min}"
TEXTS = "      - {id: texts, name: Texts, services: [message], amount: 10 messages, shared: true}"


def problems(folder: Path) -> list[str]:
    """As `file:line: reason`, with the file's name alone."""
    return [f"{Path(each.file).name}:{each.line}: {each.reason}" for each in check(folder)]


def test_nothing_is_wrong_with_good_files_nor_where_there_are_none(tmp_path: Path) -> None:
    assert check(tmp_path / "nothing") == []
    assert load(tmp_path / "nothing").versions == {}
    assert check(written(tmp_path)) == []


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        # gaps
        (PRICES, "  - {id: data, services: [data], price: 0.01 EUR per MB}\n", "",
         "plain.yaml:8: `rates`: no rate says what this costs: data in `home` in the "
         "band `day`, nor 3 more of its cells"),
        (PRICES, "in: [abroad], price: 1", "in: [abroad], to: [national, world], price: 1",
         "plain.yaml:8: `rates`: no rate says what this costs: voice in `abroad` to `codes` in the band `day`, "
         "nor 1 more of its cells"),
        # overlaps
        (PRICES, "services: [voice], in: [abroad]", "services: [voice]",
         "list.yaml:4: `call-abroad` and `call` both say what this costs: voice in "
         "`home` to `national` in the band `day`"),
        (PLAN, NIGHTLY, f"{NIGHTLY}\n      - {{id: late, services: [voice], to: [world], price: free}}",
         "plain.yaml:10: `late` and `nightly` both say what this costs: voice in "
         "`home` to `world` in the band `night`"),
        # what is never reached
        (PLAN, "in: [home], bands: [night], price: 0.05", "in: [home], price: 0.05",
         "list.yaml:3: no usage ever reaches this rate: the rates of the plans themselves take all that it is for"),
        (PLAN, "    prices: list", "    prices: list\n    services: [message, data, content]",
         "plain.yaml:10: no usage ever reaches the rate `nightly`: others take all that it is for, or it is not sold"),
        (PLAN, "price: 0.05 EUR per min",
         "tiers: [{up_to: 60 min, price: 0.05 EUR per min}, {up_to: 1 h, price: free}, {price: free}]",
         "plain.yaml:9: `up_to`: tier 2 is never reached: it ends where another did"),
        (PLAN, "price: 0.05 EUR per min", "tiers: [{price: 0.05 EUR per min}, {price: free}]",
         "plain.yaml:9: `tiers`: tier 2 is never reached: the one before it has no `up_to`"),
        (PLAN, "price: 0.05 EUR per min", "tiers: [{up_to: 60 min, price: free}]",
         "plain.yaml:9: `tiers`: nothing says what is beyond 60 min: leave `up_to` out of the last tier"),
        (PLAN, "    prices: list", "    prices: list\n    services: [voice, data, content]",
         "plain.yaml:8: no usage ever reaches the allowance `texts`"),
        # unknown names
        (PLAN, "in: [home], bands", "in: [hoem], bands",
         "plain.yaml:9: `in`: there is no place `hoem`: there are home, abroad"),
        (PLAN, "bands: [night]", "bands: [dusk]",
         "plain.yaml:9: `bands`: there is no band `dusk`: there are day, "
         "night"),
        (PLAN, "in: [home], bands", "to: [moon], bands",
         "plain.yaml:9: `to`: there is no destination `moon`: there are national, world, codes"),
        (PLAN, "services: [voice], in", "services: [fax], in",
         "plain.yaml:9: item 1: expected one of voice, message, data, content"),
        (PLAN, "prices: list", "prices: lsit", "plain.yaml:5: `prices`: there is no price list `lsit`: there are list"),
        (PLAN, "prices: list", "prices: list\n    zones: others",
         "plain.yaml:6: `zones`: there is no file tariffs/others.yaml"),
        (PLAN, "prices: list", "prices: list\n    draws: [other/data]",
         "plain.yaml:6: `draws`: no plan has an allowance `other/data`: write it like mobile-20/data"),
        # versions
        (PLAN, "  - from: 2026-01-01", "  - {from: 2025-01-01, until: 2025-12-01, prices: list}\n  - from: 2026-01-01",
         "plain.yaml:5: `from`: no version is valid from 2025-12-01 until 2026-01-01"),
        (PLAN, "  - from: 2026-01-01", "  - {from: 2025-01-01, until: 2026-02-01, prices: list}\n  - from: 2026-01-01",
         "plain.yaml:5: `from`: two versions are valid from 2026-01-01 until "
         "2026-02-01, or they are not in order of time"),
        (PLAN, "  - from: 2026-01-01", "  - {from: 2025-01-01, prices: list}\n  - from: 2026-01-01",
         "plain.yaml:4: needs `until: 2026-01-01`: the next version begins then"),
        (PLAN, "from: 2026-01-01", "from: 2026-02-30", "plain.yaml:4: `from`: there is no day 2026-02-30"),
        (PLAN, "from: 2026-01-01", "from: 2026-02-01\n    until: 2026-01-01",
         "plain.yaml:5: `until`: is 2026-01-01, which is not after 2026-02-01"),
        # quantities and prices
        (PLAN, "0.05 EUR per min", "0.05 EUR per MB",
         "plain.yaml:9: `price`: voice is measured in seconds, not in "
         "octets"),
        (PLAN, "0.05 EUR per min", "0.05 USD per min",
         "plain.yaml:9: `price`: is in USD, and the currency here is EUR"),
        (PLAN, "0.05 EUR per min", "0.05",
         "plain.yaml:9: `price`: expected `str | null`, got `float`"),
        (PLAN, "0.05 EUR per min", "five cents",
         "plain.yaml:9: `price`: `five cents` is no price: write `free`, or it like "
         "`0.25 EUR per 60 s`, `5 EUR per GB`"),
        (PLAN, "0.05 EUR per min", "the seller's",
         "plain.yaml:9: `price`: only content has a seller who says its "
         "price"),
        (PLAN, "price: 0.05 EUR per min", "price: free, increment: 1 MB",
         "plain.yaml:9: `increment`: voice is measured in seconds, not in octets"),
        (PLAN, "price: 0.05 EUR per min", 'price: free, increment: ""',
         "plain.yaml:9: `increment`: `` is no quantity: write a whole number and one of s, min, h, B, kB, MB, GB, "
         "TB, KiB, MiB, GiB, TiB, message, messages, item, items"),
        (PLAN, "10 messages", "10 pigeons",
         "plain.yaml:7: `amount`: `10 pigeons` is no quantity: write a whole number "
         "and one of s, min, h, B, kB, MB, GB, TB, "
         "KiB, MiB, GiB, TiB, message, messages, item, items"),
        (PLAN, "10 messages", "10 min", "plain.yaml:7: `amount`: message is measured in messages, not in seconds"),
        (PLAN, "shared: true}", "shared: true, fair_use: {moon: 5 messages}}",
         "plain.yaml:7: `moon`: it is not for a zone `moon`, but for abroad, codes, national, world"),
        (PLAN, "shared: true}", "shared: true, thresholds: [80, 50]}",
         "plain.yaml:7: `thresholds`: must rise: the subscriber is told at each once"),
        (PLAN, "services: [message], amount: 10 messages", "services: [data], to: [world], amount: 1 GB",
         "plain.yaml:7: `to`: `data` has no destination"),
        (PLAN, "id: nightly", "id: text",
         "plain.yaml:9: `id`: the price list has a rate `text` too: name this one "
         "otherwise"),
        # zones, calendar, countries
        ("zones.yaml", "  abroad: {rest: true}", "  abroad: {countries: [FR, ATLANTIS], rest: true}",
         "zones.yaml:3: there is no country `ATLANTIS`"),
        ("zones.yaml", "  abroad: {rest: true}", "  abroad: {countries: [BE], rest: true}",
         "zones.yaml:3: networks that begin with `206` are in `home` too"),
        ("zones.yaml", "  world: {rest: [numbers]}", "  world: {countries: [FR]}",
         "zones.yaml:4: no zone has the rest of the numbers: give `rest` to one"),
        ("zones.yaml", "  world: {", "  home: {",
         "zones.yaml:6: `home` is a place too: a zone's name says which of the two "
         "it is"),
        ("calendar.yaml", 'until: "20:00"', 'until: "19:30"', "calendar.yaml:2: monday 19:30 is in no band"),
        ("calendar.yaml", 'until: "20:00"', 'until: "20:30"', "calendar.yaml:4: `night` and `day` overlap"),
        ("calendar.yaml", "12-25", "12-32",
         "calendar.yaml:5: `12-32` is no day: write it like 12-25, easter+1 or "
         "2026-03-06"),
        ("calendar.yaml", "Europe/Brussels", "Europe/Brugge", "calendar.yaml:1: there is no time zone `Europe/Brugge`"),
        ("countries.yaml", '["33"]', '["32"]', "countries.yaml:2: `32` is also of BE"),
    ],
)  # fmt: skip
def test_each_mistake_is_said_with_its_place(tmp_path: Path, file: str, before: str, after: str, said: str) -> None:
    folder = written(tmp_path, {file: (before, after)})
    assert said in problems(folder)
    with pytest.raises(Invalid):
        load(folder)


def test_what_is_wrong_in_one_place_is_said_once_and_not_as_a_gap_too(tmp_path: Path) -> None:
    folder = written(tmp_path, {PRICES: ("0.01 EUR per MB", "0.01 EUR per min")})
    assert problems(folder) == ["list.yaml:7: `price`: data is measured in octets, not in seconds"]


def test_only_shared_allowances_are_drawn_from(tmp_path: Path) -> None:
    folder = written(tmp_path, {PLAN: ("shared: true", "shared: false")})
    drawing = (
        FILES[PLAN].replace("    prices: list", "    prices: list\n    draws: [plain/texts]").replace("nightly", "n")
    )
    (folder / "plans/other.yaml").write_text(drawing)
    assert problems(folder) == ["other.yaml:6: `draws`: `plain/texts` is not shared: say `shared: true` there"]
    (folder / PLAN).write_text(FILES[PLAN])
    assert problems(folder) == []


def test_a_tariff_s_id_is_its_file_s_name_and_of_one_tariff_only(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (folder / "packs/plain.yaml").write_text(FILES["packs/trip.yaml"])
    (folder / "packs/My Trip.yaml").write_text(FILES["packs/trip.yaml"])
    assert problems(folder) == [
        "My Trip.yaml:1: the file's name is the id: lower-case letters, digits and hyphens",
        "plain.yaml:1: a pack is called `plain` too: their ids are of one kind",
    ]
