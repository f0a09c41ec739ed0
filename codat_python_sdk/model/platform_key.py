"""The known platform keys."""

from enum import Enum


class PlatformKey(str, Enum):
    """The platform keys that Codat documents in August 2026. ``integrations.list`` has those of your account."""

    # Accounting
    DYNAMICS_365_BUSINESS_CENTRAL = "trji"  #: Dynamics 365 Business Central
    DYNAMICS_365_FINANCE_AND_OPERATIONS = "rqwd"  #: Dynamics 365 Finance and Operations
    EXACT_NETHERLANDS = "qudb"  #: Exact (NL)
    EXACT_UK = "pbbf"  #: Exact (UK)
    FREEAGENT = "fbrh"  #: FreeAgent
    FRESHBOOKS = "vxvy"  #: FreshBooks
    MYOB = "pdvj"  #: MYOB
    NETSUITE = "akxx"  #: NetSuite
    QUICKBOOKS_DESKTOP = "pqsw"  #: QuickBooks Desktop
    QUICKBOOKS_ONLINE = "qhyg"  #: QuickBooks Online
    SAGE_200 = "jcrp"  #: Sage 200
    SAGE_50_UK = "hbql"  #: Sage 50 (UK)
    SAGE_ACCOUNTING = "tgff"  #: Sage Accounting
    SAGE_INTACCT = "knfz"  #: Sage Intacct
    WAVE = "pbtz"  #: Wave
    WORKDAY = "rvam"  #: Workday
    XERO = "gbol"  #: Xero
    ZOHO_BOOKS = "rwuv"  #: Zoho Books
    # Banking
    PLAID = "suuo"  #: Plaid
    TRUELAYER = "upvr"  #: TrueLayer
    # Commerce
    AMAZON = "qkdj"  #: Amazon
    BIGCOMMERCE = "vqzp"  #: BigCommerce
    CLOVER = "fqly"  #: Clover
    PARTNER_COMMERCE = "lqai"  #: Partner Commerce
    SHOPIFY = "fztf"  #: Shopify
    SQUARE = "zsth"  #: Square
    STRIPE = "exgd"  #: Stripe
    WOOCOMMERCE = "ltpp"  #: WooCommerce
    ZETTLE = "ugxp"  #: Zettle
    # Bank feeds
    SAGE_BANK_FEEDS = "olpr"  #: Sage bank feeds
    QUICKBOOKS_ONLINE_BANK_FEEDS = "hcws"  #: QuickBooks Online bank feeds
    # Test
    SANDBOX = "mqjo"  #: Codat's Sandbox
    QUICKBOOKS_ONLINE_SANDBOX = "ndsk"  #: QuickBooks Online Sandbox
    COMMERCE_SANDBOX = "aiwb"  #: Commerce Sandbox
    SQUARE_SANDBOX = "xcwv"  #: Square Sandbox
    STRIPE_TEST = "yzth"  #: Stripe in test mode

    def __str__(self) -> str:
        return self.value
