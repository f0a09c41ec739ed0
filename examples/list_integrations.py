"""The platforms to choose from, with their keys and logos, under the generated names."""

from __future__ import annotations

from _service import service

from codat_python_sdk import ApiClient
from codat_python_sdk.api import IntegrationsApi

with service() as place, ApiClient(place.configuration) as client:
    api = IntegrationsApi(client)
    page = 1
    while integrations := api.integrations_get(page, page_size=20, order_by="name").results:
        for integration in integrations:
            if integration.enabled:
                print(integration.key, integration.name)
        page += 1

    xero = api.integrations_platform_key_get("gbol")
    branding = api.integrations_platform_key_branding_get("gbol")
    logo = branding.logo.full.image.src if branding.logo and branding.logo.full and branding.logo.full.image else None
    print(xero.name, "has its logo at", logo or xero.logo_url)
