"""Who may pass where: each route and the kind of caller it is for."""

from __future__ import annotations

from lib.monitoring.collectors import OPEN_TO_ALL, PROTOCOLS
from tests.api.admitted import KEYS, PEOPLE

UNKNOWN = {"nobody", "garbage", "cron", "expired key", "revoked key", "key after rotation, old secret"}
EVERYBODY = {*PEOPLE, *KEYS, "nobody", "garbage", "cron"}
ALL_SCOPES = {"key of every scope", "key in rotation, old secret"}
WRITERS = {"write key", "write key of a team", "write key of a server", *ALL_SCOPES}
ACTORS = {"act key", "act key of a team", *ALL_SCOPES}
READERS = {"read key", "read key of a team", "read key of a server", *ACTORS}
OPERATORS = {"operator", "operator of a team", "admin"}

# Who passes; those who are known but do not pass are told 403, the others 401.
PASSES: dict[str, set[str]] = {
    "everybody": EVERYBODY,
    "agents": WRITERS,
    "viewers": {*PEOPLE, *READERS},
    "operators": {*OPERATORS, *ACTORS},
    "admins": {"admin"},
    "people": set(PEOPLE),
    "the clock": {"cron"},
}
KNOWN: dict[str, set[str]] = {
    "agents": set(KEYS) - UNKNOWN,  # a person's token is no key
    "the clock": {"cron"},  # and neither is a person's or a key's secret the clock's
}

MATRIX: dict[tuple[str, str], str] = {
    ("POST", "/api/ingest"): "agents",
    ("GET", "/api/push/<ping_id>"): "everybody",
    ("POST", "/api/push/<ping_id>"): "everybody",
    ("GET", "/ping/<ping_id>"): "everybody",
    ("POST", "/ping/<ping_id>"): "everybody",
    ("GET", "/ping/<ping_id>/<what>"): "everybody",
    ("POST", "/ping/<ping_id>/<what>"): "everybody",
    ("GET", "/ping/<ping_id>/<slug>/<what>"): "everybody",
    ("POST", "/ping/<ping_id>/<slug>/<what>"): "everybody",
    ("GET", "/api/rules"): "viewers",
    ("POST", "/api/rules"): "operators",
    ("PUT", "/api/rules/<rule_id>"): "operators",
    ("DELETE", "/api/rules/<rule_id>"): "operators",
    ("GET", "/api/rules/export"): "viewers",
    ("POST", "/api/rules/import"): "admins",
    ("POST", "/api/rules/preview"): "viewers",
    ("GET", "/api/rules/<rule_id>/explain"): "viewers",
    ("POST", "/api/alerts/act"): "everybody",
    ("GET", "/api/rules/channels"): "viewers",
    ("GET", "/api/rules/channels/kinds"): "viewers",
    ("POST", "/api/rules/channels"): "admins",
    ("PATCH", "/api/rules/channels/<channel_id>"): "admins",
    ("DELETE", "/api/rules/channels/<channel_id>"): "admins",
    ("POST", "/api/rules/channels/<channel_id>/test"): "admins",
    ("GET", "/api/rules/checks"): "viewers",
    ("POST", "/api/rules/checks"): "operators",
    ("GET", "/api/rules/checks/due"): "viewers",
    ("GET", "/api/rules/checks/<check_id>"): "viewers",
    ("PATCH", "/api/rules/checks/<check_id>"): "operators",
    ("DELETE", "/api/rules/checks/<check_id>"): "operators",
    ("POST", "/api/rules/checks/<check_id>/pause"): "operators",
    ("POST", "/api/rules/checks/<check_id>/resume"): "operators",
    ("GET", "/api/rules/silences"): "viewers",
    ("POST", "/api/rules/silences"): "operators",
    ("POST", "/api/rules/silences/preview"): "viewers",
    ("GET", "/api/rules/silences/<silence_id>"): "viewers",
    ("PATCH", "/api/rules/silences/<silence_id>"): "operators",
    ("DELETE", "/api/rules/silences/<silence_id>"): "operators",
    ("POST", "/api/rules/silences/<silence_id>/end"): "operators",
    ("GET", "/api/servers"): "viewers",
    ("GET", "/api/servers/<name>"): "viewers",
    ("PATCH", "/api/servers/<name>"): "operators",
    ("DELETE", "/api/servers/<name>"): "admins",
    ("GET", "/api/servers/<name>/series"): "viewers",
    ("GET", "/api/servers/<name>/forecast"): "viewers",
    ("GET", "/api/servers/<name>/analysis"): "viewers",
    ("GET", "/api/servers/<name>/causes"): "viewers",
    ("GET", "/api/analysis"): "viewers",
    ("GET", "/api/alerts/<alert_id>/causes"): "viewers",
    ("GET", "/api/servers/<name>/processes"): "viewers",
    ("GET", "/api/servers/<name>/errors"): "viewers",
    ("GET", "/api/servers/<name>/events"): "viewers",
    ("GET", "/api/status"): "everybody",
    ("GET", "/api/status/badge/<component>.svg"): "everybody",
    ("GET", "/api/status/components"): "admins",
    ("POST", "/api/status/components"): "admins",
    ("PATCH", "/api/status/components/<component>"): "admins",
    ("DELETE", "/api/status/components/<component>"): "admins",
    ("GET", "/api/servers/<name>/anomalies"): "viewers",
    ("POST", "/api/servers/<name>/anomalies/expected"): "operators",
    ("GET", "/api/anomalies"): "viewers",
    ("GET", "/api/errors"): "viewers",
    ("GET", "/api/errors/<fingerprint>"): "viewers",
    ("GET", "/api/alerts"): "viewers",
    ("GET", "/api/alerts/<alert_id>"): "viewers",
    ("POST", "/api/alerts/<alert_id>/ack"): "operators",
    ("POST", "/api/alerts/<alert_id>/resolve"): "operators",
    ("GET", "/api/alerts/devices"): "people",
    ("POST", "/api/alerts/devices"): "people",
    ("PATCH", "/api/alerts/devices/<device_id>"): "people",
    ("DELETE", "/api/alerts/devices/<device_id>"): "people",
    ("POST", "/api/alerts/devices/<device_id>/test"): "people",
    ("POST", "/api/auth/login"): "everybody",
    ("POST", "/api/auth/refresh"): "everybody",
    ("POST", "/api/auth/logout"): "everybody",
    ("GET", "/api/auth/me"): "people",
    ("POST", "/api/auth/password"): "people",
    ("POST", "/api/auth/sessions/end"): "people",
    ("GET", "/api/auth/users"): "admins",
    ("POST", "/api/auth/users"): "admins",
    ("PATCH", "/api/auth/users/<user_id>"): "admins",
    ("DELETE", "/api/auth/users/<user_id>"): "admins",
    ("POST", "/api/auth/users/<user_id>/password"): "admins",
    ("POST", "/api/auth/users/<user_id>/sessions/end"): "admins",
    ("GET", "/api/auth/addresses"): "admins",
    ("GET", "/api/auth/audit"): "admins",
    ("GET", "/api/auth/keys"): "admins",
    ("POST", "/api/auth/keys"): "admins",
    ("PATCH", "/api/auth/keys/<key_id>"): "admins",
    ("DELETE", "/api/auth/keys/<key_id>"): "admins",
    ("GET", "/api/auth/keys/<key_id>/arrivals"): "admins",
    ("POST", "/api/auth/keys/<key_id>/rotate"): "admins",
    ("GET", "/api/health"): "everybody",
    ("GET", "/api/health/clouds"): "admins",
    ("POST", "/api/chat"): "viewers",  # what it proposes is confirmed by operators alone
    ("POST", "/api/chat/confirm"): "operators",
    ("POST", "/api/mcp"): "viewers",  # what acts asks for more, tool by tool: tests/mcp
    ("GET", "/.well-known/oauth-protected-resource"): "everybody",
    ("GET", "/.well-known/oauth-protected-resource/api/mcp"): "everybody",
    ("GET", "/api/cron/sweep"): "the clock",
    ("GET", "/api/cron/rollup"): "the clock",
}
# Foreign protocols all have the same door.
FOREIGN = {path for paths in PROTOCOLS.values() for path in paths}
MATRIX |= {
    (path.partition(" ")[0], path.partition(" ")[2]): "everybody" if path in OPEN_TO_ALL else "agents"
    for path in FOREIGN
}
