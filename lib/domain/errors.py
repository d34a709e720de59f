"""The error family: what can go wrong in the domain's words. Which HTTP status each becomes is web's business."""

from __future__ import annotations

from collections.abc import Sequence


class DomainError(Exception):
    """Something the caller can be told. `detail` says what is wrong and what to do about it.

    `errors` are `{"pointer": JSON pointer, "detail": text}` for each place that is wrong; `pointer` is short for one.
    `retry_after` are seconds after which the same request may succeed.
    """

    code = "error"
    title = "Something went wrong"

    def __init__(
        self,
        detail: str,
        *,
        pointer: str | None = None,
        errors: Sequence[dict[str, str]] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after
        self.errors = list(errors or ())
        if pointer is not None and not self.errors:
            self.errors = [{"pointer": pointer, "detail": detail}]


class BadInput(DomainError):
    """What was sent cannot be understood or is not allowed; sending it again will not help."""

    code = "bad-input"
    title = "The request cannot be taken as it is"


class Unauthenticated(DomainError):
    """No credentials, or credentials that are not (any longer) good."""

    code = "unauthenticated"
    title = "Credentials are missing or not valid"


class Forbidden(DomainError):
    """Known, but not allowed to do this."""

    code = "forbidden"
    title = "Not allowed"


class NotFound(DomainError):
    """There is no such thing, or it is not the caller's to know of."""

    code = "not-found"
    title = "Not found"


class Conflict(DomainError):
    """Somebody else was first, or the thing has changed since it was read."""

    code = "conflict"
    title = "Somebody else changed this first"


class TooLarge(DomainError):
    """The request is larger than what is taken in one go; send it in smaller ones."""

    code = "too-large"
    title = "The request is too large"


class Unsupported(DomainError):
    """A content type or encoding that this path does not read."""

    code = "unsupported"
    title = "This format is not read here"


class Throttled(DomainError):
    """Too many requests; `retry_after` says when to come back."""

    code = "throttled"
    title = "Too many requests"


class Unavailable(DomainError):
    """A store or a remote service did not answer, so the outcome is unknown or nothing was done.
    Trying again may help."""

    code = "unavailable"
    title = "A store cannot be reached right now"
