"""Alerts: from findings to people."""
