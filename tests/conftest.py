"""The table of real components at the end of every test run."""

import pytest

from tests import components


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not components.exercised and not components.skipped:
        return
    terminalreporter.section("real components")
    for name, where in sorted(components.exercised.items()):
        terminalreporter.write_line(f"{name:16} exercised  {where}")
    for name, install in sorted(components.skipped.items()):
        terminalreporter.write_line(f"{name:16} SKIPPED    {install}")
