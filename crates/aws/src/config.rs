//! What the functions are told by their environment, read once; all mistakes are reported together.

use std::collections::BTreeMap;
use std::fmt;

use nachklang_domain::ports::PortError;

/// Something that a function is told by an environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// The table of the contacts.
    Contacts,
    /// The table of the orders.
    Orders,
    /// The table of the due list.
    Due,
    /// The table of the coupon codes.
    Coupons,
    /// The table of the products and lists.
    Products,
    /// The table of pointers, runs, switches and marks.
    Settings,
    /// The bucket.
    Bucket,
    /// The queue of shards to look through.
    PlanningQueue,
    /// The queue to the coupon assignment.
    AssignmentQueue,
    /// The queue to the delivery.
    DeliveryQueue,
    /// The name of the secret that makes contact ids.
    ContactKey,
    /// The name of the secret that signs links.
    LinkKeys,
    /// The name of the secret that holds the webhooks' secrets.
    WebhookSecrets,
    /// The SES configuration set.
    ConfigurationSet,
    /// How many deliveries may run at once.
    SendingShare,
    /// The stage, such as `prod`.
    Stage,
}

/// A function, by the name that its folder, package, binary, role and log group have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    /// `shop-webhook`
    ShopWebhook,
    /// `segmentation`
    Segmentation,
    /// `coupon-assignment`
    CouponAssignment,
    /// `mail-delivery`
    MailDelivery,
    /// `mail-events`
    MailEvents,
    /// `file-import`
    FileImport,
    /// `recipient-portal`
    RecipientPortal,
}

impl Setting {
    /// The environment variable.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Contacts => "NACHKLANG_TABLE_CONTACTS",
            Self::Orders => "NACHKLANG_TABLE_ORDERS",
            Self::Due => "NACHKLANG_TABLE_DUE",
            Self::Coupons => "NACHKLANG_TABLE_COUPONS",
            Self::Products => "NACHKLANG_TABLE_PRODUCTS",
            Self::Settings => "NACHKLANG_TABLE_SETTINGS",
            Self::Bucket => "NACHKLANG_BUCKET",
            Self::PlanningQueue => "NACHKLANG_QUEUE_PLANNING",
            Self::AssignmentQueue => "NACHKLANG_QUEUE_ASSIGNMENT",
            Self::DeliveryQueue => "NACHKLANG_QUEUE_DELIVERY",
            Self::ContactKey => "NACHKLANG_SECRET_CONTACT_KEY",
            Self::LinkKeys => "NACHKLANG_SECRET_LINK_KEYS",
            Self::WebhookSecrets => "NACHKLANG_SECRET_WEBHOOKS",
            Self::ConfigurationSet => "NACHKLANG_CONFIGURATION_SET",
            Self::SendingShare => "NACHKLANG_SENDING_SHARE",
            Self::Stage => "NACHKLANG_STAGE",
        }
    }
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::ShopWebhook,
        Self::Segmentation,
        Self::CouponAssignment,
        Self::MailDelivery,
        Self::MailEvents,
        Self::FileImport,
        Self::RecipientPortal,
    ];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ShopWebhook => "shop-webhook",
            Self::Segmentation => "segmentation",
            Self::CouponAssignment => "coupon-assignment",
            Self::MailDelivery => "mail-delivery",
            Self::MailEvents => "mail-events",
            Self::FileImport => "file-import",
            Self::RecipientPortal => "recipient-portal",
        }
    }

    /// What it must be told. Nothing else may be given to it.
    #[must_use]
    pub const fn needs(self) -> &'static [Setting] {
        use Setting::{
            AssignmentQueue, Bucket, ConfigurationSet, ContactKey, Contacts, Coupons, DeliveryQueue, Due,
            LinkKeys, Orders, PlanningQueue, Products, SendingShare, Settings, Stage, WebhookSecrets,
        };
        match self {
            Self::ShopWebhook => {
                &[Contacts, Orders, Due, Products, Settings, Bucket, ContactKey, WebhookSecrets, Stage]
            }
            Self::Segmentation => &[
                Contacts,
                Orders,
                Due,
                Coupons,
                Products,
                Settings,
                Bucket,
                PlanningQueue,
                AssignmentQueue,
                ContactKey,
                Stage,
            ],
            Self::CouponAssignment => &[
                Contacts,
                Orders,
                Due,
                Coupons,
                Settings,
                Bucket,
                AssignmentQueue,
                DeliveryQueue,
                ContactKey,
                Stage,
            ],
            Self::MailDelivery => &[
                Contacts,
                Orders,
                Due,
                Coupons,
                Products,
                Settings,
                Bucket,
                DeliveryQueue,
                ContactKey,
                LinkKeys,
                ConfigurationSet,
                SendingShare,
                Stage,
            ],
            Self::MailEvents => &[Contacts, Coupons, Settings, Bucket, ContactKey, Stage],
            Self::FileImport => &[
                Contacts,
                Orders,
                Due,
                Coupons,
                Products,
                Settings,
                Bucket,
                ContactKey,
                WebhookSecrets,
                Stage,
            ],
            Self::RecipientPortal => &[Contacts, Settings, Bucket, ContactKey, LinkKeys, Stage],
        }
    }
}

/// What a function was told.
#[derive(Debug, Clone)]
pub struct Config {
    /// The region.
    pub region: String,
    /// Where AWS answers, if not at its own address.
    pub endpoint: Option<String>,
    /// Where SES answers, if not where the rest does.
    pub ses_endpoint: Option<String>,
    values: BTreeMap<Setting, String>,
}

/// Everything that is wrong with an environment.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidConfig(Vec<String>);

impl fmt::Display for InvalidConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the environment is incomplete: {}", self.0.join("; "))
    }
}

impl std::error::Error for InvalidConfig {}

impl Config {
    /// Reads what is needed.
    ///
    /// # Errors
    /// [`InvalidConfig`], which names every variable that is missing.
    pub fn from_lookup(
        needs: &[Setting],
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidConfig> {
        let set = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let mut missing = Vec::new();
        let mut values = BTreeMap::new();
        for setting in needs {
            match set(setting.variable()) {
                Some(value) => drop(values.insert(*setting, value)),
                None => missing.push(format!("{} is not set", setting.variable())),
            }
        }
        let region = set("AWS_REGION");
        if region.is_none() {
            missing.push("AWS_REGION is not set".to_owned());
        }
        match (region, missing.is_empty()) {
            (Some(region), true) => Ok(Self {
                region,
                endpoint: set("AWS_ENDPOINT_URL"),
                ses_endpoint: set("AWS_ENDPOINT_URL_SESV2"),
                values,
            }),
            _ => Err(InvalidConfig(missing)),
        }
    }

    /// A value.
    ///
    /// # Errors
    /// A permanent [`PortError`] when the function was not told it.
    pub fn get(&self, setting: Setting) -> Result<&str, PortError> {
        let value = self.values.get(&setting).map(String::as_str);
        value.ok_or_else(|| PortError::permanent(format!("{} is not set", setting.variable())))
    }
}
