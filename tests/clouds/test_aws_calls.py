"""AWS' wire: our signatures against those of AWS' own SDK, and what its errors are said to mean."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from unittest.mock import patch

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as TheirCredentials
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.clouds import CloudAccount
from lib.monitoring.collectors.aws_calls import Credentials, signed, trouble
from lib.monitoring.collectors.clouds import Asker, Busy, Refused
from lib.outbound import Door
from tests.clouds.aws_twin import KEY_ID, SEOUL

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)


@given(
    secret=WORDS, token=st.none() | WORDS, content=st.binary(max_size=300),
    at=st.integers(1_600_000_000, 2_000_000_000),
    service=st.sampled_from(["ec2", "monitoring", "sts"]), region=st.sampled_from([SEOUL, "us-east-1", "cn-north-1"]),
    port=st.sampled_from(["", ":8443"]), target=st.none() | WORDS,
)  # fmt: skip
def test_a_signature_is_the_one_that_the_sdk_makes(
    secret: str, token: str | None, content: bytes, at: int, service: str, region: str, port: str, target: str | None
) -> None:
    url = f"https://{service}.{region}.amazonaws.com{port}/"
    headers = {"content-type": "application/x-amz-json-1.0"} | ({"x-amz-target": target} if target else {})
    theirs = AWSRequest("POST", url, headers=dict(headers), data=content)
    moment = datetime.fromtimestamp(at, UTC)
    with patch.object(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: moment):
        botocore.auth.SigV4Auth(TheirCredentials(KEY_ID, secret, token), service, region).add_auth(theirs)
    ours = signed(url, headers, content, service, region, Credentials(KEY_ID, secret, token), at)
    assert ours["authorization"] == theirs.headers["Authorization"]
    assert ours["x-amz-date"] == theirs.headers["X-Amz-Date"]
    assert ours.get("x-amz-security-token") == token


@pytest.fixture
def asker() -> Asker:
    account = CloudAccount("aws", "a", (SEOUL,), {"key_id": KEY_ID, "secret": "s" * 20})
    return Asker(Door(), account, SEOUL, time.monotonic() + 5)


@pytest.mark.parametrize(
    ("action", "status", "code", "kind", "words"),
    [
        ("cloudwatch:GetMetricData", 400, "ThrottlingException", Busy, "throttled"),
        ("ec2:DescribeInstances", 503, "RequestLimitExceeded", Busy, "throttled"),
        ("ec2:DescribeInstances", 502, "", Busy, "502"),
        ("ec2:DescribeInstances", 403, "UnauthorizedOperation", Refused, "ec2:DescribeInstances is not allowed"),
        ("cloudwatch:GetMetricData", 400, "AccessDeniedException", Refused, "add it to the policy"),
        ("sts:AssumeRole", 403, "AccessDenied", Refused, "trust policy"),
        ("ec2:DescribeInstances", 401, "AuthFailure", Refused, "access key"),
        ("sts:AssumeRole", 403, "SignatureDoesNotMatch", Refused, "its secret"),
        ("ec2:DescribeInstances", 400, "RequestExpired", Refused, "clock"),
        ("ec2:DescribeInstances", 401, "OptInRequired", Refused, "not enabled"),
        ("ec2:DescribeInstances", 400, "InvalidParameterValue", Refused, "400 InvalidParameterValue"),
    ],
)
def test_an_error_says_what_to_do(
    asker: Asker, action: str, status: int, code: str, kind: type[Exception], words: str
) -> None:
    found = trouble(asker, action, status, code)
    assert type(found) is kind
    assert words in str(found)


def test_nothing_shows_a_secret_by_being_printed(asker: Asker) -> None:
    assert "s" * 20 not in repr(asker.account)
    assert "hidden" not in repr(Credentials(KEY_ID, "hidden", "hidden"))
