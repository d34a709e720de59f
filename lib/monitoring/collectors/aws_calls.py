"""AWS' wire: signatures (Signature Version 4), assumed roles, and its errors in words that say what to do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
docs/decisions/clouds.md says why this is not boto3.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import xml.etree.ElementTree as ElementTree  # nosec B405 # AWS' answers; what declares a type is refused
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from lib.monitoring.collectors.clouds import Asker, Busy, Refused, document_of, strange, throttled

type Element = ElementTree.Element

ROLE_SECONDS = 900
SESSION = "openmanager"
_STS_VERSION = "2011-06-15"

_THROTTLED = frozenset({
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
    "TooManyRequestsException", "RequestLimitExceeded", "LimitExceededException", "SlowDown",
    "InternalFailure", "InternalError", "InternalServiceError", "InternalServiceFault", "ServiceUnavailable",
    "Unavailable",
})  # fmt: skip
_DENIED = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation"})
_UNKNOWN = frozenset({
    "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "IncompleteSignature",
    "SignatureDoesNotMatch", "InvalidSignatureException", "MissingAuthenticationToken",
})  # fmt: skip
_CLOCK = frozenset({"RequestExpired", "RequestTimeTooSkewed"})


@dataclass(frozen=True, slots=True)
class Credentials:
    key_id: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def signed(
    url: str, headers: Mapping[str, str], content: bytes, service: str, region: str, who: Credentials, at: float
) -> dict[str, str]:
    """The headers of a POST without a query, with its signature at that moment."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
    day = moment[:8]
    parts = urlsplit(url)
    sent = {**{name.lower(): value for name, value in headers.items()}, "host": parts.netloc, "x-amz-date": moment}
    if who.token:
        sent["x-amz-security-token"] = who.token
    names = ";".join(sorted(sent))
    request = "\n".join([
        "POST", parts.path or "/", "", *(f"{name}:{sent[name].strip()}" for name in sorted(sent)), "", names,
        hashlib.sha256(content).hexdigest(),
    ])  # fmt: skip
    scope = f"{day}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{who.secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    del sent["host"]  # whoever sends it sets it
    sent["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={who.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return sent


def credentials(asker: Asker) -> Credentials:
    """Of the account, or of the role it names, asked for once a round."""
    if "credentials" not in asker.held:
        asker.held["credentials"] = _credentials(asker)
    found: Credentials = asker.held["credentials"]
    return found


def _credentials(asker: Asker) -> Credentials:
    fields = asker.account.fields
    own = Credentials(fields["key_id"], fields["secret"])
    role = fields.get("role")
    if role is None:
        return own
    wanted = {"RoleArn": role, "RoleSessionName": SESSION, "DurationSeconds": str(ROLE_SECONDS)}
    if "external_id" in fields:
        wanted["ExternalId"] = fields["external_id"]
    found = query(asker, own, "sts", "AssumeRole", _STS_VERSION, wanted).find("AssumeRoleResult/Credentials")
    texts = [
        None if found is None else found.findtext(name) for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")
    ]
    if not all(texts):
        raise strange("sts:AssumeRole")
    key_id, secret, token = (str(text) for text in texts)
    return Credentials(key_id, secret, token)


def query(
    asker: Asker, who: Credentials, service: str, action: str, version: str, wanted: Mapping[str, str]
) -> Element:
    """One call of a service that speaks AWS' query protocol; its XML without namespaces."""
    content = urlencode({"Action": action, "Version": version, **wanted}).encode()
    status, body = _post(asker, who, service, {"content-type": "application/x-www-form-urlencoded"}, content)
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise strange(f"{service}:{action}")
    try:
        root = ElementTree.fromstring(body)  # nosec B314 # noqa: S314 - as above
    except ElementTree.ParseError as error:
        raise strange(f"{service}:{action} {status}") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if status != 200:
        raise trouble(asker, f"{service}:{action}", status, next((one.text or "" for one in root.iter("Code")), ""))
    return root


def target(asker: Asker, who: Credentials, action: str, wanted: Mapping[str, object]) -> dict[str, Any]:
    """One call of CloudWatch in AWS' JSON protocol."""
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"GraniteServiceVersion20100801.{action}"}
    content = json.dumps(wanted, separators=(",", ":")).encode()
    answer = asker.ask(
        "POST", url := _url(asker, "monitoring"), _signed(asker, url, headers, content, "monitoring", who), content
    )
    found = document_of(answer)
    if not isinstance(found, dict):
        raise strange(f"cloudwatch:{action} {answer.status}")
    if answer.status != 200:
        code = str(found.get("__type") or found.get("code") or "").rpartition("#")[2]
        raise trouble(asker, f"cloudwatch:{action}", answer.status, code)
    return found


def _post(
    asker: Asker, who: Credentials, service: str, headers: Mapping[str, str], content: bytes
) -> tuple[int, bytes]:
    url = _url(asker, service)
    answer = asker.ask("POST", url, _signed(asker, url, headers, content, service, who), content)
    return answer.status, answer.body


def _signed(
    asker: Asker, url: str, headers: Mapping[str, str], content: bytes, service: str, who: Credentials
) -> dict[str, str]:
    return signed(url, headers, content, service, asker.scope, who, asker.clock())


def _url(asker: Asker, service: str) -> str:
    if asker.account.endpoint:
        return f"{asker.account.endpoint}/"
    ending = "amazonaws.com.cn" if asker.scope.startswith("cn-") else "amazonaws.com"
    return f"https://{service}.{asker.scope}.{ending}/"


def trouble(asker: Asker, action: str, status: int, code: str) -> Refused | Busy:
    """What an error means. AWS' own words are not repeated: they name users and may hold what was sent."""
    scope = asker.scope
    if code in _THROTTLED or (status >= 500 and code not in _DENIED) or status == 429:
        return throttled(action, f"{scope} {code or status}")
    if code in _DENIED and action == "sts:AssumeRole":
        return Refused(
            "sts:AssumeRole is refused: the role's trust policy must name this account's user and the same external "
            "id, and the user's policy must allow sts:AssumeRole on the role",
            "sts:AssumeRole이 거부되었습니다. 역할의 신뢰 정책에 이 계정의 사용자와 같은 external id가 있어야 하고, "
            "사용자 정책이 이 역할에 대한 sts:AssumeRole을 허용해야 합니다",
        )
    if code in _DENIED:
        return Refused(
            f"{action} is not allowed in {scope}: add it to the policy of the user or role (docs/clouds.md)",
            f"{scope}에서 {action} 권한이 없습니다. 사용자나 역할의 정책에 추가하세요(docs/clouds.md)",
        )
    if code in _UNKNOWN:
        return Refused(
            f"AWS does not accept the access key in {scope} ({code}): it was deleted or deactivated, its secret is "
            "another, or the region is not enabled for the account",
            f"AWS가 {scope}에서 액세스 키를 받아들이지 않습니다({code}). 삭제되었거나 비활성화되었거나, 비밀 키가 "
            "다르거나, 계정에서 이 리전이 켜져 있지 않습니다",
        )
    if code in _CLOCK:
        return Refused(
            f"AWS finds the hub's clock wrong ({code}): set it by NTP",
            f"AWS가 보기에 허브의 시계가 틀립니다({code}). NTP로 맞추세요",
        )
    if code == "OptInRequired":
        return Refused(
            f"the region {scope} is not enabled for this account: enable it, or take it out of `regions`",
            f"이 계정에서 {scope} 리전이 켜져 있지 않습니다. 켜거나 `regions`에서 빼세요",
        )
    return Refused(
        f"{action} was answered {status} {code[:60]} in {scope}",
        f"{scope}의 {action} 요청에 {status} {code[:60]} 응답이 왔습니다",
    )
