"""What a proof found: its figures, and whatever was not as claimed."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Figures:
    title: str
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def count(self, what: str, by: int = 1) -> None:
        self.counts[what] += by

    def hold(self, claim: bool, otherwise: str) -> None:
        """Notes what is wrong when the claim does not hold."""
        if not claim:
            self.wrong.append(otherwise)

    def lines(self) -> list[str]:
        """In Markdown."""
        rows = [f"| {what} | {number:,} |" for what, number in self.counts.items()]
        faults = [f"- **Not as claimed:** {one}" for one in self.wrong[:20]]
        rows.append(f"| Not as claimed | {len(self.wrong)} |")
        return [f"### {self.title}", "", "| What | Count |", "|---|---:|", *rows, "", *faults]
