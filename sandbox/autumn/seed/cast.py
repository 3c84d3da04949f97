"""The notable customers: each shows something. docs/local-autumn.md has the table of them."""

from sandbox.autumn.model import LocalCustomer, Row
from sandbox.autumn.months import DAY, HOUR, add
from sandbox.autumn.seed.builder import Builder

MODELS = ["lumen-small", "lumen-large", "lumen-vision"]
PLACES = ["eu-west", "us-east", "ap-south"]


def fill(b: Builder) -> None:
    for make in (
        _acme, _northwind, _globex, _initech, _umbrella, _hooli, _stark, _wayne, _wonka, _tyrell, _soylent,
        _cyberdyne, _oscorp, _vandelay, _massive, _gekko, _piedpiper, _many, _busy, _books, _coupons, _yearly,
        _legacy, _due, _nobody, _new, _twins, _nameless, _hostile,
    ):  # fmt: skip
        make(b)


def _acme(b: Builder) -> None:
    customer = b.customer(
        "cus_acme", "Acme Ltd", "billing@acme.example", 412, metadata={"crm": "A-1001", "tier": "gold"}
    )
    customer.fingerprint = "acme.example"
    b.had(customer, "starter", 412, 281)
    team = b.has(customer, "team", 281)
    b.has(customer, "support_plus", 96)
    b.has(customer, "extra_seats", 96, prepaid={"seats": 10})
    b.uses(customer, "messages", 31_240)
    b.uses(customer, "seats", 24)
    b.uses(customer, "storage", 412)
    b.uses(customer, "credits", 2_730)
    b.uses(customer, "minutes", 3_905)
    b.uses(customer, "api_calls", 184_220)
    b.rolled_over(customer, "credits", 1_200, 860, 19)
    b.discount(customer, "loyal10", 120)
    b.billed(customer, team, extra=60)
    b.invoice(customer, 0.4, 24.5, status="open", plan_ids=["team"])
    b.history(customer, "messages", 34, 90, model=MODELS, place=PLACES)
    b.history(customer, "tokens", 8, 60, model=MODELS)
    b.history(customer, "api_calls", 14, 60, "steady", place=PLACES)
    b.history(customer, "minutes", 5, 45)


def _northwind(b: Builder) -> None:
    customer = b.customer("cus_northwind", "Northwind Traders", "accounts@northwind.example", 230)
    pro = b.has(customer, "pro", 230)
    b.uses(customer, "messages", 13_460)
    b.uses(customer, "seats", 4)
    b.uses(customer, "credits", 310)
    b.billed(customer, pro, extra=30)
    b.history(customer, "messages", 22, 90, "launch", channel=["web", "mobile"])


def _globex(b: Builder) -> None:
    customer = b.customer("cus_globex", "Globex Corporation", "ap@globex.example", 300)
    team = b.has(customer, "team", 300)
    b.uses(customer, "messages", 12_000)
    b.billed(customer, team)
    newest = max(customer.invoices, key=lambda invoice: invoice.created_at)
    newest.status, newest.amount_paid = "open", 0
    team.status = "past_due"
    b.history(customer, "messages", 12, 60, "fading")


def _initech(b: Builder) -> None:
    customer = b.customer("cus_initech", "Initech", "peter@initech.example", 158)
    pro = b.has(customer, "pro", 158)
    b.uses(customer, "messages", 640)
    b.billed(customer, pro)
    b.cancels(customer, pro, 3)
    b.history(customer, "messages", 9, 90, "fading")


def _umbrella(b: Builder) -> None:
    customer = b.customer("cus_umbrella", "Umbrella Research", "trial@umbrella.example", 9)
    b.has(customer, "pro", 9, trial=True)
    b.uses(customer, "messages", 1_204)
    b.uses(customer, "seats", 2)
    b.history(customer, "messages", 18, 9, "launch")


def _hooli(b: Builder) -> None:
    customer = b.customer("cus_hooli", "Hooli", "gavin@hooli.example", 75)
    starter = b.has(customer, "starter", 75)
    assert starter.period_end is not None  # noqa: S101
    b.has(customer, "team", (b.now - starter.period_end) / DAY)
    starter.canceled_at, starter.expires_at = b.ago(1), starter.period_end
    b.uses(customer, "messages", 1_870)
    b.billed(customer, starter)
    b.history(customer, "messages", 11)


def _stark(b: Builder) -> None:
    customer = b.customer("cus_stark", "Stark Industries", "pepper@stark.example", 640)
    product = b.has(customer, "enterprise", 640, quantity=2)
    b.uses(customer, "messages", 1_840_000)
    b.uses(customer, "api_calls", 2_350_000)
    b.uses(customer, "seats", 437)
    b.uses(customer, "minutes", 91_300)
    b.discount(customer, "team100", 40)
    b.billed(customer, product, extra=900, limit=24)
    b.history(customer, "api_calls", 40, 60, "nightly", place=PLACES)
    b.history(customer, "messages", 30, 60)


def _wayne(b: Builder) -> None:
    customer = b.customer("cus_wayne", "Wayne Enterprises", "alfred@wayne.example", 520)
    for plan_id, began, ended in (("starter", 520, 400), ("pro", 400, 120), ("team", 120, 30)):
        b.had(customer, plan_id, began, ended)
    b.has(customer, "free", 30)
    b.uses(customer, "messages", 100)
    b.invoice(customer, 60, 199, plan_ids=["team"])
    b.invoice(customer, 90, 199, plan_ids=["team"])
    b.history(customer, "messages", 6, 90, "fading")


def _wonka(b: Builder) -> None:
    customer = b.customer("cus_wonka", "Wonka Confectionery", "willy@wonka.example", 66)
    b.has(customer, "free", 66)
    b.has(customer, "message_pack", 40, quantity=2)
    b.has(customer, "message_pack", 4)
    b.has(customer, "onboarding", 66)
    b.uses(customer, "messages", 7_315)
    for days, total, plan_id in ((66, 500, "onboarding"), (40, 30, "message_pack"), (4, 15, "message_pack")):
        b.invoice(customer, days, total, plan_ids=[plan_id])
    b.history(customer, "messages", 15)


def _tyrell(b: Builder) -> None:
    customer = b.customer("cus_tyrell", "株式会社タイレル", "keiri@tyrell.example", 190, currency="jpy")
    team = b.has(customer, "team", 190)
    b.uses(customer, "messages", 52_300)
    b.uses(customer, "seats", 18)
    b.billed(customer, team, extra=4_000)
    b.invoice(customer, 2, 2_200, plan_ids=["message_pack"], status="open")
    b.history(customer, "messages", 24, 60, "nightly")


def _soylent(b: Builder) -> None:
    customer = b.customer(
        "cus_soylent", "Soylent GmbH & Co. KG", "buchhaltung@soylent.example", 330, currency="eur"
    )
    pro = b.has(customer, "pro", 330)
    b.uses(customer, "messages", 4_410)
    b.billed(customer, pro, extra=12)
    b.invoice(customer, 12, -22.5, plan_ids=["pro"])
    b.history(customer, "messages", 13)


def _cyberdyne(b: Builder) -> None:
    customer = b.customer("cus_cyberdyne", "Cyberdyne Systems", "miles@cyberdyne.example", 140)
    team = b.has(customer, "team", 140)
    b.rolled_over(customer, "credits", 2_500, 2_500, 12)
    b.rolled_over(customer, "credits", 900, 120, 42)
    b.uses(customer, "credits", 4_212.5)
    b.billed(customer, team)
    b.history(customer, "tokens", 20, 45, "steady", share=0.7, model=MODELS)
    b.history(customer, "images", 4, 45, share=0.3, model=["lumen-vision"])


def _oscorp(b: Builder) -> None:
    customer = b.customer("cus_oscorp", "Oscorp", "norman@oscorp.example", 88)
    pro = b.has(customer, "pro", 88)
    b.uses(customer, "seats", 8)
    b.uses(customer, "storage", 131)
    b.billed(customer, pro)


def _vandelay(b: Builder) -> None:
    customer = b.customer("cus_vandelay", "Vandelay Industries", "art@vandelay.example", 210)
    starter = b.has(customer, "starter", 210)
    b.has(customer, "message_pack", 100)
    b.grants(customer, "messages", 250, 20, external_id="goodwill_march")
    b.grants(customer, "messages", 300, 6, external_id="launch_week", expires_at=b.now + 5 * DAY)
    due = add(b.ago(11), "month")
    b.grants(customer, "messages", 100, 11, external_id="partner_monthly", interval="month", resets_at=due)
    b.uses(customer, "messages", 2_250)
    b.reward(customer, "BONUS500")
    b.billed(customer, starter)
    b.history(customer, "messages", 12)


def _massive(b: Builder) -> None:
    customer = b.customer("cus_massive", "Massive Dynamic", "nina@massive.example", 45)
    starter = b.has(customer, "starter", 45)
    b.uses(customer, "messages", 2_450)
    b.uses(customer, "exports", 25)
    b.billed(customer, starter)
    b.history(customer, "messages", 16, 45, "launch")
    b.history(customer, "exports", 4, 20)


def _gekko(b: Builder) -> None:
    customer = b.customer("cus_gekko", "Gekko & Co", "gordon@gekko.example", 61)
    starter = b.has(customer, "starter", 61)
    row = b.row(customer, "messages")
    row.balance += 500
    b.billed(customer, starter)


def _piedpiper(b: Builder) -> None:
    customer = b.customer("cus_piedpiper", "Pied Piper", "richard@piedpiper.example", 120)
    pro = b.has(customer, "pro", 120)
    b.uses(customer, "messages", 2_100)
    for index, name in enumerate(("Compression", "Middle-Out", None, "Support <team>"), start=1):
        entity = b.entity(customer, f"workspace_{index}", name, "seats", 100 - index * 9)
        b.has(customer, "starter", 80 - index * 9, entity_id=entity.id)
        b.uses(customer, "messages", 400 * index, entity_id=entity.id)
    b.billed(customer, pro)
    b.history(customer, "messages", 14)


def _many(b: Builder) -> None:
    customer = b.customer("cus_many", "Everything Everywhere Inc", "ops@everything.example", 150)
    product = b.has(customer, "global", 150)
    chance = b.state.random("many")
    for row in list(customer.rows):
        if not row.flag:
            b.uses(customer, row.feature_id, chance.randrange(0, int(row.included) + 200))
    b.billed(customer, product)
    b.history(customer, "eu_reports", 6, 30)


def _busy(b: Builder) -> None:
    customer = b.customer("cus_busy", "Busy Bees Logistics", "queen@busybees.example", 900)
    pro = b.has(customer, "pro", 900)
    b.uses(customer, "messages", 9_120)
    b.billed(customer, pro, extra=40)
    for number in range(90):
        b.invoice(customer, 3 + number * 9.5, 15, plan_ids=["message_pack"])
    b.history(customer, "messages", 40, 60, channel=["web", "mobile", "api"])


def _books(b: Builder) -> None:
    customer = b.customer("cus_books", "Ledger & Sons", "office@ledger.example", 200)
    b.has(customer, "pro", 200)
    b.invoice(customer, 1, 49, status="draft", plan_ids=["pro"])
    b.invoice(customer, 5, 61.35, status="open", plan_ids=["pro"])
    b.invoice(customer, 35, 49, refunded=49, plan_ids=["pro"])
    b.invoice(customer, 66, 57.2, refunded=8.2, plan_ids=["pro"])
    b.invoice(customer, 96, 49, status="void", plan_ids=["pro"])
    b.invoice(customer, 127, 49, status="uncollectible", plan_ids=["pro"])
    b.invoice(customer, 140, -31.9, plan_ids=["team", "pro"])
    b.invoice(customer, 157, 0, plan_ids=["pro"])
    b.invoice(customer, 188, 10_250.75, plan_ids=["onboarding"], processor="revenuecat", stripe_id="rc_8891")
    b.invoice(customer, 199, 49, status="", plan_ids=[])


def _coupons(b: Builder) -> None:
    customer = b.customer("cus_coupons", "Bargain Hunters", "deals@bargain.example", 80)
    pro = b.has(customer, "pro", 80)
    b.has(customer, "support_plus", 50)
    b.discount(customer, "welcome20", 12)
    b.discount(customer, "five_off", 2, pro.stripe_subscription)
    b.discount(customer, "loyal10", 2, pro.stripe_subscription)
    b.uses(customer, "messages", 10_900)
    b.billed(customer, pro)


def _yearly(b: Builder) -> None:
    customer = b.customer("cus_yearly", "Annual Reports AG", "jahr@annual.example", 402, currency="eur")
    product = b.has(customer, "pro_yearly", 402)
    b.uses(customer, "messages", 3_000)
    b.billed(customer, product)
    b.history(customer, "messages", 7, 90, "steady")


def _legacy(b: Builder) -> None:
    customer = b.customer("org:legacy-7", "Old Faithful", "ranger@faithful.example", 780)
    product = b.has(customer, "legacy_basic", 780)
    b.uses(customer, "messages", 480)
    b.billed(customer, product, limit=20)


def _due(b: Builder) -> None:
    customer = b.customer("cus_due", "Any Minute Now", "clock@minute.example", 31)
    b.has(customer, "free", 31)
    row = b.row(customer, "messages")
    row.balance, row.resets_at, row.adjustment = 3, b.now + HOUR, 50
    b.history(customer, "messages", 5, 31)


def _nobody(b: Builder) -> None:
    b.customer("cus_empty", "Nothing Yet", "hello@nothing.example", 5)


def _new(b: Builder) -> None:
    customer = b.customer(None, "Dana Without Id", "dana@waiting.example", 6)
    b.has(customer, "free", 6)
    b.customer(None, None, None, 7)


def _twins(b: Builder) -> None:
    for customer_id, name, days in (
        ("cus_twin_a", "Twin Peaks Lodge", 300),
        ("cus_twin_b", "Twin Peaks Sheriff", 44),
        ("cus_twin_c", "Twin Peaks Diner", 10),
    ):
        customer = b.customer(customer_id, name, "billing@twinpeaks.example", days)
        b.has(customer, "free", days)


def _nameless(b: Builder) -> None:
    b.has(b.customer("cus_noname", None, "someone@noname.example", 33), "free", 33)
    b.has(b.customer("cus_noemail", "No Email Ltd", None, 34), "starter", 34)
    b.has(b.customer("cus_noboth", None, None, 35), "free", 35)
    b.has(b.customer("cus_blank", "   ", "", 36), "free", 36)


HOSTILE = (
    ("cus_ping", "<!channel> urgent: <@U000000> read <#C000000>"),
    ("cus_bold", "*Bold* _Claims_ ~Ltd~ `rm -rf` >quote"),
    ("cus_link", "<https://evil.example|Click here> & Sons"),
    ("cus_html", "Bob <b>&amp; \"Co\" 'n' &lt;script&gt;"),
    ("cus_long", "The Exceedingly Long And Winded Company Name Of Northern Lower Saxony " * 8),
    ("cus_rtl", "\u202eشركة الاختبار المحدودة عكس"),
    ("cus_emoji", "🚀🔥 Rocket :tada: Ventures 👩‍👩‍👧‍👦 🏳️‍🌈"),
    ("cus_lines", "First line\nSecond line\tand a tab\u0007"),
    ("cus_zalgo", "Z̴̡̢̛̛̛̖̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̲̳̹̺̻̼͇͈͉͍͎̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̽̾̿̀́͂̓̈́͆͊͋͌̕̚͜͟͢͝͞͠͡ͅalgo"),
    ("cus_date", "<!date^1700000000^{date}|today> <!subteam^S000000>"),
)


def _hostile(b: Builder) -> None:
    for index, (customer_id, name) in enumerate(HOSTILE):
        customer: LocalCustomer = b.customer(customer_id, name, f"hostile{index}@odd.example", 20 + index)
        customer.metadata = {"note": name, "<!here>": "*x*"}
        product = b.has(customer, "starter" if index % 2 else "free", 20 + index)
        b.billed(customer, product)
    ping = b.state.customers["cus_ping"]
    row: Row = b.grants(ping, "messages", 10, 1, external_id="<!everyone>")
    row.balance = 7
    b.history(ping, "messages", 4, 15, note=["<!channel>", "*bold*", "@everyone", "```"])
