"""The operations of SES's second API."""

from groundcloud.operation import Service
from groundcloud.services.ses import (
    second_api,
    second_bulk,
    second_destinations,
    second_dkim,
    second_sets,
    second_settings,
    second_suppression,
)

service = Service(
    "sesv2",
    second_api,
    second_bulk,
    second_destinations,
    second_dkim,
    second_sets,
    second_settings,
    second_suppression,
    prefix="ses",
)
