"""The people, channels and groups of the workspace."""

from sandbox.slack.model import LocalChannel, User, UserGroup

TEAM = "T01NORTHW"
TEAM_NAME = "Northwind"
TEAM_DOMAIN = "northwind"
OTHER_TEAM = "T02ACMECO"
APP = "A01LOCALAPP"
BOT = "B01LOCALBOT"
BOT_USER = "U00LOCALBOT"


def users() -> list[User]:
    return [
        User("U01ANA", "ana", "Ana Silva", "Support agent", "member", "Europe/Lisbon", "#1d7a8c", TEAM,
             "ana@northwind.example"),
        User("U02RAJ", "raj", "Raj Patel", "Support agent", "member", "Asia/Kolkata", "#b4552d", TEAM,
             "raj@northwind.example"),
        User("U03LEA", "lea", "Lea Martin", "Billing lead", "member", "America/New_York", "#6b4fa0", TEAM,
             "lea@northwind.example"),
        User("U04MAX", "max", "Max Weber", "Workspace admin", "admin", "Europe/Berlin", "#2f6f3e", TEAM,
             "max@northwind.example", "de-DE"),
        User("U05GUS", "gus", "Gus Nilsson", "Contractor", "guest", "Europe/Stockholm", "#8a6d1b", TEAM,
             "gus@contractor.example"),
        User("U06EVE", "eve", "Eve Stone", "Buyer at Acme", "external", "America/Los_Angeles", "#a03a5b",
             OTHER_TEAM, "eve@acme.example"),
    ]  # fmt: skip


def channels() -> list[LocalChannel]:
    return [
        LocalChannel("C01SUPPORT", "support", "public", "Customers' questions",
                     ["U01ANA", "U02RAJ", "U03LEA", "U04MAX", "U05GUS", BOT_USER]),
        LocalChannel("C02BILLING", "billing", "public", "Plans, invoices, corrections",
                     ["U01ANA", "U02RAJ", "U03LEA", "U04MAX", BOT_USER]),
        LocalChannel("C03RANDOM", "random", "public", "Anything else",
                     ["U01ANA", "U02RAJ", "U03LEA", "U04MAX"]),
        LocalChannel("C04FINANCE", "finance-private", "private", "Month end", ["U03LEA", "U04MAX", BOT_USER]),
        LocalChannel("C05SHARED", "shared-acme", "shared", "With the people of Acme",
                     ["U01ANA", "U03LEA", "U06EVE", BOT_USER]),
        LocalChannel("C06LEADS", "leads", "private", "Leads only; no apps here", ["U03LEA", "U04MAX"]),
    ]  # fmt: skip


def groups() -> list[UserGroup]:
    return [UserGroup("S01LEADS", "billing-leads", "Billing leads", ["U03LEA"])]
