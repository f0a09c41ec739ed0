"""An access token for one company."""

from codat_python_sdk.model_utils import Model, field


class CodatPublicApiModelsCompanyCompanyAccessToken(Model):
    """A token for Codat's embedded components in the customer's browser. It is valid for one company."""

    access_token: str = field("accessToken", secret=True)  #: the token; a secret
    expires_in: int = field("expiresIn")  #: seconds until it expires; 86400 in Codat's documents
    token_type: str = field("tokenType")  #: "Bearer"
