"""The operations of SES's second API."""

from groundcloud.operation import Service
from groundcloud.services.ses import second_api

service = Service("sesv2", second_api, prefix="ses")
