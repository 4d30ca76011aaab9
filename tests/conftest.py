"""The table of real components at the end of every test run, over all processes that the tests ran in; and that no
property is one of time, which a busy machine would not keep."""

from typing import Any

import pytest
from hypothesis import settings

from tests import components

settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not components.exercised and not components.skipped:
        return
    terminalreporter.section("real components")
    for name, where in sorted(components.exercised.items()):
        terminalreporter.write_line(f"{name:16} exercised  {where}")
    for name, install in sorted(components.skipped.items()):
        terminalreporter.write_line(f"{name:16} SKIPPED    {install}")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of pytest-xdist has ended: take over what it used."""
    used, missed = getattr(node, "workeroutput", {}).get("components", ({}, {}))
    components.exercised.update(used)
    components.skipped.update(missed)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that sums up what this one used."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["components"] = (components.exercised, components.skipped)
