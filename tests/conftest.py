"""What a run of the tests tells at its end beside pytest's own words: the figures of the faults."""

from __future__ import annotations

from _pytest.terminal import TerminalReporter

from tests.chaos.figures import Figures, tell


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """One line for each fault that was tried, wherever it ran."""
    figures = [
        each
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
        for each in Figures.of(report.user_properties, held=report.passed)
    ]
    if figures:
        terminalreporter.section("faults")
        for line in tell(figures):
            terminalreporter.write_line(line)
