"""Which store answers what: Redis takes posts in and shows what is now, Postgres is the truth.

Each method says what it costs and what happens when a store is away. Nothing here decides anything about samples.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lib.domain.errors import DomainError, Unavailable
from lib.storage.hybrid.directory import Directory
from lib.storage.port import Entry
from lib.storage.redis.cache import Cache, id_key
from lib.storage.redis.chats import RedisChats
from lib.storage.redis.client import Counting, Redis, Resting
from lib.storage.redis.limits import RedisLimits
from lib.storage.redis.refusals import RedisRefusals
from lib.storage.supabase.audited import AuditedRpc
from lib.storage.supabase.client import QUICK_SECONDS, Rpc
from lib.storage.supabase.queries import Queries
from lib.storage.supabase.queries_access import AccessQueries
from lib.storage.supabase.queries_analysis import AnalysisQueries
from lib.storage.supabase.queries_anomalies import AnomalyQueries
from lib.storage.supabase.queries_checks import CheckQueries
from lib.storage.supabase.queries_clouds import CloudQueries
from lib.storage.supabase.queries_deliveries import DeliveryQueries
from lib.storage.supabase.queries_forecasts import ForecastQueries
from lib.storage.supabase.queries_incidents import IncidentQueries
from lib.storage.supabase.queries_rules import RuleQueries
from lib.storage.supabase.queries_silences import SilenceQueries
from lib.storage.supabase.queries_status import StatusQueries

PUBLISH_BILLED_SECONDS = 300.0
BOTH_SECONDS = 1.9  # a request gives both stores together two seconds
REDIS_PAUSE_SECONDS = 5.0  # after a failure Redis is left alone so long: a request must not pay its time-out twice


class HybridStorage:
    def __init__(self, redis: Redis, rpc: Rpc, *, billed: bool, shard: int = 0) -> None:
        self.redis = Counting(redis)
        self.cache = Cache(self.redis, shard)
        resting = Resting(self.redis, REDIS_PAUSE_SECONDS)
        self.limits = RedisLimits(resting)
        self.chats = RedisChats(resting)
        self.refusals = RedisRefusals(resting)
        self.rpc = rpc
        self.queries = Queries(AuditedRpc(rpc), shard)
        self.access = AccessQueries(AuditedRpc(rpc))
        self.checks = CheckQueries(AuditedRpc(rpc))
        self.clouds = CloudQueries(AuditedRpc(rpc))
        self.anomalies = AnomalyQueries(AuditedRpc(rpc))
        self.silences = SilenceQueries(AuditedRpc(rpc))
        self.deliveries = DeliveryQueries(AuditedRpc(rpc))
        self.status = StatusQueries(AuditedRpc(rpc))
        self.forecasts = ForecastQueries(AuditedRpc(rpc), shard)
        self.analysis = AnalysisQueries(AuditedRpc(rpc))
        self.rules = RuleQueries(AuditedRpc(rpc))
        self.incidents = IncidentQueries(AuditedRpc(rpc))
        self.directory = Directory(self.queries)
        self.billed = billed
        self._redis_down_until = float("-inf")
        self._published_at = float("-inf")

    def append(self, parts: Sequence[str], cursor: str) -> str:
        """Keep one post until the next sweep. One Redis command; Postgres' inbox when Redis is away. Gives where it
        lies (a stream id, or `inbox`). Raises Unavailable when neither took it: then the sender must keep it."""
        began = time.monotonic()
        if began >= self._redis_down_until:
            try:
                entry_id = self.cache.append(parts, cursor)
            except Unavailable:
                self._redis_down_until = time.monotonic() + REDIS_PAUSE_SECONDS
            else:
                if id_key(entry_id) <= id_key(cursor):
                    self._rewind(cursor)
                return entry_id
        left = BOTH_SECONDS - (time.monotonic() - began)
        self.queries.inbox_append(parts, timeout=min(QUICK_SECONDS, left))
        return "inbox"

    def _rewind(self, cursor: str) -> None:
        """Redis lost the stream and its clock runs behind: XREAD after the old cursor would never show this entry.

        A stream's ids only rise, so all there is came after the loss: read it from its beginning. What of it was
        stored before is known by its post numbers and times.
        """
        self.queries.cursor_reset(cursor, "0-0")
        self.directory.moved()

    def read(self, cursor: str, count: int) -> list[Entry]:
        return self.cache.read(cursor, count)

    def snapshot(self, have_version: int | None = None) -> dict[str, Any]:
        """`{version, body, swept_at, now}` of the last commit; body None when `have_version` is still current.

        Postgres answers conditionally. Where Redis commands cost nothing it is asked first: one command. When Postgres
        is away, Redis' copy is given, marked `"fallback": True`.
        """
        if not self.billed:
            found = self._cached_snapshot()
            if found is not None:
                return found
        try:
            return self.queries.snapshot(have_version)
        except Unavailable:
            found = self._cached_snapshot()
            if found is None:
                raise
            return {**found, "fallback": True}

    def publish(self, snapshot: str) -> None:
        """Put the committed snapshot where pages find it when Postgres is away; where commands are billed at most every
        five minutes. Never raises: the commit it copies has already happened."""
        now = time.monotonic()
        if now < self._redis_down_until or (self.billed and now < self._published_at + PUBLISH_BILLED_SECONDS):
            return
        try:
            self.cache.put_snapshot(snapshot)
        except Unavailable:
            self._redis_down_until = now + REDIS_PAUSE_SECONDS
        else:
            self._published_at = now

    def first_emergency_this_hour(self) -> bool:
        try:
            return self.cache.first_emergency_this_hour()
        except Unavailable:
            return True

    def _cached_snapshot(self) -> dict[str, Any] | None:
        if time.monotonic() < self._redis_down_until:
            return None
        try:
            body = self.cache.get_snapshot()
        except Unavailable:
            self._redis_down_until = time.monotonic() + REDIS_PAUSE_SECONDS
            return None
        if body is None:
            return None
        return {"version": int(body.partition(" ")[0]), "body": body, "swept_at": None, "now": time.time()}

    def health(self) -> dict[str, Any]:
        """Both stores asked at once: `{redis: "ok" | reason, postgres: "ok" | reason, facts: {...} | None}`."""
        answer: dict[str, Any] = {"redis": "ok", "postgres": "ok", "facts": None}
        with ThreadPoolExecutor(1, "redis-health") as other:
            pong = other.submit(self.cache.ping)
            try:
                answer["facts"] = self.queries.health()
            except DomainError as error:
                answer["postgres"] = str(error)
            try:
                pong.result()
            except DomainError as error:  # anything else is a bug, and must not pass for "ok"
                answer["redis"] = str(error)
        answer["redis_commands"] = self.redis.commands
        return answer

    def close(self) -> None:
        self.redis.close()
        self.rpc.close()
