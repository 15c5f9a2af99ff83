//! Grants: each role allows the calls that its function makes, each on the resource it makes them on, and no other.
//!
//! The table is what the code does, read port by port in `crates/aws/src/store`. Whoever adds a call there adds it here;
//! the check then says what the template lacks. No emulator refuses a call for want of a permission.

use std::collections::{BTreeMap, BTreeSet};

use nachklang_aws::config::Function;
use serde_json::{Value, json};

use super::functions::{FUNCTION, identity};
use super::roles::statements;
use super::template::Resource;
use super::value::{at, each, target, texts};
use super::{Finding, Template};

/// A resource as [`name_of`] calls it, and what is called on it.
type Calls = (&'static str, &'static [&'static str]);

const GET: &str = "dynamodb:GetItem";
const GET_MANY: &str = "dynamodb:BatchGetItem";
const QUERY: &str = "dynamodb:Query";
const SCAN: &str = "dynamodb:Scan";
/// Alone, or as a part of a transaction: transactions have no permission of their own.
const PUT: &str = "dynamodb:PutItem";
const UPDATE: &str = "dynamodb:UpdateItem";
const DELETE: &str = "dynamodb:DeleteItem";
/// Puts and deletes in one call, which needs neither of their permissions.
const WRITE_MANY: &str = "dynamodb:BatchWriteItem";
const READ_FILE: &str = "s3:GetObject";
const READ_VERSION: &str = "s3:GetObjectVersion";
const WRITE_FILE: &str = "s3:PutObject";
const DELETE_FILE: &str = "s3:DeleteObject";
const DELETE_VERSION: &str = "s3:DeleteObjectVersion";
const LIST: &str = "s3:ListBucket";
const LIST_VERSIONS: &str = "s3:ListBucketVersions";
const SEND: &str = "sqs:SendMessage";
/// What Lambda calls for a mapping, and a function for messages that shall come back later or at once.
const CONSUME: &[&str] =
    &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"];
const SECRET: &[&str] = &["secretsmanager:GetSecretValue"];

/// The shops and flows in use, which every function looks up.
const EVERYBODY: [Calls; 1] = [("Bucket/published/*", &[READ_FILE])];
const CONTACTS: Calls = ("ContactsTable", &[GET, PUT]);
/// Pointers to content, and the switch that stops sending.
const POINTERS: Calls = ("SettingsTable", &[GET]);
/// Of the settings, the item of the switch alone.
const HALT: Calls = ("SettingsTable", &[PUT]);
/// Orders of an enrolment are read together; an only one is read alone.
const ORDERS_OF_A_MAIL: Calls = ("OrdersTable", &[GET, GET_MANY]);
const DUE_ENTRIES: Calls = ("DueTable", &[WRITE_MANY]);
/// A code changes hands in one transaction with its contact.
const CODES: Calls = ("CouponsTable", &[UPDATE]);

const fn calls(function: Function) -> &'static [Calls] {
    match function {
        Function::ShopWebhook => &[
            CONTACTS,
            ("OrdersTable", &[GET, PUT]),
            DUE_ENTRIES,
            ("ProductsTable", &[GET, GET_MANY, QUERY]),
            POINTERS,
            ("Bucket/parked/*", &[WRITE_FILE]),
            ("ContactKey", SECRET),
            ("WebhookSecrets", SECRET),
        ],
        Function::Segmentation => &[
            CONTACTS,
            ORDERS_OF_A_MAIL,
            ("DueTable", &[QUERY]),
            ("CouponsTable", &[QUERY]),
            // Runs are updated, moments and marks are put, marks are deleted.
            ("SettingsTable", &[GET, PUT, UPDATE, DELETE]),
            ("PlanningQueue", CONSUME),
            ("PlanningQueue", &[SEND]),
            ("PlanningDeadLetters", &[SEND]),
            ("AssignmentQueue", &[SEND]),
            // Lambda sends in the function's name when a run fails in all its attempts.
            ("RunDeadLetters", &[SEND]),
            ("ContactKey", SECRET),
        ],
        Function::CouponAssignment => &[
            CONTACTS,
            ORDERS_OF_A_MAIL,
            DUE_ENTRIES,
            ("CouponsTable", &[QUERY, UPDATE]),
            POINTERS,
            ("AssignmentQueue", CONSUME),
            ("AssignmentDeadLetters", &[SEND]),
            ("DeliveryQueue", &[SEND]),
            ("ContactKey", SECRET),
        ],
        Function::MailDelivery => &[
            CONTACTS,
            ORDERS_OF_A_MAIL,
            DUE_ENTRIES,
            CODES,
            ("ProductsTable", &[GET, GET_MANY, QUERY]),
            POINTERS,
            HALT,
            ("DeliveryQueue", CONSUME),
            ("DeliveryDeadLetters", &[SEND]),
            ("DeliveryQueue", &[SEND]),
            ("ContactKey", SECRET),
            ("LinkKeys", SECRET),
        ],
        Function::MailEvents => &[
            CONTACTS,
            CODES,
            POINTERS,
            ("EventsQueue", CONSUME),
            ("EventsDeadLetters", &[SEND]),
            ("ContactKey", SECRET),
        ],
        Function::FileImport => IMPORT,
        Function::RecipientPortal => &[CONTACTS, POINTERS, ("LinkKeys", SECRET)],
        Function::PersonData => PERSON,
    }
}

const IMPORT: &[Calls] = &[
    CONTACTS,
    ("OrdersTable", &[GET, PUT]),
    DUE_ENTRIES,
    // Known codes are asked for together; new ones are put in transactions.
    ("CouponsTable", &[GET_MANY, PUT]),
    ("ProductsTable", &[GET, GET_MANY, QUERY, PUT, WRITE_MANY]),
    // Pointers, notes and leases.
    ("SettingsTable", &[GET, PUT, DELETE]),
    ("Bucket/shops/*", &[READ_FILE]),
    ("Bucket/flows/*", &[READ_FILE]),
    ("Bucket/mails/*", &[READ_FILE]),
    ("Bucket/feeds/*", &[READ_FILE]),
    ("Bucket/coupons/*", &[READ_FILE]),
    ("Bucket/orders/*", &[READ_FILE]),
    ("Bucket/contacts/*", &[READ_FILE]),
    ("Bucket/replay/*", &[READ_FILE]),
    ("Bucket/published/*", &[WRITE_FILE]),
    ("Bucket/reports/*", &[WRITE_FILE]),
    ("Bucket/snapshots/*", &[READ_FILE, WRITE_FILE, DELETE_FILE]),
    ("Bucket/staging/*", &[READ_FILE, WRITE_FILE, DELETE_FILE]),
    ("Bucket", &[LIST]),
    ("UploadsQueue", CONSUME),
    // A file that is too long for one invocation goes on in a message of its own.
    ("UploadsQueue", &[SEND]),
    ("UploadsDeadLetters", &[SEND]),
    ("ContactKey", SECRET),
    ("WebhookSecrets", SECRET),
];

const PERSON: &[Calls] = &[
    CONTACTS,
    ("OrdersTable", &[GET, GET_MANY, PUT, SCAN]),
    CODES,
    POINTERS,
    // Rows are taken out of a file only if nobody replaced it: a condition that asks for the right to read.
    ("Bucket/orders/*", &[READ_FILE, READ_VERSION, WRITE_FILE, DELETE_VERSION]),
    ("Bucket/contacts/*", &[READ_FILE, READ_VERSION, WRITE_FILE, DELETE_VERSION]),
    ("Bucket/parked/*", &[READ_VERSION, DELETE_VERSION]),
    ("Bucket/replay/*", &[READ_VERSION, DELETE_VERSION]),
    ("Bucket/exports/*", &[WRITE_FILE, DELETE_VERSION]),
    ("Bucket", &[LIST, LIST_VERSIONS]),
    ("EventsDeadLetters", CONSUME),
    ("ContactKey", SECRET),
];

/// A resource and an action on it.
pub type Grant = (String, String);

/// What the role of each function allows, by the function's folder.
#[must_use]
pub fn allowed(template: &Template) -> BTreeMap<&'static str, BTreeSet<Grant>> {
    let of = |function: Resource<'_>| {
        let role = template.target(function.property("/Role"), "AWS::IAM::Role")?;
        Some((identity(function)?.name(), granted(role)))
    };
    template.of_kind(FUNCTION).filter_map(of).collect()
}

pub(super) fn check(template: &Template) -> Vec<Finding> {
    template.of_kind(FUNCTION).flat_map(|function| function_findings(template, function)).collect()
}

fn function_findings(template: &Template, function: Resource<'_>) -> Vec<Finding> {
    let role = template.target(function.property("/Role"), "AWS::IAM::Role");
    let (Some(role), Some(identity)) = (role, identity(function)) else {
        return Vec::new();
    };
    let mut found = compare(role, &granted(role), &needed(identity, function));
    found.extend(uses_key(role));
    found.extend(calls(identity).contains(&HALT).then(|| halts(role)).flatten());
    found
}

/// Who notes that nothing can be sent writes the switch and no pointer to the content in use.
fn halts(role: Resource<'_>) -> Option<Finding> {
    let mut writes = statements(role).filter(|statement| {
        name_of(at(statement, "/Resource")) == HALT.0
            && texts(at(statement, "/Action")).any(|action| action == PUT)
    });
    let only = json!({ "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["switch"] } });
    let bound = writes.all(|statement| at(statement, "/Condition") == &only);
    (!bound).then(|| {
        let problem = "it may write any setting, such as which content is in use";
        Finding::new(role.name, problem, "Allow dynamodb:PutItem on SettingsTable for the leading key switch")
    })
}

fn needed(identity: Function, function: Resource<'_>) -> BTreeSet<Grant> {
    let all = calls(identity).iter().chain(&EVERYBODY);
    let all = all.flat_map(|(resource, actions)| actions.iter().map(|action| grant(resource, action)));
    let group = target(function.property("/LoggingConfig/LogGroup")).unwrap_or_default();
    let logs = ["logs:CreateLogStream", "logs:PutLogEvents"].map(|action| grant(group, action));
    all.chain(logs).collect()
}

fn grant(resource: &str, action: &str) -> Grant {
    (resource.to_owned(), action.to_owned())
}

/// What a role allows itself. The key is told by the rest, and mail has a check of its own.
pub(super) fn granted(role: Resource<'_>) -> BTreeSet<Grant> {
    let pairs = statements(role).flat_map(|statement| {
        let resources: Vec<String> = each(at(statement, "/Resource")).map(name_of).collect();
        texts(at(statement, "/Action"))
            .flat_map(|action| resources.iter().map(|resource| grant(resource, action)).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    });
    pairs.filter(|(_, action)| !action.starts_with("kms:") && !action.starts_with("ses:")).collect()
}

/// `ContactsTable`, `Bucket/published/*`.
pub(super) fn name_of(resource: &Value) -> String {
    let spelled = || at(resource, "/Fn::Sub").as_str().or_else(|| resource.as_str()).unwrap_or_default();
    target(resource).map_or_else(|| spelled().replace("${Bucket.Arn}", "Bucket"), str::to_owned)
}

fn compare(role: Resource<'_>, granted: &BTreeSet<Grant>, needed: &BTreeSet<Grant>) -> Vec<Finding> {
    let useless = granted.difference(needed).map(|(resource, action)| {
        let problem = format!("it allows {action} on {resource}, which no code of its function calls");
        Finding::new(role.name, problem, format!("Remove {action} on {resource}"))
    });
    let lacking = needed.difference(granted).map(|(resource, action)| {
        let problem = format!("its function calls {action} on {resource} and would be refused");
        Finding::new(role.name, problem, format!("Allow {action} on {resource}"))
    });
    useless.chain(lacking).collect()
}

/// Who reads what is encrypted must decrypt, and who writes such a thing needs a data key for it, through the services it
/// is told to use and no other.
fn uses_key(role: Resource<'_>) -> Option<Finding> {
    let granted = granted(role);
    let calls = |prefix: &str| granted.iter().any(|(_, action)| action.starts_with(prefix));
    let mut actions = BTreeSet::from(["kms:Decrypt"]);
    if calls(SEND) || calls(WRITE_FILE) {
        actions.insert("kms:GenerateDataKey");
    }
    let services = ["secretsmanager", "s3", "sqs"].into_iter().filter(|name| calls(&format!("{name}:")));
    let services: BTreeSet<String> =
        services.map(|name| format!("{name}.${{AWS::Region}}.amazonaws.com")).collect();
    let is_right = statements(role)
        .filter(|statement| texts(at(statement, "/Action")).any(|action| action.starts_with("kms:")))
        .map(|statement| {
            let through = each(at(statement, "/Condition/StringEquals/kms:ViaService"));
            let through: BTreeSet<String> = through.map(name_of).collect();
            let allowed: BTreeSet<&str> = texts(at(statement, "/Action")).collect();
            through == services && allowed == actions && name_of(at(statement, "/Resource")) == "DataKey"
        })
        .eq([true]);
    (!is_right).then(|| {
        let actions = actions.into_iter().collect::<Vec<_>>().join(", ");
        let services = services.into_iter().collect::<Vec<_>>().join(", ");
        let problem = "it may use the key for more or less than its function does";
        Finding::new(role.name, problem, format!("Allow {actions} on DataKey through {services} only"))
    })
}
