"""Postgres, as Supabase serves it: what stays."""
