"""The demo's customers, without most of its crowd."""

import re

from sandbox.autumn import LocalAutumn
from sandbox.autumn.seed.many import CROWD


def leave_few_of_the_crowd(local: LocalAutumn) -> None:
    """The crowd's customers differ only in their numbers."""
    crowd = [customer for customer in local.state.customers if re.search(r"_\d+$", customer.id or "")]
    assert len(crowd) >= CROWD
    for customer in crowd[3:]:
        local.state.customers.remove(customer)
