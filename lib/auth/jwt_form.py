"""What a JWT must look like before anybody looks at its signature: three parts, strict JSON, nothing said twice.

PyJWT reads a header or claims with a name twice and believes the last one; another reader might believe the first.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from lib import strict_json
from lib.domain.errors import BadInput, Unauthenticated

MOST_CHARACTERS = 4_096
_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")

type Document = dict[str, Any]


def read(token: str) -> tuple[Document, Document]:
    """(header, claims), both still anybody's word. Raises Unauthenticated."""
    if len(token) > MOST_CHARACTERS:
        raise Unauthenticated("this is no access token: it is too long")
    form = _FORM.fullmatch(token)
    if form is None:
        raise Unauthenticated("this is no access token")
    return _document(form[1]), _document(form[2])


def lifetime(claims: Document) -> float:
    """Seconds from `iat` to `exp`. Raises Unauthenticated when one is no number: PyJWT takes "123" for one."""
    begins, ends = claims["iat"], claims["exp"]
    if not isinstance(begins, int | float) or not isinstance(ends, int | float):
        raise Unauthenticated("this access token is not valid")
    return float(ends) - float(begins)


def _document(part: str) -> Document:
    try:
        document = strict_json.parse(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (BadInput, ValueError):
        raise Unauthenticated("this access token is not valid") from None
    if not isinstance(document, dict):
        raise Unauthenticated("this access token is not valid")
    return document
