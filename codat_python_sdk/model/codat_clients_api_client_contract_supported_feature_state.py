"""One feature of a data type."""

from codat_python_sdk.model_utils import Model, field


class CodatClientsApiClientContractSupportedFeatureState(Model):
    """A feature, and how far it is supported."""

    feature_type: str | None = field("featureType", default=None)  #: such as "Get" or "Post"
    feature_state: str | None = field("featureState", default=None)  #: such as "Release", "Beta" or "NotSupported"
