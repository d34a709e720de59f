"""What reads wire formats. A foreign protocol is one file here and one line of PROTOCOLS: `{file: (method path, ...)}`.

Each path needs its rewrite to the ingest function in vercel.json; a test holds both together.
"""

from __future__ import annotations

PROTOCOLS: dict[str, tuple[str, ...]] = {
    "alertmanager": ("POST /api/v1/webhooks/alertmanager",),
    "alertmanager_api": ("POST /api/v2/alerts", "GET /api/v2/status"),
    "collectd": ("POST /collectd", "POST /api/v1/datapoints"),
    "glances": ("POST /glances",),
    "grafana": ("POST /api/v1/webhooks/grafana", "PUT /api/v1/webhooks/grafana"),
    "influx": ("POST /write", "POST /api/v2/write", "GET /query", "POST /query", "GET /ping", "GET /health"),
    "exposition": (
        "POST /metrics/job/<path:grouping>",
        "PUT /metrics/job/<path:grouping>",
        "DELETE /metrics/job/<path:grouping>",
        "POST /metrics/job@base64/<path:grouping>",
        "PUT /metrics/job@base64/<path:grouping>",
        "DELETE /metrics/job@base64/<path:grouping>",
        "POST /api/v1/import/prometheus",
    ),
    "plain_alerts": ("POST /api/v1/webhooks/alert",),
    "opentsdb": ("POST /api/put", "POST /graphite"),
    "prometheus": ("POST /api/v1/write", "POST /api/prom/push", "POST /api/v1/push"),
    "otlp": ("POST /v1/metrics", "POST /otlp/v1/metrics"),
    "otlp_logs": ("POST /v1/logs", "POST /otlp/v1/logs", "POST /v1/traces", "POST /otlp/v1/traces"),
}

# What clients ask before they show who they are; nothing of the hub is told there.
OPEN_TO_ALL = frozenset({"GET /ping", "GET /health"})
