"""The body that unlinks a connection."""

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyPatchDataConnectionModel(Model):
    """A change of status."""

    status: str | None = field("status", default=None)  #: "Unlinked", in just this spelling, is the only documented one
