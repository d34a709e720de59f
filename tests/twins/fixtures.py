"""`upstash` and `postgrest`: the roads production takes to each store, for the whole session.

Where Node or its registry is missing there is no PostgREST: `postgrest` is None then, and says so once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from lib.storage.embedded.supervisor import EmbeddedStores
from tests.real_stores import Pair
from tests.twins import node_tools
from tests.twins.supabase_project import Project, clone, make_database, project
from tests.twins.upstash_twin import UpstashTwin


@pytest.fixture(scope="session")
def upstash(stores: Pair) -> Iterator[UpstashTwin]:
    """The twin before the session's own Valkey database."""
    with UpstashTwin(stores.redis_url) as twin:
        yield twin


@pytest.fixture(scope="session")
def supabase_database(embedded: EmbeddedStores) -> Pair:
    """Made and migrated as a hosted project is. A template: connect to clones of it, not to itself."""
    return make_database(embedded, "supabase_template")


@pytest.fixture(scope="session")
def postgrest(embedded: EmbeddedStores, supabase_database: Pair) -> Iterator[Project | None]:
    """A project that everybody shares; leave nothing in it that could disturb others."""
    program = node_tools.postgrest()
    if program is None:
        sys.stderr.write("\ntests: no PostgREST here (Node, npm or its registry is missing): psycopg's road only\n")
        yield None
        return
    with project(program, clone(embedded, "supabase_template", "supabase_shared")) as running:
        yield running
