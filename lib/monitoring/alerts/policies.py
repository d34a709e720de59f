"""Channels' policies and silences as documents: how they lie in the database, and back."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from lib.domain.alerting import ChannelFacts, Policy, QuietHours, Schedule, Silence
from lib.domain.calendars import end_of
from lib.monitoring.alerts.book import Config
from lib.monitoring.alerts.rules import schedule_of, scope_of
from lib.monitoring.alerts.silences import is_active

log = logging.getLogger(__name__)

_POLICY = {one.name for one in fields(Policy)}
_SILENCE = {one.name for one in fields(Silence)}
_LISTS = ("rules", "group_by", "incidents")


def policy_of(document: Mapping[str, Any]) -> Policy:
    """Raises TypeError, KeyError or ValueError for what is none."""
    known = {name: value for name, value in document.items() if name in _POLICY}
    known["scope"] = scope_of(known.get("scope"))
    if known.get("quiet"):
        quiet = dict(known["quiet"])
        schedule = schedule_of(quiet.pop("schedule")) or Schedule()
        end_of(schedule, 0.0)  # that it can be asked is found out here
        known["quiet"] = QuietHours(schedule, **quiet)
    return Policy(**_tupled(known))


def document_of(policy: Policy) -> dict[str, Any]:
    """Only what differs from a policy that nobody has touched."""
    usual = asdict(Policy())
    return {name: value for name, value in asdict(policy).items() if value != usual[name]}


def silence_of(document: Mapping[str, Any]) -> Silence:
    """Raises TypeError, KeyError or ValueError for what is none."""
    known = {name: value for name, value in document.items() if name in _SILENCE}
    known["scope"] = scope_of(known.get("scope"))
    silence = Silence(**_tupled(known))
    is_active(silence, float(silence.starts))  # that it can be asked is found out here
    return silence


def config_of(document: Mapping[str, Any]) -> Config:
    """What `omv_sweep_begin` gives as `alerting`. What cannot be read must not stop the sweep: a channel then hears by
    the usual policy, which is more rather than less, and a silence mutes nothing."""
    channels = []
    for one in document["channels"]:
        try:
            policy = policy_of(one["policy"])
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            log.error("the policy of channel %s cannot be read: %s", one["id"], error)
            policy = Policy()
        channels.append(ChannelFacts(one["id"], one["kind"], one["name"], one["locale"], one["enabled"], policy))
    silences = []
    for one in document["silences"]:
        try:
            silences.append(silence_of(one))
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            log.error("silence %s cannot be read: %s", one.get("id"), error)
    return Config(tuple(channels), tuple(silences))


def _tupled(document: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if name in _LISTS else value for name, value in document.items()}
