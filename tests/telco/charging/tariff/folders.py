"""A small operator's tariffs, in files that tests write, and change in one place."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "countries.yaml": """\
BE: {name: Belgium, prefixes: ["32"], networks: ["206"], time_zone: Europe/Brussels}
FR: {name: France, prefixes: ["33"], networks: ["208"], time_zone: Europe/Paris}
US: {name: United States, prefixes: ["1"], networks: ["310"]}
""",
    "zones.yaml": """\
places:
  home: {countries: [BE]}
  abroad: {rest: true}
destinations:
  national: {countries: [BE]}
  world: {rest: [numbers]}
  codes: {codes: ["112"], rest: [codes]}
""",
    "calendar.yaml": """\
time_zone: Europe/Brussels
bands:
  day: [{days: [every-day], from: "08:00", until: "20:00"}]
  night: [{days: [every-day], until: "08:00"}, {days: [every-day], from: "20:00"}]
holidays: [12-25]
""",
    "prices/list.yaml": """\
currency: EUR
rates:
  - {id: call, services: [voice], in: [home], price: 0.10 EUR per min}
  - {id: call-abroad, services: [voice], in: [abroad], price: 1 EUR per min}
  - {id: received, services: [voice, message], direction: terminating, price: free}
  - {id: text, services: [message], price: 0.12 EUR per message}
  - {id: data, services: [data], price: 0.01 EUR per MB}
  - {id: content, services: [content], price: the seller's}
""",
    "plans/plain.yaml": """\
name: Plain
currency: EUR
versions:
  - from: 2026-01-01
    prices: list
    allowances:
      - {id: texts, name: Texts, services: [message], amount: 10 messages, shared: true}
    rates:
      - {id: nightly, services: [voice], in: [home], bands: [night], price: 0.05 EUR per min}
""",
    "packs/trip.yaml": """\
name: Trip
currency: EUR
versions:
  - from: 2026-01-01
    allowances:
      - {id: data, name: Data, services: [data], in: [abroad], amount: 1 GB, days: 7, first_use: true}
""",
}


def written(folder: Path, changes: dict[str, tuple[str, str]] | None = None) -> Path:
    """The files; `changes` says for a file which text is replaced by which."""
    for name, text in FILES.items():
        before, after = (changes or {}).get(name, ("", ""))
        assert before in text, f"{name} has not {before}"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.replace(before, after, 1) if before else text)
    return folder
