"""The operations of SES's first API."""

from groundcloud.operation import Service
from groundcloud.services.ses import destinations, identities, sending, settings, templates

service = Service("ses", identities, sending, templates, destinations, settings)
"""The second one is in `second_service.py`."""
