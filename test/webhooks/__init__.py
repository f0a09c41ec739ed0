"""Verifying and reading webhooks."""
