"""The road to each store that the settings describe. A store's client is imported only where its road is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lib.storage.hybrid.storage import HybridStorage

if TYPE_CHECKING:
    from lib.settings import Settings
    from lib.storage.redis.client import Redis
    from lib.storage.supabase.client import Rpc


def storage_of(settings: Settings) -> HybridStorage:
    """Connects to nothing yet: each store is asked for the first time when it is needed."""
    return HybridStorage(_redis(settings), _rpc(settings), billed=settings.redis_billed, shard=settings.shard)


def _redis(settings: Settings) -> Redis:
    from lib.storage.redis import client

    if settings.redis_rest_url and settings.redis_rest_token:
        return client.RestRedis(settings.redis_rest_url, settings.redis_rest_token)
    return client.UrlRedis(settings.redis_url) if settings.redis_url else client.NoRedis()


def _rpc(settings: Settings) -> Rpc:
    from lib.storage.supabase import client

    if settings.database_url:
        return client.PsycopgRpc(settings.database_url)
    return client.PostgrestRpc(settings.supabase_rest_url, settings.supabase_key)
