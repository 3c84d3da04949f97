"""Errors with the names Slack gives them."""

from collections.abc import Sequence

from sandbox.slack.model import Json


class SlackError(Exception):
    """Makes a Web API method answer {"ok": false, "error": name}."""

    def __init__(
        self,
        name: str,
        *,
        messages: Sequence[str] = (),
        extra: Json | None = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(name)
        self.name = name
        self.messages = list(messages)
        self.extra = extra or {}
        self.status = status
        self.headers = headers or {}

    def body(self) -> Json:
        answer: Json = {"ok": False, "error": self.name, **self.extra}
        if self.messages:
            answer["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return answer


class ActionRefused(Exception):
    """An action of a person was refused; `shown` is the text Slack shows them."""

    def __init__(self, name: str, shown: str) -> None:
        super().__init__(shown)
        self.name = name
        self.shown = shown
