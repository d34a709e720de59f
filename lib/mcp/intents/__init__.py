"""The questions the assistant answers: one file each, named after the intent, and one line here.

A file gives `QUESTION`, and is imported when it is first asked.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from lib.mcp.core.question import Question

INTENTS = (
    "fleet_summary",
    "server_status",
    "metric_current",
    "metric_history",
    "top_n",
    "threshold_filter",
    "alert_list",
    "root_cause",
    "change_correlation",
    "report",
    "alert_ack",
    "alert_silence",
    "threshold_set",
    "troubleshoot",
    "concept_explain",
    "product_help",
    "agent_help",
    "server_list",
    "compare_servers",
    "compare_periods",
    "forecast",
    "anomaly_list",
    "uptime_sla",
    "process_query",
    "log_query",
    "clarify",
    "out_of_scope",
    "smalltalk",
)  # fmt: skip

# They can be answered where there is no server at all.
NEEDS_NO_SERVERS = frozenset({
    "agent_help", "product_help", "concept_explain", "troubleshoot", "smalltalk", "out_of_scope", "clarify", "alert_list",
})  # fmt: skip


@cache
def question(intent: str) -> Question:
    """The question of that intent; of one that nobody answers, the one that asks back."""
    name = intent if intent in INTENTS else "clarify"
    found: Question = import_module(f"lib.mcp.intents.{name}").QUESTION
    return found
