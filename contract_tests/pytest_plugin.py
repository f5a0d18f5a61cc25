"""The contract tests as tests of pytest, one for each requirement; inert without ``--stablemint-config``.

``pytest --pyargs contract_tests --stablemint-config target.toml`` collects them in this file. Nothing else of
this room is imported before the option is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .configuration import Configuration
    from .ledger import Finding
    from .suite import Report

CONFIGURATION = pytest.StashKey["Configuration"]()
REPORT = pytest.StashKey["Report"]()
NO_TARGET = 3


class ContractWarning(UserWarning):
    """A SHOULD or MAY of the contract that is not met."""


class Broken(Exception):
    """A requirement that failed; its text is that of every other report."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, below a heading of their own in the help."""
    group = parser.getgroup("stablemint", "contract tests of the payment-session API")
    group.addoption(
        "--stablemint-config",
        type=Path,
        metavar="FILE",
        help="test the implementation that this target.toml describes (with --pyargs contract_tests)",
    )
    group.addoption("--stablemint-seed", type=int, default=1, metavar="N", help="what the requests depend on")


def pytest_configure(config: pytest.Config) -> None:
    """Read the configuration, so that a mistake in it is said before anything is collected."""
    path = config.getoption("stablemint_config")
    if path is None:
        return
    from . import configuration
    from .credentials import CredentialsError
    from .table import ConfigurationError
    from .target import TargetError

    try:
        config.stash[CONFIGURATION] = configuration.read(path)
    except (ConfigurationError, CredentialsError, TargetError) as error:
        raise pytest.UsageError(str(error)) from None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """This file stands for the requirements, where there is something to test."""
    if CONFIGURATION not in parent.config.stash or file_path != Path(__file__):
        return None
    collector: pytest.Collector = RequirementsFile.from_parent(parent, path=file_path)
    return collector


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """What is claimed and was not verified must not look like success to whoever reads the exit code."""
    report = session.config.stash.get(REPORT, None)
    if report is not None and exitstatus == pytest.ExitCode.OK and report.exit_code != 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was tested, and what was left open."""
    report = config.stash.get(REPORT, None)
    if report is None:
        return
    terminalreporter.section("contract")
    for note in report.notes:
        terminalreporter.write_line(note)
    due = [found.requirement.id for found in report.findings if found.is_open]
    if due:
        terminalreporter.write_line(f"claimed, but not verified: {', '.join(due)}", yellow=True)
    figures = f"{report.requests:,} requests in {report.seconds:.1f} s, seed {report.plan.seed}"
    terminalreporter.write_line(f"{report.target.url}: {figures}")


class RequirementsFile(pytest.File):
    """Collects one test for each requirement of the document."""

    def collect(self) -> Iterator[pytest.Item]:
        """In the order of the document."""
        import openapi

        for identifier in openapi.requirements():
            yield RequirementItem.from_parent(self, name=identifier)


class RequirementItem(pytest.Item):
    """The verdict on one requirement; the first one to be asked for has all of those selected tested."""

    def runtest(self) -> None:
        """Raise or skip as the verdict is; nothing but `passed` and a warning passes."""
        from .ledger import Verdict

        finding = next(found for found in self._report().findings if found.requirement.id == self.name)
        if finding.verdict in (Verdict.FAILED, Verdict.UNEXPECTED_PASS):
            raise Broken(self._text(finding))
        if finding.verdict is Verdict.EXPECTED_FAILURE:
            pytest.xfail(finding.reason)
        if finding.verdict is Verdict.WARNING:
            self.warn(ContractWarning(self._text(finding)))
        if finding.verdict in (Verdict.NOT_CLAIMED, Verdict.NOT_VERIFIED):
            pytest.skip(f"{finding.verdict.value}: {finding.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *rest: Any) -> Any:
        """The text of the report, without a traceback of the suite's own."""
        if isinstance(excinfo.value, Broken):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *rest)

    def reportinfo(self) -> tuple[Path, None, str]:
        """The identifier is all there is to say of where it is."""
        return self.path, None, self.name

    def _report(self) -> Report:
        stash = self.config.stash
        if REPORT not in stash:
            stash[REPORT] = self._run(stash[CONFIGURATION])
        return stash[REPORT]

    def _run(self, configuration: Configuration) -> Report:
        import openapi

        from . import suite
        from .preflight import PreflightError

        chosen = tuple(item.name for item in self.session.items if isinstance(item, RequirementItem))
        seed = self.config.getoption("stablemint_seed")
        command = f"stablemint verify --config {self.config.getoption('stablemint_config')}"
        whole = set(chosen) == set(openapi.requirements())
        layers = suite.LAYERS if whole else suite.choose_layers(chosen)
        plan = suite.Plan(seed=seed, select=chosen, layers=layers, command=command)
        try:
            with configuration.equip() as equipment:
                report = suite.run(
                    configuration.target, plan, equipment=equipment, expected=configuration.expected
                )
        except PreflightError as error:
            pytest.exit(str(error), returncode=NO_TARGET)
        if report.interrupted:
            raise KeyboardInterrupt
        return report

    def _text(self, finding: Finding) -> str:
        from .masking import Mask
        from .report.failure import describe

        report = self._report()
        return describe(finding, report, Mask(report.target.partners)).text()
