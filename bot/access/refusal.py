"""What the policy does not let a person do: why, who may, and *Ask them*. Pure."""

from dataclasses import dataclass

from pydantic import Field

from bot.access import words
from bot.access.policy import Decision, DecisionReason
from bot.access.rules import Verb
from bot.kit import blocks, ids, text
from bot.kit.card import Block
from bot.kit.carried import Carried

_MOST_LIMITS = 3
_OTHERS_MAY = (DecisionReason.NO_RULE, DecisionReason.DENIED, DecisionReason.OWN)


class Ask(Carried):
    """What *Ask them* carries: what someone wants to do and may not."""

    verb: Verb = Field(alias="v")
    customer: str = Field(default="", alias="c")
    link: str = Field(default="", alias="l")
    """The id of a kind of link."""
    change: str = Field(default="", alias="r")
    """The id of a change."""
    batch: str = Field(default="", alias="b")
    """The id of a bulk change."""
    draft: str = Field(default="", alias="d")
    """The id under which the lines of a bulk change are kept until it is requested."""
    key: str = Field(default="", alias="k", pattern=r"^([0-9a-f]{32})?$")
    """What that bulk change is requested under, whoever requests it."""
    gathered: str = Field(default="", alias="g")
    """Of a list that was gathered: which version of it this is."""
    channel: str = Field(default="", alias="n", pattern=r"^([CGD][A-Z0-9]{2,30})?$")
    """For digests and alerts."""


@dataclass(frozen=True, slots=True)
class PolicyRefusal:
    decision: Decision
    others: str = ""
    """Who may, in mrkdwn; empty for nobody."""
    ask: Ask | None = None
    """None if nobody can be asked."""


def others_may(decision: Decision) -> bool:
    """Whether it is the policy that refuses this person: then others may be allowed it."""
    return not decision.permit and decision.reason in _OTHERS_MAY


def barred(decision: Decision) -> str:
    """Why the policy does not allow it, in mrkdwn; empty if it does."""
    if decision.permit:
        return ""
    why = words.barred(words.BARRED[decision.reason], text.code(decision.rule, 60))
    return "\n".join([why, *limits(decision)])


def limits(decision: Decision) -> list[str]:
    """The policy's limits that the change goes beyond, in mrkdwn."""
    return [words.exceeded(limit) for limit in decision.exceeded[:_MOST_LIMITS]]


def explained(refusal: PolicyRefusal) -> str:
    """Why not, and who may, in mrkdwn."""
    lines = [barred(refusal.decision)]
    if others_may(refusal.decision):
        lines.append(who(refusal))
    return "\n".join(lines)


def who(refusal: PolicyRefusal) -> str:
    """Who may, in mrkdwn."""
    return words.who_may(refusal.others or words.NOBODY)


def ask_button(refusal: PolicyRefusal) -> list[blocks.Button]:
    if refusal.ask is None or text.length(value := refusal.ask.encode()) > blocks.BUTTON_VALUE:
        return []
    return [blocks.button(words.ASK_THEM, ids.ASK_THEM, value)]


def drawn(refusal: PolicyRefusal, *, why: bool = True) -> list[Block]:
    """`why`: whether to say why not; False where that has been said."""
    buttons = ask_button(refusal)
    explanation: list[Block] = [blocks.section("who_may", explained(refusal) if why else who(refusal))]
    return [*explanation, *([blocks.actions("ask_them", buttons)] if buttons else [])]
