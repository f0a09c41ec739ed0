"""Receiving webhooks with Django, as a project of one file.

CODAT_WEBHOOK_SECRET=whsec_… python examples/webhook_receivers/django_app.py runserver
"""

# Django is not installed where the types are checked.
# mypy: disallow-untyped-decorators=False
# pyright: reportMissingImports=false, reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

import os
import sys

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from inbox import Inbox

from codat_python_sdk.webhooks import Webhook, WebhookVerificationError

if not settings.configured:
    settings.configure(
        ROOT_URLCONF=__name__,
        SECRET_KEY=os.environ.get("DJANGO_SECRET_KEY", "of no use here"),
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
    )
webhook = Webhook()  # without a secret, the process does not start
inbox = Inbox()


@csrf_exempt  # Codat has no cookie of your site; the signature authenticates it
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Verify, store, respond. Read ``request.body`` before anything reads ``request.POST``."""
    body = request.body
    try:
        webhook_id = webhook.verify(body, request.headers)  # request.META works as well
    except WebhookVerificationError as error:
        return HttpResponse(str(error), status=400)
    inbox.add(webhook_id, body)
    return HttpResponse(status=204)


urlpatterns = [path("codat/webhooks", receive)]
application = get_wsgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
