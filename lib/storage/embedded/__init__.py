"""A real Valkey and a real Postgres out of wheels, supervised: localhost needs no account and no container."""
