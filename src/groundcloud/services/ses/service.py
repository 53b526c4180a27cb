"""The operations of SES's first API."""

from groundcloud.operation import Service
from groundcloud.services.ses import destinations, identities, sending, templates

service = Service("ses", identities, sending, templates, destinations)
"""The second one is in `second_service.py`."""
