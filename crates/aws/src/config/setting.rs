//! What functions may be told, and which function needs what.

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
    /// The queue that the function's own messages come from.
    OwnQueue,
    /// The dead letters of that queue.
    OwnDeadLetters,
    /// Seconds until a message that failed for the first time comes again.
    RetrySeconds,
    /// The queue of the mail events that could not be recorded.
    EventsDeadLetters,
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
    /// `person-data`
    PersonData,
}

impl Setting {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Contacts,
        Self::Orders,
        Self::Due,
        Self::Coupons,
        Self::Products,
        Self::Settings,
        Self::Bucket,
        Self::PlanningQueue,
        Self::AssignmentQueue,
        Self::DeliveryQueue,
        Self::OwnQueue,
        Self::OwnDeadLetters,
        Self::RetrySeconds,
        Self::EventsDeadLetters,
        Self::ContactKey,
        Self::LinkKeys,
        Self::WebhookSecrets,
        Self::ConfigurationSet,
        Self::SendingShare,
        Self::Stage,
    ];

    /// The functions that are told it.
    const fn users(self) -> &'static [Function] {
        use Function::{
            CouponAssignment, FileImport, MailDelivery, MailEvents, PersonData, RecipientPortal,
            Segmentation, ShopWebhook,
        };
        match self {
            Self::Contacts | Self::Settings | Self::Bucket | Self::Stage => &Function::ALL,
            Self::Orders => {
                &[ShopWebhook, Segmentation, CouponAssignment, MailDelivery, FileImport, PersonData]
            }
            Self::Due => &[ShopWebhook, Segmentation, CouponAssignment, MailDelivery, FileImport],
            Self::Coupons => {
                &[Segmentation, CouponAssignment, MailDelivery, MailEvents, FileImport, PersonData]
            }
            Self::Products => &[ShopWebhook, MailDelivery, FileImport],
            Self::PlanningQueue | Self::AssignmentQueue => &[Segmentation],
            Self::DeliveryQueue => &[CouponAssignment, MailDelivery],
            Self::OwnQueue | Self::OwnDeadLetters | Self::RetrySeconds => {
                &[Segmentation, CouponAssignment, MailDelivery, MailEvents, FileImport]
            }
            Self::EventsDeadLetters => &[PersonData],
            Self::ContactKey => &[
                ShopWebhook,
                Segmentation,
                CouponAssignment,
                MailDelivery,
                MailEvents,
                FileImport,
                PersonData,
            ],
            Self::LinkKeys => &[MailDelivery, RecipientPortal],
            Self::WebhookSecrets => &[ShopWebhook, FileImport],
            Self::ConfigurationSet | Self::SendingShare => &[MailDelivery],
        }
    }

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
            Self::OwnQueue => "NACHKLANG_QUEUE_OWN",
            Self::OwnDeadLetters => "NACHKLANG_QUEUE_OWN_DEAD_LETTERS",
            Self::RetrySeconds => "NACHKLANG_RETRY_SECONDS",
            Self::EventsDeadLetters => "NACHKLANG_QUEUE_EVENTS_DEAD_LETTERS",
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
    pub const ALL: [Self; 8] = [
        Self::ShopWebhook,
        Self::Segmentation,
        Self::CouponAssignment,
        Self::MailDelivery,
        Self::MailEvents,
        Self::FileImport,
        Self::RecipientPortal,
        Self::PersonData,
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
            Self::PersonData => "person-data",
        }
    }

    /// What it must be told. Nothing else may be given to it.
    #[must_use]
    pub fn needs(self) -> Vec<Setting> {
        Setting::ALL.into_iter().filter(|setting| setting.users().contains(&self)).collect()
    }
}
