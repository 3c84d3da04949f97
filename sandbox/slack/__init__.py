"""A local Slack: the Web API, the requests Slack sends, a page in the browser and a driver for tests."""

from sandbox.slack.driver import LocalPerson, NotOnScreen
from sandbox.slack.limits import PostLimit
from sandbox.slack.server import LocalSlack
from sandbox.slack.simulation import Credentials

__all__ = ["Credentials", "LocalPerson", "LocalSlack", "NotOnScreen", "PostLimit"]
