"""A problem with blocks, as blocks.validate reports it."""

from dataclasses import dataclass

from sandbox.slack.model import Json


@dataclass(frozen=True, slots=True)
class Problem:
    pointer: str
    """A JSON pointer, relative to the list of blocks or the view."""
    code: str
    message: str

    def under(self, root: str) -> "Problem":
        return Problem(root + self.pointer, self.code, self.message)

    def api(self) -> Json:
        return {"pointer": self.pointer, "code": self.code, "message": self.message}

    def line(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"
