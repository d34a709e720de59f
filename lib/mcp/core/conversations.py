"""What was said before in a conversation, kept in Redis so that any instance can go on with it. Without Redis a
question is answered as if it were the first: a conversation is a convenience, an answer is not.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Mapping
from typing import Any

from lib.domain.errors import Unavailable
from lib.storage.port import Chats

log = logging.getLogger(__name__)

MOST_TURNS = 6
MOST_TEXT = 500  # characters kept of a question
_ID = re.compile(r"[A-Za-z0-9_-]{8,40}")


class Conversations:
    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    def begin(self, owner: str, conversation: str | None) -> tuple[str, list[dict[str, Any]]]:
        """(id, history as `parse` takes it, oldest first); a new id where there is none, or none of ours."""
        if not conversation or not _ID.fullmatch(conversation):
            return secrets.token_urlsafe(12), []
        try:
            kept = self._chats.turns(owner, conversation)
        except Unavailable as error:
            log.warning("the conversation cannot be read: %s", error)
            return conversation, []
        return conversation, json.loads(kept) if kept else []

    def keep(
        self,
        owner: str,
        conversation: str,
        history: list[dict[str, Any]],
        message: str,
        frame: Mapping[str, Any],
        first: str | None = None,
    ) -> None:
        """Add a turn; `first` is the server at the head of its ranking. Never raises."""
        answer = {"role": "assistant", "text": "", "intent": frame["intent"], "entities": dict(frame["entities"])}
        turn = [{"role": "user", "text": message[:MOST_TEXT]}, {**answer, "first": first} if first else answer]
        turns = [*history, *turn][-2 * MOST_TURNS :]
        try:
            self._chats.keep(owner, conversation, json.dumps(turns, ensure_ascii=False, separators=(",", ":")))
        except Unavailable as error:
            log.warning("the conversation cannot be kept: %s", error)
