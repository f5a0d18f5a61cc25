"""The command that shows one finding again."""

from ..ledger import Breach, Finding
from ..suite import GENERATED, Plan, Report
from ..trial import REGISTRY


def replay_command(report: Report, finding: Finding) -> str:
    """The command line that runs only what found this breach, with the same requests."""
    plan, breach = report.plan, finding.shown
    generated = breach.test == GENERATED
    if not plan.layers:
        return f"{plan.command} --select {finding.requirement.id}"
    words = [plan.command, f"--seed {plan.seed}", f"--select {_selection(breach)}"]
    words.append(f"--layer {GENERATED if generated else 'directed'}")
    if generated and plan.max_examples != Plan.max_examples:
        words.append(f"--max-examples {plan.max_examples}")
    return " ".join(words)


def _selection(breach: Breach) -> str:
    """What to select for the breach's test to run: one that takes long does so for its own sake alone."""
    test = REGISTRY.get(breach.test)
    if test is None or breach.requirement in test.about:
        return breach.requirement
    return f"{breach.requirement},{test.cites[0]}"
