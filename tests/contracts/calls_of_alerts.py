"""What is asked of the SQL functions of alerts: rules, silences, incidents, and who is told of them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from lib.domain.access import Sight
from lib.storage.supabase.queries import Queries
from lib.storage.supabase.queries_access import AccessQueries
from lib.storage.supabase.queries_deliveries import DeliveryQueries
from lib.storage.supabase.queries_incidents import IncidentQueries
from lib.storage.supabase.queries_rules import RuleQueries
from lib.storage.supabase.queries_silences import SilenceQueries
from lib.storage.supabase.queries_status import StatusQueries
from tests.contracts.roads import HARD_TEXT, HOUR, NAME


def silence_calls(silences: SilenceQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    body = {"scope": {"tags": ["team:a:b"]}, "comment": HARD_TEXT}

    def plain(call: Callable[[], Any]) -> Callable[[], Any]:
        def made() -> Any:
            answer = call()
            for one in answer if isinstance(answer, list) else [answer]:
                for name in ("id", "created_at", "now"):
                    one.pop(name, None)
            return answer

        return made

    def first() -> str:
        return str(silences.silences()[0]["id"])

    ours, others = Sight(("team:a:b",)), Sight(("team:a",))
    yield "silences", lambda: silences.silences()
    yield "silence_create", plain(lambda: silences.silence_create(body, 5.5, None, HARD_TEXT))
    yield "silence_create", plain(lambda: silences.silence_create(body, 5.5, 4e9, "", others))
    yield "silence_create", lambda: silences.silence_create(body, "now", None, "")  # type: ignore[arg-type] # 22P02
    yield "silences", plain(lambda: silences.silences(ours))
    yield "silences", plain(lambda: silences.silences(Sight((), "other")))
    yield "silence", plain(lambda: silences.silence(first()))
    yield "silence", lambda: silences.silence(first(), others)
    yield "silence", lambda: silences.silence("nobody's")
    yield "silence_change", plain(lambda: silences.silence_change(first(), {"comment": "", "ends": 4e9, "starts": 6.0}))
    yield "silence_change", plain(lambda: silences.silence_change(first(), {"scope": {}}, sight=ours))
    yield "silence_change", lambda: silences.silence_change("nobody's", {}, end=True)
    yield "silence_change", plain(lambda: silences.silence_change(first(), {"comment": "a\0b"}))
    yield "silence_change", plain(lambda: silences.silence_change(first(), {"ends": float("nan")}))
    yield "silence_delete", lambda: silences.silence_delete("a\0b")
    yield "silence_delete", lambda: silences.silence_delete(first(), others)
    yield "silence_delete", lambda: silences.silence_delete(first())
    yield "silence_delete", lambda: silences.silence_delete("nobody's")


def status_calls(status: StatusQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    wanted = {"name": HARD_TEXT, "note": HARD_TEXT, "kind": "server", "target": NAME, "place": 1}

    def without_id(answer: Any) -> Any:
        if isinstance(answer, list):
            return [without_id(one) for one in answer]
        if isinstance(answer, dict):
            return {name: without_id(one) for name, one in answer.items() if name != "id"}
        return answer

    def first() -> str:
        return str(status.components()[0]["id"])

    yield "status", lambda: status.status(90)
    yield "component_create", lambda: without_id(status.component_create(wanted))
    yield "component_create", lambda: without_id(status.component_create({**wanted, "kind": "fleet"}))  # 23514
    yield "component_create", lambda: without_id(status.component_create({**wanted, "name": None}))  # 23502
    yield "components", lambda: without_id(status.components())
    yield "status", lambda: without_id(status.status(90))
    yield "status", lambda: without_id(status.status("ninety"))  # type: ignore[arg-type] # 22P02
    yield "component_change", lambda: without_id(status.component_change(first(), {"note": ""}))
    yield "component_change", lambda: without_id(status.component_change(first(), {"place": "x"}))  # 22P02
    yield "component_change", lambda: status.component_change("nobody's", {"note": ""})
    yield "component_delete", lambda: status.component_delete(first())
    yield "component_delete", lambda: status.component_delete("nobody's")


def rule_calls(rules: RuleQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    body = {"name": HARD_TEXT, "kind": "threshold", "metric": "cpu", "warning": 1.5}

    def plain(found: Any) -> Any:
        if isinstance(found, dict):
            times = ("created_at", "updated_at", "since")
            return {name: plain(value) for name, value in found.items() if name not in times}
        return [plain(one) for one in found] if isinstance(found, list) else found

    yield "rule_create", lambda: plain(rules.rule_create(body, "mine"))
    yield "rule_create", lambda: plain(rules.rule_create(body, "mine"))  # taken
    yield "rule_create", lambda: rules.rule_create(None, "none")  # type: ignore[arg-type] # 23502
    yield "rule_change", lambda: plain(rules.rule_change("mine", {**body, "warning": 2}, 1))
    yield "rule_change", lambda: plain(rules.rule_change("mine", body, 1))  # somebody was faster
    yield "rule_change", lambda: rules.rule_change(HARD_TEXT, body)
    yield "rule", lambda: plain(rules.rule("mine"))
    yield "rule", lambda: plain(rules.rule("mine", 5.0))
    yield "rule_list", lambda: plain(rules.rule_list())
    yield "rule_import", lambda: plain(rules.rule_import({"mine": body, "cpu": body}, ["disk"], dry_run=True))
    yield "rule_import", lambda: plain(rules.rule_import({"mine": body}, ["disk"]))
    yield "rule_delete", lambda: rules.rule_delete("mine")
    yield "rule_delete", lambda: rules.rule_delete("mine")


def incident_calls(incidents: IncidentQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    queries = Queries(incidents._rpc)
    body = {"rule_name": HARD_TEXT, "rule_version": 1, "tags": {"team": "pay"}}
    opened = {"id": "a" * 20, "rule": "cpu", "server": "gone", "subject": HARD_TEXT, "kind": "threshold", "body": body,
              "severity": "warning", "state": "open", "opened_at": HOUR + 0.5, "noticed_at": HOUR + 1.0}  # fmt: skip
    steps = [["a" * 20, 1, "opened", HOUR, HOUR + 1.0, "warning", 91.5, None, HARD_TEXT]]
    timeless = ("now", "updated_at", "acked_at", "resolved_at", "at", "noticed_at", "version", "dirty")

    def plain(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: plain(value) for name, value in found.items() if name not in timeless}
        return [plain(one) for one in found] if isinstance(found, list) else found

    def commit(**parts: Any) -> Any:
        begun = queries.sweep_begin("incidents", None)
        version = {"version": begun["version"], "rules_version": begun["rules_version"], "done": True}
        return plain(queries.sweep_commit({**version, "incidents": [opened], "transitions": steps, **parts}))

    yield "incident_list", commit
    yield "incident_act", lambda: commit()  # the same step once more
    yield "incident_list", lambda: commit(incidents=[{**opened, "id": "b" * 20, "severity": "grave"}], transitions=[])
    yield "incident_list", lambda: plain(incidents.incident_list({"state": "open", "most": 10}))
    yield "incident_list", lambda: plain(incidents.incident_list({"most": 10}, Sight(("team:pay",))))
    yield "incident_list", lambda: plain(incidents.incident_list({"most": 10}, Sight((HARD_TEXT,))))
    yield "incident", lambda: incidents.incident_list({"most": "many"})
    yield "incident", lambda: plain(incidents.incident("a" * 20))
    yield "incident", lambda: plain(incidents.incident(HARD_TEXT))
    yield "incident_act", lambda: plain(incidents.incident_act("a" * 20, "acknowledge", "ada", HARD_TEXT))
    yield "incident_act", lambda: plain(incidents.incident_act("a" * 20, "resolve", "ada"))
    yield "incident_act", lambda: plain(incidents.incident_act("a" * 20, "resolve", "ada", sight=Sight(("x:y",))))


def delivery_calls(deliveries: DeliveryQueries) -> Iterator[tuple[str, Callable[[], Any]]]:
    queries = Queries(deliveries._rpc)
    wanted = {"kind": "slack", "name": HARD_TEXT, "locale": "ko", "policy": {"least": "critical"},
              "config": {"room": HARD_TEXT}, "secret": "sealed", "sealed": ["url"]}  # fmt: skip
    drawn = ("id", "now", "created_at", "updated_at", "due_at", "sent_at", "version", "dirty", "channel")

    def plain(found: Any) -> Any:
        if isinstance(found, dict):
            return {name: plain(value) for name, value in found.items() if name not in drawn}
        if isinstance(found, list):
            return [plain(one) for one in found]
        return "<clock>" if isinstance(found, float) else found

    def first() -> str:
        return str(deliveries.channel_list()[0]["id"])

    def owe() -> Any:
        begun = queries.sweep_begin("incidents", None)  # its lease lasts
        notice = {"id": "n" * 20, "channel": first(), "kind": "opened", "severity": "critical", "due_at": 1.0,
                  "expires_at": time.time() + 600, "body": {"items": [HARD_TEXT]}, "of": [["d" * 20, 1]]}  # fmt: skip
        version = {"version": begun["version"], "rules_version": begun["rules_version"], "done": True}
        return plain(queries.sweep_commit({**version, "notices": [notice]}))

    def settle(**said: Any) -> Any:
        return deliveries.notice_settle("n" * 20, "lease", ms=12, detail=HARD_TEXT, **said)

    yield "channel_create", lambda: plain(deliveries.channel_create(wanted))
    yield "channel_create", lambda: plain(deliveries.channel_create({**wanted, "locale": "xx"}))  # 23514
    yield "channel_create", lambda: plain(deliveries.channel_create({**wanted, "name": None}))  # 23502
    yield "channel_list", lambda: plain(deliveries.channel_list())
    yield "channel", lambda: plain(deliveries.channel(first()))
    yield "channel", lambda: deliveries.channel("nobody's")
    yield "notices_claim", lambda: plain(deliveries.notices_claim("lease"))
    yield "notices_claim", lambda: deliveries.notices_claim("lease", "many")  # type: ignore[arg-type] # 22P02
    yield "notices_claim", owe
    yield "notices_claim", lambda: plain(deliveries.notices_claim("lease"))
    yield "notices_claim", lambda: plain(deliveries.notices_claim("another"))  # it is leased
    yield "notice_settle", lambda: settle(ok=False, retry_in="soon")  # 22P02
    yield "notice_settle", lambda: settle(ok=False, retry_in=-5)
    yield "notice_settle", lambda: settle(ok=True)  # the lease is over
    yield "notices_claim", lambda: plain(deliveries.notices_claim("lease"))
    yield "notice_settle", lambda: settle(ok=False, disable=True)
    yield "notices_of", lambda: plain(deliveries.notices_of("d" * 20))
    yield "notices_of", lambda: deliveries.notices_of("nobody's")
    yield "channel", lambda: plain(deliveries.channel(first()))  # switched off, and why
    yield "secrets", lambda: [sealed for _, sealed in deliveries.secrets("", 10)]
    yield "secrets", lambda: deliveries.secrets("", "many")  # type: ignore[arg-type] # 22P02
    yield "secrets_reseal", lambda: deliveries.secrets_reseal([(first(), "another", HARD_TEXT)])
    yield "secrets_reseal", lambda: deliveries.secrets_reseal([(first(), "sealed", HARD_TEXT)])
    yield "channel_change", lambda: plain(deliveries.channel_change(first(), {"enabled": True, "config": {}}))
    yield "channel_change", lambda: plain(deliveries.channel_change(first(), {"locale": "xx"}))
    yield "channel_change", lambda: deliveries.channel_change("nobody's", {"name": "b"})
    yield "channel_delete", lambda: deliveries.channel_delete(first())
    yield "channel_delete", lambda: deliveries.channel_delete("nobody's")
    yield from device_calls(deliveries, plain)


def device_calls(deliveries: DeliveryQueries, plain: Callable[[Any], Any]) -> Iterator[tuple[str, Callable[[], Any]]]:
    access = AccessQueries(deliveries._rpc)
    owner = access.account_create({"email": "device@example.org", "name": HARD_TEXT, "role": "viewer"})["id"]
    nobody = str(uuid.UUID(int=0))
    wanted = {"owner": owner, "device": "e" * 64, "kind": "web_push", "name": HARD_TEXT, "locale": "ko",
              "secret": "sealed", "sealed": ["auth"]}  # fmt: skip

    def first() -> str:
        return str(deliveries.device_list(owner)[0]["id"])

    yield "device_keep", lambda: plain(deliveries.device_keep(wanted))
    yield "device_keep", lambda: plain(deliveries.device_keep({**wanted, "name": "again"}))
    yield "device_keep", lambda: plain(deliveries.device_keep({**wanted, "locale": "xx"}))  # 23514
    yield "device_keep", lambda: plain(deliveries.device_keep({**wanted, "owner": nobody}))  # PT409
    yield "device_list", lambda: plain(deliveries.device_list(owner))
    yield "device_list", lambda: deliveries.device_list(nobody)
    yield "device_list", lambda: deliveries.device_list("nobody's")  # 22P02
    yield "device", lambda: plain(deliveries.device(owner, first()))
    yield "device", lambda: deliveries.device(nobody, first())  # another's is none
    yield "device_change", lambda: plain(deliveries.device_change(owner, first(), {"enabled": False, "locale": "en"}))
    yield "device_change", lambda: deliveries.device_change(nobody, first(), {"name": "mine"})
    yield "device_delete", lambda: deliveries.device_delete(nobody, first())
    yield "device_delete", lambda: deliveries.device_delete(owner, first())
    yield "device_delete", lambda: deliveries.device_delete(owner, "nobody's")
