"""The transport: the only folder that knows urllib3 and certifi.

``client`` makes an attempt, through ``pools`` of ``sockets`` that keep to its ``deadline``; ``errors`` says what was
wrong.
"""

from codat_python_sdk.rest.client import USER_AGENT, RESTClientObject, RESTResponse

__all__ = ["USER_AGENT", "RESTClientObject", "RESTResponse"]
