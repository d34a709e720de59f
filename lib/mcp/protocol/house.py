"""What whoever calls may ask of the product, and on whose behalf: every tool, resource and prompt gets one of these."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from lib.domain.access import Principal, Sight, may_act_as
from lib.domain.audit import Note
from lib.domain.errors import Forbidden, NotFound
from lib.domain.limits import RateClass
from lib.domain.telemetry import clean_name
from lib.mcp.npu.nearest import nearest
from lib.mcp.protocol.asking import Inputs

if TYPE_CHECKING:  # the assistant is dear to import: only a question to it pays for that
    from lib.mcp.core.assistant import Assistant
    from lib.mcp.core.sources import House as UseCases

    class Services(UseCases, Protocol):
        """The use cases that the page is served from too."""

        @property
        def assistant(self) -> Assistant: ...


class Noted(Protocol):
    """Records the change that is made within in the audit log (lib/web/noted.py)."""

    def __call__(
        self, action: str, kind: str | None = None, object_id: str | None = None, **detail: Any
    ) -> AbstractContextManager[Note]: ...


@dataclass(frozen=True, slots=True)
class House:
    """`base_url` is where pages are; `count` takes one request of a class from the caller's limit, or raises. `inputs`
    are what the client brought when it was asked for something."""

    services: Services
    principal: Principal
    base_url: str
    now: float
    noted: Noted
    count: Callable[[RateClass], None]
    inputs: Inputs = field(default_factory=Inputs)

    @property
    def sight(self) -> Sight:
        return self.principal.sight

    @property
    def by(self) -> str:
        """Whom a change is said to be made by."""
        return self.principal.email or self.principal.name or self.principal.id

    def may_act(self) -> bool:
        return may_act_as(self.principal, "operator")

    def demand_act(self) -> None:
        if not self.may_act():
            raise Forbidden("this changes something: it needs a key with the scope `act`, or the role operator")

    def fleet(self, filters: Mapping[str, str] | None = None) -> dict[str, Any]:
        """`{as_of, stale, fleet, servers}`: the servers in sight that match, as lib/monitoring/snapshot.py has them."""
        found: dict[str, Any] = json.loads(self.services.queries.fleet(filters or {}, self.sight).text)
        return found

    def known(self, name: object) -> str:
        """The server's name in the form it is kept in. Raises NotFound that names the nearest in sight."""
        text = clean_name(name)
        names = [server["id"] for server in self.fleet()["servers"]]
        if text is not None and text in names:
            return text
        shown = str(name)[:100]
        like = nearest(shown, names)
        more = f"; nearest names: {', '.join(like)}" if like else "; list_servers tells all names"
        raise NotFound(f'there is no server "{shown}"{more}')

    def page(self, *parts: str) -> str:
        """The address of a view of the page, such as `page("servers", "web-1")`."""
        return f"{self.base_url}/#/" + "/".join(quote(part, safe="") for part in parts)
