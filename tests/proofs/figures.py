"""The figures of a proof, and whatever was not as claimed."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Figures:
    title: str
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def count(self, name: str, by: int = 1) -> None:
        self.counts[name] += by

    def check(self, claim: bool, failure: str) -> None:
        """Records the failure when the claim is false."""
        if not claim:
            self.failures.append(failure)

    def lines(self) -> list[str]:
        """In Markdown."""
        rows = [f"| {name} | {number:,} |" for name, number in self.counts.items()]
        failures = [f"- **Not as claimed:** {failure}" for failure in self.failures[:20]]
        rows.append(f"| Not as claimed | {len(self.failures)} |")
        return [f"### {self.title}", "", "| What | Count |", "|---|---:|", *rows, "", *failures]
