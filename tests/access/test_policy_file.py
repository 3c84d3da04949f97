"""Policy files: what they mean, and how mistakes in them are reported."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.access.limits import EXACT, Measure, Tolerance, Worth
from bot.access.policy import (
    BUILT_IN,
    Decision,
    DecisionReason,
    Person,
    Request,
    Verb,
    decide,
    decide_digests,
)
from bot.access.policy_file import PolicyError
from bot.access.policy_tables import Allow, ApprovalsTable, BatchesTable, Deny, DigestsTable, Require
from bot.access.presets import PresetTable
from bot.access.rules import (
    EVERYONE,
    MOST_BATCH_LINES,
    ApprovalRules,
    DigestRules,
    Policy,
    PolicyKind,
    Power,
    Requirement,
    Rule,
    When,
    Who,
)
from bot.access.toml_lines import Lines
from bot.autumn.models import Environment
from bot.changes import registry
from tests.policy import BALANCE, DELETION, DETAILS, KINDS, REWARD, load, read

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/policy.md").read_text()


def test_every_key_is_read() -> None:
    policy = read(
        """
        [[allow]]
        name = "one"
        who = ["U01", "W02", "S03", "@a-b.c_d"]
        may = ["ask", "at_once", "approve", "approve_own", "mark", "undo"]
        changes = ["reward"]
        amount_over = 0
        amount_up_to = 12.50
        environment = "live"
        products = ["pro", "max"]
        rewards = ["vip"]

        [[deny]]
        who = ["U01", "everyone"]

        [[require]]
        approvals = 10
        reason = true
        expires = "30d"

        [[require]]
        who = "U01"
        expires = "5 m"
        """
    )
    powers = frozenset(Power)
    assert policy == Policy(
        allow=(
            Rule(
                "one",
                Who(users=frozenset({"U01", "W02"}), groups=frozenset({"S03", "@a-b.c_d"})),
                powers - {Power.HISTORY, Power.LINK},
                When(
                    frozenset({"reward"}),
                    {Measure.AMOUNT: Decimal(0)},
                    {Measure.AMOUNT: Decimal("12.5")},
                    environment=Environment.LIVE,
                    products=frozenset({"pro", "max"}),
                    rewards=frozenset({"vip"}),
                ),
            ),
        ),
        deny=(Rule("deny 1", EVERYONE, powers),),
        require=(
            Requirement("require 1", approvals=10, reason=True, expires=timedelta(days=30)),
            Requirement("require 2", Who(users=frozenset({"U01"})), expires=timedelta(minutes=5)),
        ),
    )


@pytest.mark.parametrize(
    ("table", "over", "up_to"),
    [
        ('[[allow]]\nmay = "ask"\namount_up_to = 5\nper_day = 9', None, 9),
        ('[[allow]]\nmay = "ask"\namount_up_to = 5', None, 5),
        ('[[allow]]\nmay = "ask"\namount_over = 5', None, None),
        ('[[allow]]\nmay = "ask"\nper_day = 9', None, 9),
        ("[[deny]]\namount_over = 5\nper_day = 9", 9, None),
        ("[[deny]]\namount_over = 5", 5, None),
        ("[[deny]]\namount_up_to = 5", None, None),
        ("[[require]]\nreason = true\namount_over = 5\nper_day = 9", 9, None),
        ("[[require]]\nreason = true\namount_over = 5", 5, None),
    ],
)
def test_limit_per_day_defaults_to_the_limit_on_one_change(
    table: str, over: int | None, up_to: int | None
) -> None:
    policy = read(f'{table}\nwho = "everyone"\nchanges = "balance"')
    (when,) = [rule.when for rule in (*policy.allow, *policy.deny)] or [policy.require[0].when]
    limits = [None if limit is None else Decimal(limit) for limit in (over, up_to)]
    assert [when.over.get(Measure.DAY), when.up_to.get(Measure.DAY)] == limits


def test_limits_on_coupons_do_not_add_up_over_a_day() -> None:
    (rule,) = read(ALLOW + MAY + 'changes = "reward"\namount_up_to = 20').allow
    assert rule.when.up_to == {Measure.AMOUNT: Decimal(20)}


@pytest.mark.parametrize(
    ("table", "limits"),
    [
        ("value_up_to = { USD = 50 }", {Measure.VALUE: 50, Measure.VALUE_DAY: 50}),
        (
            "value_up_to = { USD = 50 }\nvalue_per_day = { USD = 90 }",
            {Measure.VALUE: 50, Measure.VALUE_DAY: 90},
        ),
        ("value_per_person_day = { USD = 200 }", {Measure.VALUE_PERSON_DAY: 200}),
    ],
)
def test_limits_in_money_cover_the_day_as_well(table: str, limits: dict[Measure, int]) -> None:
    (rule,) = read(ALLOW + MAY + f'changes = ["balance", "refund"]\n{table}').allow
    assert rule.when.up_to == {measure: {"USD": Decimal(most)} for measure, most in limits.items()}
    assert rule.when.over == {}


def test_kinds_with_the_same_unit_share_a_limit() -> None:
    kinds = 'changes = ["balance", "grant", "quantity"]\n'
    (rule,) = read(ALLOW + MAY + kinds + 'amount_up_to = 5\nper_person_day = 20\nfeatures = "seats"').allow
    limits = {Measure.AMOUNT: 5, Measure.DAY: 5, Measure.PERSON_DAY: 20}
    assert rule.when.up_to == {measure: Decimal(most) for measure, most in limits.items()}
    assert rule.when.features == {"seats"}
    (deny,) = read(DENY + kinds + "amount_over = 5\nper_person_day = 20").deny
    assert deny.when.over == rule.when.up_to


WHO = 'who = "everyone"\n'
MAY = 'may = "ask"\n'
ALLOW, DENY = "[[allow]]\n" + WHO, "[[deny]]\n" + WHO
NOBODY = ': write "everyone", a user id (U…), a group id (S…) or a group\'s handle (@…)'
MENTION = ": write a user id (U…), a group id (S…) or a group's handle (@…)"
POWERS = " (known: ask, at_once, approve, approve_own, mark, undo, history, link)"
SIZED = " or ".join(f'changes = "{kind.id}" ({kind.unit})' for kind in KINDS if kind.unit and not kind.money)
DAILY = " or ".join(f'changes = "{kind.id}"' for kind in KINDS if kind.daily)
ONE_KIND = f" need {SIZED}, and no kind with another unit"
VALUED = " or ".join(f'changes = "{kind.id}"' for kind in KINDS if kind.valued)
NO_CHANNEL = " channel id (C…, at the end of the channel's details)"
ALL_CHANGES = (
    " is about a whole customer: give it a rule without changes, limits, features, products or rewards"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[allow]]\n" + WHO, 'line 1: "may" is missing'),
        ("\n[[allow]]\n" + MAY, 'line 2: "who" is missing'),
        ("[[allows]]", 'line 1: unknown key "allows"; did you mean "allow"?'),
        (
            "rules = 1",
            'line 1: unknown key "rules" '
            "(known: allow, deny, require, digests, link_previews, approvals, preset, batches)",
        ),
        ("[allow]\n" + WHO, "line 1: must be [[allow]], in double brackets"),
        ("# none\ndeny = 3", "line 2: must be [[deny]], in double brackets"),
        ("deny = [\n1]", "line 1: must be [[deny]], in double brackets"),
        (DENY + "amount_ovr = 3", 'line 3: unknown key "amount_ovr"; did you mean "amount_over"?'),
        (
            ALLOW + 'may = [\n"ask",\n"aprove"]',
            'line 3: may: unknown value "aprove"; did you mean "approve"?',
        ),
        (DENY + "may = [3]", "line 3: may: unknown value (not text)" + POWERS),
        (DENY + "may = []", "line 3: may: must not be empty"),
        (DENY + "may = {}", 'line 3: may: must be a list of texts: ["…", "…"]'),
        ("[[deny]]\nwho = []", "line 2: who: must not be empty"),
        ("[[deny]]\nwho = ['U01', '#ops']", 'line 2: who: "#ops" is not a person or group' + NOBODY),
        ("[[deny]]\nwho = 3", 'line 2: who: must be a list of texts: ["…", "…"]'),
        ("[[deny]]\nwho = [3]", "line 2: who: (not text) is not a person or group" + NOBODY),
        (DENY + "changes = 'delete'", 'line 3: changes: unknown value "delete"; did you mean "deletion"?'),
        (
            DENY + "changes = [['balance']]",
            'line 3: changes: unknown value (not text); did you mean "balance"?',
        ),
        (DENY + "environment = 'prod'", 'line 3: environment: unknown value "prod" (known: live, sandbox)'),
        (DENY + "products = [3]", "line 3: products: must be text, in quotes"),
        (DENY + "products = ['']", "line 3: products: must not be empty"),
        (DENY + "name = '" + "x" * 81 + "'", "line 3: name: is too long"),
        ("[[require]]\nreason = 'yes'", "line 2: reason: must be true or false, without quotes"),
        ("[[require]]\napprovals = '2'", "line 2: approvals: must be a whole number, without quotes"),
        ("[[require]]\napprovals = 0", "line 2: approvals: must be at least 1"),
        ("[[require]]\napprovals = 11", "line 2: approvals: must be at most 10"),
        (
            "\n\n[[require]]\nreason = false",
            "line 3: [[require]] requires nothing: add approvals, reason = true or expires",
        ),
        (
            DENY + 'changes = "balance"\n[[deny]]\n' + WHO + "amount_over = 3",
            "line 4: [[deny]] amounts" + ONE_KIND,
        ),
        (DENY + 'amount_up_to = 3\nchanges = ["balance", "reward"]', "line 1: [[deny]] amounts" + ONE_KIND),
        (
            DENY + 'amount_up_to = 3\namount_over = 3\nchanges = "balance"',
            "line 1: [[deny]] amount_over must be less than amount_up_to",
        ),
        (
            DENY + 'per_day = 5\nchanges = "reward"',
            f"line 1: [[deny]] per_day needs {DAILY}, and no other kind",
        ),
        (
            DENY + 'per_person_day = 5\nchanges = ["balance", "refund"]',
            f"line 1: [[deny]] per_person_day needs {DAILY}, and no other kind",
        ),
        (
            DENY + 'amount_over = 5\nchanges = "refund"',
            'line 1: [[deny]] amounts of "refund" are money: write value_over or value_up_to = { USD = 50 }',
        ),
        (
            DENY + "value_per_day = { USD = 5 }",
            f"line 1: [[deny]] value_per_day needs {VALUED}, and no other kind",
        ),
        (
            DENY + 'value_over = { USD = 5 }\nchanges = ["balance", "details"]',
            f"line 1: [[deny]] value_over needs {VALUED}, and no other kind",
        ),
        (
            DENY + 'value_up_to = { USD = 5 }\nchanges = "details"',
            f"line 1: [[deny]] value_up_to needs {VALUED}, and no other kind",
        ),
        (
            DENY + 'value_per_person_day = { USD = 5 }\nchanges = "details"',
            f"line 1: [[deny]] value_per_person_day needs {VALUED}, and no other kind",
        ),
        (
            DENY + 'value_over = { USD = 5, EUR = 4 }\nvalue_up_to = { EUR = 4 }\nchanges = "refund"',
            "line 1: [[deny]] value_over must be less than value_up_to",
        ),
        *(
            (
                DENY + f'changes = "refund"\nvalue_over = {value}',
                "line 4: value_over: must name its currencies: { USD = 50, EUR = 45 }",
            )
            for value in ("50", "{}", "{ usd = 5 }", "{ USD = 5, XYZ = 4 }")
        ),
        (
            DENY + 'changes = "refund"\nvalue_over = { USD = -1 }',
            "line 4: USD: must be a number, 0 or more, without quotes (1_000 or 12.5)",
        ),
        *(
            (DENY + f'rewards = "vip"{kinds}', 'line 1: [[deny]] rewards needs changes = "reward"')
            for kinds in ("", '\nchanges = "balance"', '\nchanges = ["reward", "balance"]')
        ),
        (DENY + 'may = "link"\nchanges = "refund"', 'line 1: [[deny]] "link"' + ALL_CHANGES),
        (DENY + 'may = "history"\nproducts = "pro"', 'line 1: [[deny]] "history"' + ALL_CHANGES),
        (
            "[[allow]]\nname = 'a'\n" + WHO + MAY + "[[require]]\nname = 'a'\nreason = true",
            'line 6: name: another rule is already called "a"',
        ),
        ("[[link_previews]]", "line 1: must be [link_previews], in single brackets"),
        ("[link_previews]", 'line 1: "channels" is missing'),
        ("[[approvals]]\nremind = true", "line 1: must be [approvals], in single brackets"),
        ('[approvals]\nremind = "no"', "line 2: remind: must be true or false, without quotes"),
        ("[approvals]\npost_applied = 0", "line 2: post_applied: must be true or false, without quotes"),
        *(
            (
                f"[batches]\nmost_lines = {number}",
                "line 2: most_lines: must be a whole number, without quotes",
            )
            for number in ('"50"', "50.0", "true")
        ),
        ("[batches]\nmost_lines = 0", "line 2: most_lines: must be at least 1"),
        ("[batches]\nmost_lines = 501", "line 2: most_lines: must be at most 500"),
        ("[batches]\nmost = 1", 'line 2: unknown key "most" (known: most_lines)'),
        ("[[batches]]", "line 1: must be [batches], in single brackets"),
        (
            '[link_previews]\nchannels = "C01"\nchanels = 1',
            'line 3: unknown key "chanels"; did you mean "channels"?',
        ),
        ("preset = 3", "line 1: must be [[preset]], in double brackets"),
        ("[approvals]\nmentions = 1", 'line 2: unknown key "mentions"; did you mean "mention"?'),
        *(
            (
                f"[approvals]\ntolerance = {tolerance}",
                "line 2: tolerance: must say percent or units: { percent = 10, units = 500 }",
            )
            for tolerance in ("10", "{}", "{ percents = 10 }", "{ percent = 10, days = 1 }")
        ),
        (
            "[approvals]\ntolerance = { percent = '10' }",
            "line 2: tolerance: must be a number, 0 or more, without quotes (1_000 or 12.5)",
        ),
        ("[approvals]\nmention = 'everyone'", 'line 2: mention: "everyone" cannot be mentioned' + MENTION),
        ("[approvals]\nescalate_to = [3]", "line 2: escalate_to: (not text) cannot be mentioned" + MENTION),
        ("[[digests]]\n" + WHO, "line 1: must be [digests], in single brackets"),
        ("\ndigests = true", "line 2: must be [digests], in single brackets"),
        ("[digests]\nwhom = 1", 'line 2: unknown key "whom"; did you mean "who"?'),
        ("[digests]\nwho = []", "line 2: who: must not be empty"),
        (
            "[digests]\n" + WHO + "shared_channels = ['#x']",
            'line 3: shared_channels: "#x" is not a' + NO_CHANNEL,
        ),
        (
            "[digests]\nshared_channels = [3]",
            "line 2: shared_channels: (not text) is not a" + NO_CHANNEL,
        ),
        ("[[allow]]\nwho = ", "line 2: is not valid TOML (invalid value)"),
        ("\n[[allow]\n", "line 2: is not valid TOML (expected ']]' at the end of an array declaration)"),
        ('x = """\n\n', "line 1: is not valid TOML (unterminated string)"),
        (
            "a = 1e99999999999999999999999",
            "is not valid TOML (a number is too large, or the nesting is too deep)",
        ),
        ("a = " + "[" * 5000, "is not valid TOML (a number is too large, or the nesting is too deep)"),
    ],
)
def test_mistakes_are_reported_with_their_line(text: str, message: str) -> None:
    with pytest.raises(PolicyError) as error:
        read(text, "p.toml")
    assert str(error.value) == f"p.toml{', ' if message.startswith('line') else ': '}{message}"
    assert error.value.__suppress_context__ or error.value.__context__ is None


def test_mistakes_are_reported_together_in_order() -> None:
    with pytest.raises(PolicyError) as error:
        read(
            "[[deny]]\nmay = 'x'\n[[allow]]\nwho = 'ana'\nmight = 'ask'\n[[require]]\nexpires = ''", "p.toml"
        )
    assert [line.split(":")[0] for line in str(error.value).splitlines()] == [
        "p.toml, line 1",
        "p.toml, line 2",
        "p.toml, line 3",
        "p.toml, line 4",
        "p.toml, line 5",
        "p.toml, line 7",
    ]


@pytest.mark.parametrize("value", ['"3"', "-1", "-0.5", "inf", "nan", "true", "[3]", "1979-05-27"])
def test_invalid_amounts_are_refused(value: str) -> None:
    with pytest.raises(PolicyError, match="policy, line 4: amount_over: must be a number, 0 or more"):
        read(f'[[deny]]\n{WHO}changes = "balance"\namount_over = {value}')


@pytest.mark.parametrize(
    "value", ["4m", "31d", "24", "1h30m", "h", "-5h", "999999h", "1.5h", "٣h", "1w", "2h\\n"]
)
def test_invalid_expiries_are_refused(value: str) -> None:
    with pytest.raises(PolicyError, match='line 2: expires: must be a duration like "90m", "24h" or "7d"'):
        read(f'[[require]]\nexpires = "{value}"')
    with pytest.raises(PolicyError, match="line 2: expires: must be a duration"):
        read("[[require]]\nexpires = 24")


@pytest.mark.parametrize(("value", "minutes"), [("5m", 5), ("90m", 90), ("24h", 1440), ("7 d", 10_080)])
def test_expiries_are_read(value: str, minutes: int) -> None:
    assert read(f'[[require]]\nexpires = "{value}"').require[0].expires == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "name", ["U1", "u123", "U12-3", "S1", "@", "@Leads", "@-x", "everyone ", "", "<@U123>"]
)
def test_invalid_names_are_refused(name: str) -> None:
    with pytest.raises(PolicyError, match="is not a person or group"):
        read(f'[[deny]]\nwho = "{name}"')


def test_batches_table_is_read() -> None:
    assert read("").batches.most_lines == MOST_BATCH_LINES
    assert read("[batches]\nmost_lines = 50").batches.most_lines == 50
    with pytest.raises(PolicyError, match="most_lines"):
        read(f"[batches]\nmost_lines = {MOST_BATCH_LINES + 1}")


def test_digests_table_is_read() -> None:
    assert read("").digests == DigestRules() == BUILT_IN.digests
    policy = read('[digests]\nwho = ["U01", "@leads"]\nshared_channels = "C01"')
    assert policy.digests == DigestRules(
        Who(users=frozenset({"U01"}), groups=frozenset({"@leads"})), frozenset({"C01"})
    )
    assert policy.groups == {"@leads"}


def test_link_previews_table_is_read() -> None:
    assert read("").preview_channels == BUILT_IN.preview_channels == frozenset()
    assert read('[link_previews]\nchannels = ["C01", "C02"]').preview_channels == {"C01", "C02"}


LEADS = read('[digests]\nwho = ["U01", "@leads"]')


@pytest.mark.parametrize(
    ("policy", "person", "reason"),
    [
        (BUILT_IN, Person("U02"), DecisionReason.ALLOWED),
        (BUILT_IN, Person("U02", member=False), DecisionReason.NOT_A_MEMBER),
        (BUILT_IN, Person("U02", member=None), DecisionReason.UNCHECKED),
        (LEADS, Person("U01"), DecisionReason.ALLOWED),
        (LEADS, Person("U02", groups=frozenset({"@leads"})), DecisionReason.ALLOWED),
        (LEADS, Person("U02"), DecisionReason.NO_RULE),
        (LEADS, Person("U02", unchecked=frozenset({"@leads"})), DecisionReason.UNCHECKED),
    ],
)
def test_digests_are_for_members_whom_their_rule_names(
    policy: Policy, person: Person, reason: DecisionReason
) -> None:
    decision = decide_digests(policy, person)
    assert (decision.permit, decision.reason) == (reason is DecisionReason.ALLOWED, reason)


def test_empty_policy_allows_nothing() -> None:
    assert read("") == Policy()
    assert not decide(Policy(), Request(Verb.HISTORY), Person("U1")).permit


def test_policy_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text('[[allow]]\nwho = "everyone"\nmay = "ask"\r\nname = "é"\n', newline="")
    assert load(path).allow[0].name == "é"
    assert load(None) is BUILT_IN


def test_unreadable_files_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    with pytest.raises(PolicyError, match=rf"^{path}: cannot be read \(No such file or directory\)$"):
        load(path)
    with pytest.raises(PolicyError, match=rf"^{tmp_path}: cannot be read \(Is a directory\)$"):
        load(tmp_path)
    path.write_bytes(b"# \n# \xff")
    with pytest.raises(PolicyError, match=rf"^{path}, line 2: is not UTF-8 text$"):
        load(path)
    path.write_bytes(b"#" * (64 * 1024 + 1))
    with pytest.raises(PolicyError, match=rf"^{path}: is larger than 64 kB$"):
        load(path)
    path.write_bytes(b"#" * 64 * 1024)
    assert load(path) == Policy()


def test_line_numbers_of_keys_are_found() -> None:
    lines = Lines(
        '''# about
        a.b = 1
        [[deny]]  # the first

        who = [
          "x", # [[deny]]
        ]
        "may" = """
        [[deny]]
        """
        [[deny]]
        who = 3
        [other.table]
        key = { inline = { deep = 1 } }
        [[deny.inner]]
        x = 1
        [empty]
        '''
    )
    expected = {
        ("a",): 2,
        ("a", "b"): 2,
        ("deny",): 3,
        ("deny", 0): 3,
        ("deny", 0, "who"): 5,
        ("deny", 0, "who", 0): 5,
        ("deny", 0, "may"): 8,
        ("deny", 1): 11,
        ("deny", 1, "who"): 12,
        ("deny", 1, "absent"): 11,
        ("other", "table"): 13,
        ("other", "table", "key", "inline", "deep"): 14,
        ("empty",): 17,
        ("absent",): 1,
        (): 1,
    }
    assert {path: lines.of(path) for path in expected} == expected


def test_deeply_nested_text_is_skipped() -> None:
    assert Lines("a = " + "[" * 5000 + "]" * 5000 + "\nb = 1").of(("b",)) == 1


def guide_section(title: str) -> str:
    """The policy in this section of docs/policy.md."""
    return "\n".join(
        re.findall(r"```toml\n(.*?)```", GUIDE.split(f"### {title}\n")[1].split("\n### ")[0], re.DOTALL)
    )


def request_of(
    kind: PolicyKind, amount: int | None = None, *, env: str = "live", plan: str = "pro", **details: str
) -> Request:
    size = None if amount is None else Decimal(amount)
    rewards = frozenset({details["reward"]}) if "reward" in details else None
    return Request(Verb.ASK, kind, size, Environment(env), frozenset({plan}), rewards)


ANA, RAJ, MAX = Person("U01ANA"), Person("U02RAJ"), Person("U04MAX")
AGENT = Person("U01ANA", groups=frozenset({"@support"}))
LEAD = Person("U03LEA", groups=frozenset({"@billing-leads"}))
BOTH = Person("U05BOTH", groups=frozenset({"@support", "@finance"}))
GIFT = request_of(BALANCE, 500)
REFUSED = None


@pytest.mark.parametrize(
    ("title", "person", "policy_request", "approvals"),
    [
        ("Two people", ANA, GIFT, 0),
        ("Two people", ANA, request_of(BALANCE, 501), 1),
        ("Two people", RAJ, request_of(DETAILS), 0),
        ("Two people", RAJ, request_of(DELETION), 1),
        ("Two people", RAJ, request_of(DELETION, env="sandbox"), 0),
        ("Two people", MAX, GIFT, REFUSED),
        ("Support, and billing leads", AGENT, request_of(BALANCE, 1000), 0),
        ("Support, and billing leads", AGENT, request_of(BALANCE, 1001), 1),
        ("Support, and billing leads", AGENT, request_of(BALANCE, 100_001), 2),
        ("Support, and billing leads", AGENT, request_of(REWARD, 10, reward="sorry-10"), 0),
        ("Support, and billing leads", AGENT, request_of(REWARD, 10, reward="other"), 1),
        ("Support, and billing leads", AGENT, request_of(DELETION), REFUSED),
        ("Support, and billing leads", LEAD, request_of(DELETION), 2),
        ("Support, and billing leads", LEAD, GIFT, 1),
        ("Strict finance", AGENT, GIFT, 2),
        ("Strict finance", AGENT, request_of(BALANCE, 500, env="sandbox"), 1),
        ("Strict finance", AGENT, request_of(BALANCE, 1, plan="enterprise"), REFUSED),
        ("Strict finance", AGENT, request_of(DELETION, env="sandbox"), REFUSED),
    ],
)
def test_teams_of_the_guide_work_as_described(
    title: str, person: Person, policy_request: Request, approvals: int | None
) -> None:
    decision = decide(read(guide_section(title)), policy_request, person)
    assert (decision.approvals if decision.permit else REFUSED) == approvals


def test_requester_does_not_decide_in_strict_finance() -> None:
    approve = Request(Verb.APPROVE, BALANCE, Decimal(5), Environment.LIVE, frozenset({"pro"}))
    decision = decide(read(guide_section("Strict finance")), approve, BOTH)
    assert decision == Decision(False, DecisionReason.DENIED, "support does not decide")


def request_worth(kind_id: str, worth: int | None = None, amount: int | None = None) -> Request:
    """A request for a live customer, worth so many dollars."""
    return replace(
        request_of(registry.kind(kind_id).policy, amount),
        worth=None if worth is None else Worth(Decimal(worth), "USD"),
    )


@pytest.mark.parametrize(
    ("person", "policy_request", "approvals"),
    [
        (AGENT, request_worth("balance", amount=1000), 0),
        (AGENT, request_worth("grant", amount=1000), 0),
        (AGENT, request_worth("grant", amount=1001), 1),
        (AGENT, request_worth("grant", amount=100_001), 2),
        (AGENT, request_worth("expiry"), 1),
        (AGENT, request_worth("usage", amount=5), 1),
        (AGENT, request_worth("refund", worth=20), 0),
        (AGENT, request_worth("refund", worth=21), 1),
        (AGENT, request_worth("refund", worth=501), 2),
        (AGENT, request_worth("refund"), 2),
        (AGENT, request_worth("cancellation", worth=0), 0),
        (AGENT, request_worth("cancellation", worth=5), 1),
        (AGENT, request_worth("switch", worth=5), 1),
        (AGENT, request_worth("quantity", worth=5), REFUSED),
        (AGENT, request_worth("deletion"), REFUSED),
        (AGENT, request_of(BALANCE, 5, plan="enterprise"), REFUSED),
        (AGENT, request_of(REWARD, 10, reward="sorry-10"), 0),
        (AGENT, request_of(REWARD, 10, reward="other"), 1),
        (LEAD, request_worth("switch", worth=500), 0),
        (LEAD, request_worth("switch", worth=501), 1),
        (LEAD, request_worth("refund", worth=5), 1),
        (LEAD, request_worth("deletion"), 2),
        (MAX, request_worth("details"), REFUSED),
    ],
)
def test_example_policy_decides_as_it_says(
    person: Person, policy_request: Request, approvals: int | None
) -> None:
    decision = decide(load(ROOT / "policy.example.toml"), policy_request, person)
    assert (decision.approvals if decision.permit else REFUSED) == approvals


def test_example_policy_shows_every_kind_of_rule_and_table() -> None:
    policy = load(ROOT / "policy.example.toml")
    assert policy.groups == policy.digests.who.groups == {"@support", "@billing-leads"}
    assert {power for rule in policy.allow for power in rule.may} == set(Power) - {Power.APPROVE_OWN}
    conditions = [rule.when for rule in (*policy.allow, *policy.deny)]
    conditions += [requirement.when for requirement in policy.require]
    named = {kind for when in conditions for kind in when.changes}
    assert named == {kind.id for kind in KINDS} - {"control"}
    assert decide(policy, Request(Verb.LINK, environment=Environment.LIVE), AGENT).permit
    assert not decide(policy, Request(Verb.LINK, environment=Environment.LIVE), MAX).permit
    for kind_id in ("refund", "cancellation", "switch", "addition", "deletion"):
        assert decide(policy, request_worth(kind_id, worth=5), LEAD).reason_required
    assert [preset.gives for preset in policy.presets] == [("messages", Decimal(1000)), None]
    assert policy.approvals.escalate_to == ("@finance",)
    assert policy.batches.most_lines == 200


def test_guide_names_every_key_and_power() -> None:
    tables = (part.split("\n\n")[0] for part in GUIDE.split("|---|---|")[1:])
    first, second, third, batches, fourth, fifth = tables
    keys = {key for row in first.splitlines() for key in re.findall(r"`(\w+)`", row.split(" | ")[0])}
    powers = {power for row in second.splitlines() for power in re.findall(r"^\| `(\w+)`", row)}
    assert keys == {*Allow.model_fields, *Deny.model_fields, *Require.model_fields}
    assert powers == set(Power)
    assert set(re.findall(r"^\| `(\w+)`", third, re.MULTILINE)) == set(DigestsTable.model_fields)
    assert set(re.findall(r"^\| `(\w+)`", batches, re.MULTILINE)) == set(BatchesTable.model_fields)
    assert set(re.findall(r"^\| `(\w+)`", fourth, re.MULTILINE)) == set(ApprovalsTable.model_fields)
    preset_keys = {key for row in fifth.splitlines() for key in re.findall(r"`(\w+)`", row.split(" | ")[0])}
    assert preset_keys == set(PresetTable.model_fields)


def test_approvals_table_is_read() -> None:
    policy = read('[approvals]\nmention = ["@leads", "U01ANA"]\nescalate_to = "S01X"\nremind = false')
    assert policy.approvals == ApprovalRules(("@leads", "U01ANA"), ("S01X",), remind=False)
    assert policy.named_groups == {"@leads", "S01X"}
    assert policy.groups == frozenset()
    assert BUILT_IN.approvals == ApprovalRules()
    assert BUILT_IN.approvals.post_applied
    assert BUILT_IN.approvals.tolerance == EXACT
    tolerance = read("[approvals]\ntolerance = { percent = 12.5, units = 500 }").approvals.tolerance
    assert tolerance == Tolerance(Decimal("12.5"), Decimal(500))
    assert read("[approvals]\ntolerance = { units = 5 }").approvals.tolerance == Tolerance(units=Decimal(5))
    assert not read("[approvals]\npost_applied = false").approvals.post_applied
