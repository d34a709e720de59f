"""Limits that all instances share: GCRA in Redis, one EVAL for all claims of a request, by Redis' own clock.

A subject is one key with the microsecond at which its backlog ends, and lives no longer than that. SET ... PX writes
both at once: a crash leaves no key that never ends, as INCR and EXPIRE would. The script travels with each call, so a
Redis that was emptied or replaced needs no preparation.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from lib.domain.errors import Unavailable
from lib.domain.limits import Claim, Verdict, told
from lib.storage.redis.client import Redis

log = logging.getLogger(__name__)

PREFIX = "omv:limit:"

# KEYS: subjects. ARGV: step and span of each. Gives 1 or 0, then the backlog that each subject had. The arithmetic is
# lib/domain/limits.decide. Numbers are below 2^53, where Lua's doubles are exact; "%.0f" keeps all their digits.
TAKE = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local found = redis.call('MGET', unpack(KEYS))
local answer = {1}
for i = 1, #KEYS do
  local step, span = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local backlog = math.min(math.max((tonumber(found[i] or 0) or 0) - now, 0), span)
  answer[i + 1] = backlog
  if backlog + step > span then answer[1] = 0 end
end
if answer[1] == 1 then
  for i = 1, #KEYS do
    local backlog = answer[i + 1] + tonumber(ARGV[2 * i - 1])
    redis.call('SET', KEYS[i], string.format('%.0f', now + backlog), 'PX', math.ceil(backlog / 1000))
  end
end
return answer
"""

# KEYS: subjects. ARGV: microseconds that each gets back.
GIVE_BACK = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local found = redis.call('MGET', unpack(KEYS))
for i = 1, #KEYS do
  local backlog = (tonumber(found[i] or 0) or 0) - now - tonumber(ARGV[i])
  if backlog > 0 then
    redis.call('SET', KEYS[i], string.format('%.0f', now + backlog), 'PX', math.ceil(backlog / 1000))
  elseif found[i] then
    redis.call('DEL', KEYS[i])
  end
end
return 1
"""


class RedisLimits:
    """lib/domain/limits.Limits, for as many processes as there are."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def take(self, claims: Sequence[Claim]) -> list[Verdict]:
        numbers = [str(number) for claim in claims for number in (claim.policy.step, claim.policy.span)]
        admitted, *backlogs = self._run(TAKE, claims, numbers)
        return [
            told(claim.policy, int(backlog), admitted=bool(admitted))
            for claim, backlog in zip(claims, backlogs, strict=True)
        ]

    def give_back(self, claims: Sequence[Claim], units: Sequence[int]) -> None:
        amounts = [str(claim.policy.step * count) for claim, count in zip(claims, units, strict=True)]
        self._run(GIVE_BACK, claims, amounts)

    def _run(self, script: str, claims: Sequence[Claim], arguments: Sequence[str]) -> Any:
        keys = [PREFIX + claim.subject for claim in claims]
        try:
            return self._redis.execute("EVAL", script, len(keys), *keys, *arguments)
        except RuntimeError as error:
            # Some services forbid scripts, or TIME in them. That must neither keep everybody out nor let anybody in
            # uncounted: each instance then counts by itself.
            log.error("Redis does not count limits: %s", error)
            raise Unavailable("Redis does not count limits") from error
