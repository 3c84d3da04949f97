"""A local Slack: the Web API, the requests Slack sends, a page in the browser and a driver for tests."""

from sandbox.slack.driver import NotOnScreen, Person
from sandbox.slack.limits import PostLimit
from sandbox.slack.server import LocalSlack
from sandbox.slack.simulation import Credentials

__all__ = ["Credentials", "LocalSlack", "NotOnScreen", "Person", "PostLimit"]
