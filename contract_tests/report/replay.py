"""The command that shows one finding again."""

from ..ledger import Finding
from ..suite import GENERATED, Plan, Report


def replay_command(report: Report, finding: Finding) -> str:
    """The command line that runs only what found this breach, with the same requests."""
    plan, breach = report.plan, finding.shown
    generated = breach.test == GENERATED
    if not plan.layers:
        return f"{plan.command} --select {finding.requirement.id}"
    words = [plan.command, f"--seed {plan.seed}", f"--select {finding.requirement.id}"]
    words.append(f"--layer {GENERATED if generated else 'directed'}")
    if generated and plan.max_examples != Plan.max_examples:
        words.append(f"--max-examples {plan.max_examples}")
    return " ".join(words)
