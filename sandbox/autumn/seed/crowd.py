"""Ordinary customers, so that lists and searches have something to go through."""

from sandbox.autumn.seed.builder import Builder

_FIRST = (
    "Amber", "Birch", "Cedar", "Delta", "Ember", "Falcon", "Granite", "Harbor", "Iris", "Juniper", "Kestrel",
    "Lotus", "Maple Grove", "Nimbus", "Onyx", "Pine", "Quartz", "River", "Summit", "Tidal",
)  # fmt: skip
_SECOND = ("Analytics", "Clinic", "Foods", "Media", "Robotics", "Studio", "Travel", "Works")
_PLANS = ("free", "starter", "pro", "starter", "team", "free", "pro_yearly", "pro")
SIZE = 40


def fill(b: Builder) -> None:
    for index in range(SIZE):
        chance = b.state.random("crowd", index)
        first, second = _FIRST[index % len(_FIRST)], _SECOND[(index * 3) % len(_SECOND)]
        slug = f"{first}-{second}".lower().replace(" ", "")
        days = 12 + index * 17
        who = b.customer(
            f"cus_{slug.replace('-', '_')}_{index}", f"{first} {second}", f"billing@{slug}.example", days
        )
        who.currency = (None, None, None, "eur", None, "jpy")[index % 6]
        product = b.has(who, _PLANS[index % len(_PLANS)], days)
        for row in [one for one in who.rows if not one.flag and not one.unlimited]:
            b.uses(who, row.feature_id, int(row.included * chance.uniform(0, 1.02)))
        b.billed(who, product, limit=12)
        b.history(who, "messages", chance.uniform(2, 12), 45)
