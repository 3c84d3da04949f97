import hashlib
import hmac
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.slack.signature import Signature
from tests.examples import examples

NOW = 1_750_000_000
SECRET = "shh"
BODY = b"token=x&text=Z%C3%BCrich"
Headers = list[tuple[bytes, bytes]]


def signed(body: bytes = BODY, at: int = NOW, secret: str = SECRET) -> Headers:
    mark = hmac.new(secret.encode(), b"v0:%d:" % at + body, hashlib.sha256).hexdigest()
    return [
        (b"x-slack-request-timestamp", str(at).encode()),
        (b"x-slack-signature", b"v0=" + mark.encode()),
    ]


def is_genuine(headers: Iterable[tuple[bytes, bytes]], body: bytes = BODY) -> bool:
    signature = Signature(SecretStr(SECRET), clock=lambda: NOW)
    claim = signature.claim(headers)
    return claim is not None and signature.genuine(claim, body)


@pytest.mark.parametrize("seconds", [0, 299, -299, 300, -300])
def test_slacks_own_signature_is_genuine_for_five_minutes(seconds: int) -> None:
    assert is_genuine(signed(at=NOW + seconds))


def test_other_headers_do_not_matter() -> None:
    assert is_genuine([(b"host", b"x"), *signed(), (b"x-slack-retry-num", b"1")])


STAMP, MARK = signed()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param(signed(at=NOW - 301), BODY, id="too old"),
        pytest.param(signed(at=NOW + 301), BODY, id="from the future"),
        pytest.param(signed(secret="other"), BODY, id="another secret"),
        pytest.param(signed(), BODY + b"!", id="another body"),
        pytest.param([STAMP], BODY, id="no signature"),
        pytest.param([MARK], BODY, id="no timestamp"),
        pytest.param([], BODY, id="neither"),
        pytest.param([STAMP, STAMP, MARK], BODY, id="two timestamps"),
        pytest.param([STAMP, MARK, MARK], BODY, id="two signatures"),
        pytest.param([STAMP, (MARK[0], b"v0=" + b"0" * 64), MARK], BODY, id="a wrong one and the right one"),
        pytest.param([(STAMP[0], b"soon"), MARK], BODY, id="no number"),
        pytest.param([(STAMP[0], b""), MARK], BODY, id="empty timestamp"),
        pytest.param([(STAMP[0], b"9" * 5000), MARK], BODY, id="a huge number"),
        pytest.param([(STAMP[0], b"1_750_000_000"), MARK], BODY, id="underscores"),
        pytest.param([(STAMP[0], b" 1750000000"), MARK], BODY, id="a space"),
        pytest.param([(STAMP[0], "١٧٥".encode()), MARK], BODY, id="digits that are not ASCII"),
        pytest.param([STAMP, (MARK[0], "v0=é".encode())], BODY, id="signature that is not ASCII"),
        pytest.param([STAMP, (MARK[0], MARK[1].upper())], BODY, id="upper case"),
        pytest.param([STAMP, (MARK[0], b"")], BODY, id="empty signature"),
        pytest.param([STAMP, (MARK[0], MARK[1] + b"\n")], BODY, id="something after it"),
    ],
)
def test_other_signatures_are_refused(headers: Headers, body: bytes) -> None:
    assert not is_genuine(headers, body)


def test_body_that_is_not_utf8_is_refused() -> None:
    assert not is_genuine(signed(b"\xff\xfe"), b"\xff\xfe")


@examples(300)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"x-slack-request-timestamp", b"x-slack-signature", b"x-other"]),
            st.binary(max_size=80),
        ),
        max_size=5,
    ),
    st.binary(max_size=40),
)
def test_odd_headers_are_refused_without_raising(headers: Headers, body: bytes) -> None:
    assert not is_genuine(headers, body)
