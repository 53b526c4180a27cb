"""Asks OpenID Connect providers for their keys."""
