//! The account that `infra/template.yaml` describes, and that each rule about it catches what breaks it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use nachklang_aws::config::Function;
use nachklang_tests::infra::{Template, alarms, findings, translated};
use serde_json::{Value, json};

/// The translated template; none if the tests of AWS are skipped.
fn account() -> Option<&'static Account> {
    static ACCOUNT: LazyLock<Option<Account>> = LazyLock::new(|| {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(translated()).unwrap().map(Account)
    });
    ACCOUNT.as_ref()
}

/// The account as the template describes it, to plant faults into.
struct Account(Template);

impl Account {
    /// Plants one fault and demands a finding at that resource whose remedy says what to write.
    #[track_caller]
    fn catches(&self, pointer: &str, fault: Value, resource: &str, remedy: &str) {
        let found = findings(&self.0.planted(pointer, fault).unwrap());
        let told = found.iter().any(|one| one.resource == resource && one.remedy.contains(remedy));
        assert!(told, "nobody said at {resource}: {remedy}\nfound: {found:#?}");
    }

    fn list(&self, pointer: &str) -> Vec<Value> {
        self.0.source(pointer).as_array().unwrap().clone()
    }

    /// The list at a place without one of its members.
    #[track_caller]
    fn without(&self, pointer: &str, gone: impl Fn(&Value) -> bool) -> Value {
        let mut list = self.list(pointer);
        let before = list.len();
        list.retain(|member| !gone(member));
        assert_eq!(list.len() + 1, before, "one member of {pointer} was to go");
        json!(list)
    }

    /// The list at a place with one member more.
    fn with(&self, pointer: &str, more: Value) -> Value {
        let mut list = self.list(pointer);
        list.push(more);
        json!(list)
    }

    /// The statement of a role's own policy with this Sid, as a pointer.
    fn statement(&self, role: &str, sid: &str) -> String {
        let statements = property(role, "/Policies/0/PolicyDocument/Statement");
        let at = self.list(&statements).iter().position(|statement| statement["Sid"] == sid).unwrap();
        format!("{statements}/{at}")
    }
}

/// A value of a resource by JSON pointer.
fn property(resource: &str, rest: &str) -> String {
    format!("/Resources/{resource}/Properties{rest}")
}

#[test]
fn the_template_breaks_no_rule() {
    let Some(account) = account() else { return };
    let found = findings(&account.0);
    assert!(found.is_empty(), "{}", found.iter().map(|one| format!("{one}\n")).collect::<String>());
}

#[test]
fn the_template_breaks_no_rule_on_a_test_stage_with_everything_switched_on() {
    let Some(account) = account() else { return };
    let all_on = [
        ("Stage", "test"),
        ("TrackOpensAndClicks", "true"),
        ("SecondSendingDomain", "lunaria.example"),
        ("SecondTimeZone", "Atlantic/Canary"),
        ("DomainName", "mail.lunaria.example"),
        ("CertificateArn", "arn:aws:acm:eu-central-1:000000000000:certificate/1"),
        ("AlarmEmail", "post@lunaria.example"),
        ("ReservedConcurrency", "10"),
        ("Architecture", "x86_64"),
        ("EndpointUrl", "http://127.0.0.1:4566"),
        ("SesEndpointUrl", "http://127.0.0.1:8026"),
    ];
    let start = account.0.clone();
    let template = all_on.iter().fold(start, |template, (name, value)| template.with(name, value).unwrap());
    assert_eq!(findings(&template), []);
}

// ---- queues

#[test]
fn a_message_stays_hidden_six_times_as_long_as_its_function_may_work() {
    let Some(account) = account() else { return };
    account.catches(&property("DeliveryQueue", "/VisibilityTimeout"), json!(719), "DeliveryQueue", "720");
    account.catches(&property("SegmentationFunction", "/Timeout"), json!(901), "PlanningQueue", "5406");
    account.catches(&property("EventsQueue", "/VisibilityTimeout"), Value::Null, "EventsQueue", "360");
}

#[test]
fn one_bad_message_does_not_bring_back_its_neighbours() {
    let Some(account) = account() else { return };
    let types = property("DeliveryMapping", "/FunctionResponseTypes");
    account.catches(&types, Value::Null, "DeliveryMapping", "ReportBatchItemFailures");
    account.catches(&types, json!([]), "DeliveryMapping", "ReportBatchItemFailures");
}

#[test]
fn every_queue_has_dead_letters_that_last_longer() {
    let Some(account) = account() else { return };
    account.catches(
        &property("UploadsQueue", "/RedrivePolicy"),
        Value::Null,
        "UploadsQueue",
        "RedrivePolicy",
    );
    let receives = property("UploadsQueue", "/RedrivePolicy/maxReceiveCount");
    account.catches(&receives, json!(1), "UploadsQueue", "maxReceiveCount");
    let retention = property("UploadsQueue", "/MessageRetentionPeriod");
    account.catches(&retention, json!(1_209_600), "UploadsQueue", "MessageRetentionPeriod");
    account.catches(&retention, json!(345_600), "UploadsQueue", "1123200");
    let letters = property("UploadsDeadLetters", "/MessageRetentionPeriod");
    account.catches(&letters, json!(345_600), "UploadsDeadLetters", "1209600");
}

#[test]
fn a_function_knows_the_queue_that_feeds_it() {
    let Some(account) = account() else { return };
    let variable = |name: &str| {
        property("MailEventsFunction", &format!("/Environment/Variables/NACHKLANG_QUEUE_{name}"))
    };
    let other = json!({ "Ref": "UploadsQueue" });
    account.catches(&variable("OWN"), other.clone(), "MailEventsFunction", "NACHKLANG_QUEUE_OWN");
    account.catches(&variable("OWN_DEAD_LETTERS"), other, "MailEventsFunction", "NACHKLANG_QUEUE_OWN");
}

#[test]
fn every_queue_is_encrypted() {
    let Some(account) = account() else { return };
    account.catches(&property("RunDeadLetters", "/KmsMasterKeyId"), Value::Null, "RunDeadLetters", "DataKey");
}

#[test]
fn a_full_queue_leaves_concurrency_to_the_webhooks() {
    let Some(account) = account() else { return };
    let uploads = property("UploadsMapping", "/ScalingConfig");
    account.catches(&uploads, Value::Null, "UploadsMapping", "2 to 5");
    account.catches(&uploads, json!({ "MaximumConcurrency": 40 }), "UploadsMapping", "2 to 5");
    for mapping in ["PlanningMapping", "AssignmentMapping", "DeliveryMapping", "EventsMapping"] {
        account.catches(&property(mapping, "/ScalingConfig"), Value::Null, mapping, "MaximumConcurrency");
    }
}

#[test]
fn no_queue_answers_in_the_clear() {
    let Some(account) = account() else { return };
    for queue in
        ["PlanningQueue", "AssignmentQueue", "DeliveryQueue", "EventsQueue", "UploadsQueue", "RunDeadLetters"]
    {
        account.catches(&format!("/Resources/{queue}Policy"), Value::Null, queue, "aws:SecureTransport");
    }
    for letters in [
        "PlanningDeadLetters",
        "AssignmentDeadLetters",
        "DeliveryDeadLetters",
        "EventsDeadLetters",
        "UploadsDeadLetters",
    ] {
        let statements = property(&format!("{letters}Policy"), "/PolicyDocument/Statement");
        let open = account.without(&statements, |statement| statement["Effect"] == "Deny");
        account.catches(&statements, open, letters, "aws:SecureTransport");
    }
}

// ---- schedules

#[test]
fn a_time_zone_exists() {
    let Some(account) = account() else { return };
    account.catches("/Parameters/TimeZone/Default", json!("Europe/Munich"), "DailyRunSchedule", "IANA");
    account.catches(
        "/Parameters/SecondTimeZone/Default",
        json!("Europe/Londn"),
        "SecondDailyRunSchedule",
        "IANA",
    );
}

#[test]
fn a_cron_has_six_fields() {
    let Some(account) = account() else { return };
    let cron = property("DailyRunSchedule", "/ScheduleExpression");
    account.catches(&cron, json!("cron(35 7 * * *)"), "DailyRunSchedule", "weekday year");
    account.catches(&cron, json!("35 7 * * ? *"), "DailyRunSchedule", "weekday year");
    account.catches(&cron, json!("rate(1 day)"), "DailyRunSchedule", "weekday year");
}

#[test]
fn no_run_is_called_in_the_hour_that_daylight_saving_time_skips_or_repeats() {
    let Some(account) = account() else { return };
    account.catches("/Parameters/RunHours/Default", json!("2"), "DailyRunSchedule", "between 3 and 23");
    account.catches(
        "/Parameters/RunHours/Default",
        json!("0-23"),
        "SecondDailyRunSchedule",
        "between 3 and 23",
    );
}

#[test]
fn the_hours_that_the_parameter_takes_are_those_that_exist_once_each_day() {
    let Some(account) = account() else { return };
    let pattern = account.0.source("/Parameters/RunHours/AllowedPattern");
    let hour = "(?:[3-9]|1[0-9]|2[0-3])";
    assert_eq!(pattern, &json!(format!("{hour}(?:[-,]{hour})*")), "it takes the hours from 3 to 23");
    for hour in 0..24 {
        let template = account.0.clone().with("RunHours", &hour.to_string()).unwrap();
        assert_eq!(findings(&template).is_empty(), hour >= 3, "hour {hour}");
    }
}

#[test]
fn a_call_that_fails_is_repeated_then_kept() {
    let Some(account) = account() else { return };
    let target = |rest: &str| property("DailyRunSchedule", &format!("/Target/{rest}"));
    account.catches(&target("DeadLetterConfig"), Value::Null, "DailyRunSchedule", "DeadLetterConfig");
    account.catches(&target("RetryPolicy"), Value::Null, "DailyRunSchedule", "RetryPolicy");
    account.catches(&target("RetryPolicy/MaximumRetryAttempts"), json!(0), "DailyRunSchedule", "RetryPolicy");
    account.catches(
        &property("RunRetries", "/DestinationConfig"),
        Value::Null,
        "SegmentationFunction",
        "OnFailure",
    );
}

#[test]
fn a_schedule_calls_for_its_own_time_zone() {
    let Some(account) = account() else { return };
    let input = property("SecondDailyRunSchedule", "/Target/Input");
    account.catches(
        &input,
        json!({ "Fn::Sub": "{\"zone\":\"${TimeZone}\"}" }),
        "SecondDailyRunSchedule",
        "the same time zone",
    );
    let window = property("DailyRunSchedule", "/FlexibleTimeWindow/Mode");
    account.catches(&window, json!("OFF"), "DailyRunSchedule", "FLEXIBLE");
}

// ---- functions

#[test]
fn a_function_is_told_exactly_what_its_configuration_asks_for() {
    let Some(account) = account() else { return };
    for function in Function::ALL {
        let resource = function_resource(function);
        for setting in function.needs() {
            let variable = property(&resource, &format!("/Environment/Variables/{}", setting.variable()));
            account.catches(&variable, Value::Null, &resource, setting.variable());
        }
    }
    let useless = property("RecipientPortalFunction", "/Environment/Variables/NACHKLANG_TABLE_COUPONS");
    account.catches(
        &useless,
        json!({ "Ref": "CouponsTable" }),
        "RecipientPortalFunction",
        "Remove NACHKLANG_TABLE_COUPONS",
    );
}

fn function_resource(function: Function) -> String {
    let words = function.name().split('-');
    let name: String = words.map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    format!("{name}Function")
}

#[test]
fn every_function_is_there_under_its_own_name() {
    let Some(account) = account() else { return };
    account.catches("/Resources/MailEventsFunction", Value::Null, "mail-events", "mail-events");
    let name = property("MailEventsFunction", "/FunctionName");
    account.catches(
        &name,
        json!({ "Fn::Sub": "${AWS::StackName}-events" }),
        "MailEventsFunction",
        "<folder>",
    );
}

#[test]
fn every_function_has_a_role_and_a_log_group_of_its_own() {
    let Some(account) = account() else { return };
    let role = property("MailEventsFunction", "/Role");
    account.catches(
        &role,
        json!({ "Fn::GetAtt": ["FileImportRole", "Arn"] }),
        "FileImportRole",
        "of its own",
    );
    account.catches(&role, Value::Null, "MailEventsFunction", "Role");
    let group = property("MailEventsFunction", "/LoggingConfig/LogGroup");
    account.catches(&group, json!({ "Ref": "FileImportLogs" }), "MailEventsFunction", "-mail-events");
    account.catches(
        &property("MailEventsLogs", "/RetentionInDays"),
        Value::Null,
        "MailEventsFunction",
        "RetentionInDays",
    );
}

#[test]
fn every_function_runs_on_the_same_platform() {
    let Some(account) = account() else { return };
    for (pointer, fault) in [
        ("/Runtime", json!("provided.al2")),
        ("/Architectures", json!(["arm"])),
        ("/TracingConfig", Value::Null),
        ("/LoggingConfig/LogFormat", json!("Text")),
    ] {
        account.catches(&property("FileImportFunction", pointer), fault, "FileImportFunction", "Globals");
    }
}

#[test]
fn what_goes_on_by_its_own_messages_is_not_stopped_as_a_loop() {
    let Some(account) = account() else { return };
    for function in ["SegmentationFunction", "MailDeliveryFunction", "FileImportFunction"] {
        account.catches(&property(function, "/RecursiveLoop"), Value::Null, function, "RecursiveLoop");
    }
    let other = "CouponAssignmentFunction";
    account.catches(&property(other, "/RecursiveLoop"), json!("Allow"), other, "RecursiveLoop");
}

#[test]
fn no_function_has_the_value_of_a_secret_in_its_environment() {
    let Some(account) = account() else { return };
    let variable = property("MailDeliveryFunction", "/Environment/Variables/NACHKLANG_SECRET_LINK_KEYS");
    let value = json!({ "Fn::Sub": "{{resolve:secretsmanager:${LinkKeys}}}" });
    account.catches(&variable, value, "MailDeliveryFunction", "the secret's name");
}

// ---- roles

#[test]
fn no_role_reaches_everything() {
    let Some(account) = account() else { return };
    let table = account.statement("ShopWebhookRole", "ReadProducts") + "/Resource";
    account.catches(&table, json!("*"), "ShopWebhookRole", "Name the resource");
    let actions = account.statement("ShopWebhookRole", "ReadProducts") + "/Action";
    account.catches(&actions, json!(["dynamodb:*"]), "ShopWebhookRole", "Name the single actions");
    account.catches(
        &actions,
        json!(["dynamodb:GetItem", "dynamodb:Scan"]),
        "ShopWebhookRole",
        "Name the single actions",
    );
    let foreign = json!(["arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"]);
    account.catches(
        &property("ShopWebhookRole", "/ManagedPolicyArns"),
        foreign,
        "ShopWebhookRole",
        "Write the actions",
    );
}

#[test]
fn nobody_deletes_what_somebody_uploaded_or_mails_are_made_of() {
    let Some(account) = account() else { return };
    let marketers = property("MarketerPolicy", "/PolicyDocument/Statement/0/Action");
    account.catches(&marketers, json!(["s3:PutObject", "s3:DeleteObject"]), "MarketerPolicy", "only");
    let import = account.statement("FileImportRole", "KeepSheets") + "/Resource";
    let published = account.with(&import, json!({ "Fn::Sub": "${Bucket.Arn}/published/*" }));
    account.catches(&import, published, "FileImportRole", "only");
}

#[test]
fn only_an_erasure_scans_and_deletes_for_good_and_only_where_people_are() {
    let Some(account) = account() else { return };
    let scan = account.statement("PersonDataRole", "LookForOrders") + "/Resource";
    let other = json!({ "Fn::GetAtt": ["ContactsTable", "Arn"] });
    account.catches(&scan, other, "PersonDataRole", "Name the single actions");
    let clean = account.statement("PersonDataRole", "CleanPersonalFolders") + "/Resource";
    let beyond = account.with(&clean, json!({ "Fn::Sub": "${Bucket.Arn}/published/*" }));
    account.catches(&clean, beyond, "PersonDataRole", "Name the single actions");
    let import = account.statement("FileImportRole", "KeepSheets") + "/Action";
    account.catches(&import, json!(["s3:DeleteObjectVersion"]), "FileImportRole", "Name the single actions");
    let letters = account.statement("PersonDataRole", "LookThroughDeadLetters") + "/Resource";
    let queue = json!({ "Fn::GetAtt": ["UploadsDeadLetters", "Arn"] });
    account.catches(&letters, queue, "PersonDataRole", "equal");
}

#[test]
fn a_role_names_what_its_function_is_told_and_fed_by() {
    let Some(account) = account() else { return };
    let secrets = account.statement("RecipientPortalRole", "ReadSecrets") + "/Resource";
    let all = json!([{ "Ref": "ContactKey" }, { "Ref": "LinkKeys" }, { "Ref": "WebhookSecrets" }]);
    account.catches(&secrets, all, "RecipientPortalRole", "equal");
    let receive = account.statement("MailEventsRole", "ReceiveMessages") + "/Resource";
    account.catches(&receive, json!({ "Fn::GetAtt": ["UploadsQueue", "Arn"] }), "MailEventsRole", "equal");
    let send = account.statement("CouponAssignmentRole", "SendMessages") + "/Resource";
    account.catches(
        &send,
        json!({ "Fn::GetAtt": ["AssignmentQueue", "Arn"] }),
        "CouponAssignmentRole",
        "equal",
    );
    let read = account.statement("ShopWebhookRole", "ReadProducts") + "/Resource";
    account.catches(&read, json!({ "Fn::GetAtt": ["CouponsTable", "Arn"] }), "ShopWebhookRole", "equal");
}

#[test]
fn a_role_allows_the_calls_of_its_function_and_no_other() {
    let Some(account) = account() else { return };
    let action = |role: &str, sid: &str| account.statement(role, sid) + "/Action";
    let contacts = action("MailEventsRole", "ChangeContacts");
    let more = account.with(&contacts, json!("dynamodb:ConditionCheckItem"));
    account.catches(&contacts, more, "MailEventsRole", "Remove dynamodb:ConditionCheckItem on ContactsTable");
    let fewer = account.without(&contacts, |action| action == "dynamodb:PutItem");
    account.catches(&contacts, fewer, "MailEventsRole", "Allow dynamodb:PutItem on ContactsTable");
    let due = action("ShopWebhookRole", "AddToDueList");
    let put = account.with(&due, json!("dynamodb:PutItem"));
    account.catches(&due, put, "ShopWebhookRole", "Remove dynamodb:PutItem on DueTable");
    let codes = action("SegmentationRole", "ReadCodesAndDueList");
    let get = account.with(&codes, json!("dynamodb:GetItem"));
    account.catches(&codes, get, "SegmentationRole", "Remove dynamodb:GetItem on CouponsTable");
    let folders = account.statement("FileImportRole", "WriteFolders") + "/Resource";
    let parked = account.with(&folders, json!({ "Fn::Sub": "${Bucket.Arn}/parked/*" }));
    account.catches(&folders, parked, "FileImportRole", "Remove s3:PutObject on Bucket/parked/*");
    let receive = action("FileImportRole", "ReceiveMessages");
    let blind = account.without(&receive, |action| action == "sqs:DeleteMessage");
    account.catches(&receive, blind, "FileImportRole", "Allow sqs:DeleteMessage on UploadsQueue");
    let logs = action("FileImportRole", "WriteLogs");
    account.catches(&logs, json!("logs:PutLogEvents"), "FileImportRole", "Allow logs:CreateLogStream");
}

#[test]
fn the_delivery_writes_the_switch_and_no_other_setting() {
    let Some(account) = account() else { return };
    let condition = account.statement("MailDeliveryRole", "HaltSending") + "/Condition";
    account.catches(&condition, Value::Null, "MailDeliveryRole", "for the leading key switch");
    let keys = json!({ "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": ["switch", "content#mail"] } });
    account.catches(&condition, keys, "MailDeliveryRole", "for the leading key switch");
    let read = account.statement("MailDeliveryRole", "ReadSettings") + "/Action";
    let more = account.with(&read, json!("dynamodb:PutItem"));
    account.catches(&read, more, "MailDeliveryRole", "for the leading key switch");
}

#[test]
fn a_role_uses_the_key_for_what_its_function_reads_and_writes() {
    let Some(account) = account() else { return };
    let key = |role: &str, rest: &str| account.statement(role, "UseKey") + rest;
    let both = json!(["kms:Decrypt", "kms:GenerateDataKey"]);
    account.catches(
        &key("RecipientPortalRole", "/Action"),
        both,
        "RecipientPortalRole",
        "Allow kms:Decrypt on",
    );
    let write = key("CouponAssignmentRole", "/Action");
    account.catches(&write, json!("kms:Decrypt"), "CouponAssignmentRole", "kms:GenerateDataKey");
    account.catches(&key("FileImportRole", "/Condition"), Value::Null, "FileImportRole", "through s3.");
}

#[test]
fn only_the_delivery_sends_mail() {
    let Some(account) = account() else { return };
    let actions = account.statement("CouponAssignmentRole", "ReadSecrets") + "/Action";
    account.catches(
        &actions,
        json!(["secretsmanager:GetSecretValue", "ses:SendEmail"]),
        "CouponAssignmentRole",
        "nobody else",
    );
    let actions = account.statement("MailDeliveryRole", "SendMail") + "/Action";
    account.catches(&actions, json!(["ses:GetEmailIdentity"]), "MailDeliveryRole", "Allow ses:SendEmail");
}

#[test]
fn the_delivery_sends_for_the_domains_and_their_subdomains_and_for_no_other() {
    let Some(account) = account() else { return };
    let resources = account.statement("MailDeliveryRole", "SendMail") + "/Resource";
    let sub = |member: &Value| {
        member["Fn::Sub"].as_str().is_some_and(|arn| arn.ends_with("identity/*.${SendingDomain}"))
    };
    account.catches(&resources, account.without(&resources, sub), "MailDeliveryRole", "identity/*.<domain>");
    let any = json!({ "Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*" });
    account.catches(&resources, account.with(&resources, any), "MailDeliveryRole", "identity/*.<domain>");
}

#[test]
fn schedules_call_one_function_and_nobody_else_acts_in_their_name() {
    let Some(account) = account() else { return };
    let call = account.statement("SchedulerRole", "CallSegmentation") + "/Resource";
    let other = json!({ "Fn::GetAtt": ["PersonDataFunction", "Arn"] });
    account.catches(&call, other, "SchedulerRole", "on SegmentationFunction");
    let trust =
        |role: &str, rest: &str| property(role, &format!("/AssumeRolePolicyDocument/Statement/0{rest}"));
    account.catches(
        &trust("SchedulerRole", "/Condition"),
        Value::Null,
        "SchedulerRole",
        "scheduler.amazonaws.com alone",
    );
    let anybody = json!({ "AWS": "*" });
    account.catches(
        &trust("MailDeliveryRole", "/Principal"),
        anybody,
        "MailDeliveryRole",
        "lambda.amazonaws.com alone",
    );
}

#[test]
fn topics_are_told_by_one_service_of_this_account() {
    let Some(account) = account() else { return };
    let condition =
        |policy: &str, rest: &str| property(policy, &format!("/PolicyDocument/Statement/0/Condition{rest}"));
    account.catches(&condition("AlarmTopicPolicy", ""), Value::Null, "AlarmTopic", "aws:SourceAccount");
    account.catches(
        &condition("EventTopicPolicy", "/StringEquals/aws:SourceArn"),
        Value::Null,
        "EventTopic",
        "SourceArn",
    );
    account.catches("/Resources/AlarmTopicPolicy", Value::Null, "AlarmTopic", "cloudwatch.amazonaws.com");
    let principal = property("EventTopicPolicy", "/PolicyDocument/Statement/0/Principal");
    account.catches(&principal, json!("*"), "EventTopic", "ses.amazonaws.com");
}

#[test]
fn the_key_is_used_by_this_account_and_by_services_that_write_for_it() {
    let Some(account) = account() else { return };
    let statement = |at: u8, rest: &str| property("DataKey", &format!("/KeyPolicy/Statement/{at}{rest}"));
    account.catches(&statement(0, "/Principal"), json!("*"), "DataKey", "aws:SourceAccount");
    account.catches(&statement(1, "/Condition"), Value::Null, "DataKey", "aws:SourceAccount");
    account.catches(&statement(1, "/Action"), json!("kms:*"), "DataKey", "kms:GenerateDataKey*");
    let bound = json!({ "StringEquals": { "aws:SourceAccount": { "Ref": "AWS::AccountId" } } });
    account.catches(&statement(2, "/Condition"), bound, "DataKey", "events.amazonaws.com alone");
    let services = statement(1, "/Principal/Service");
    let fewer = account.without(&services, |service| service == "ses.amazonaws.com");
    account.catches(&services, fewer, "DataKey", "to ses.amazonaws.com");
    let more = account.with(&services, json!("s3.amazonaws.com"));
    account.catches(&services, more, "DataKey", "aws:SourceAccount");
}

#[test]
fn only_the_import_writes_what_mails_are_made_of() {
    let Some(account) = account() else { return };
    let statement = |rest: &str| property("BucketPolicy", &format!("/PolicyDocument/Statement/1{rest}"));
    account.catches(&statement("/Effect"), json!("Allow"), "Bucket", "all but FileImportRole");
    account.catches(&statement("/Action"), json!("s3:PutObject"), "Bucket", "s3:DeleteObject");
    let published = json!({ "Fn::Sub": "${Bucket.Arn}/published/*" });
    account.catches(&statement("/Resource"), published, "Bucket", "published/ and reports/");
    let anybody = json!({ "ArnNotEquals": { "aws:PrincipalArn": [
        { "Fn::GetAtt": ["FileImportRole", "Arn"] }, { "Fn::GetAtt": ["ShopWebhookRole", "Arn"] }
    ] } });
    account.catches(&statement("/Condition"), anybody, "Bucket", "all but FileImportRole");
}

// ---- data

#[test]
fn a_table_survives_mistakes() {
    let Some(account) = account() else { return };
    let pitr = property("OrdersTable", "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled");
    account.catches(&pitr, json!(false), "OrdersTable", "PointInTimeRecovery");
    account.catches(
        &property("OrdersTable", "/SSESpecification"),
        Value::Null,
        "OrdersTable",
        "SSESpecification",
    );
    let protection = property("OrdersTable", "/DeletionProtectionEnabled");
    account.catches(&protection, json!(false), "OrdersTable", "IsProduction");
    account.catches(&protection, json!(true), "OrdersTable", "IsProduction");
    account.catches(
        &property("OrdersTable", "/BillingMode"),
        json!("PROVISIONED"),
        "OrdersTable",
        "PAY_PER_REQUEST",
    );
    account.catches(
        &property("OrdersTable", "/KeySchema/0/AttributeName"),
        json!("id"),
        "OrdersTable",
        "KeySchema",
    );
}

#[test]
fn what_was_due_goes_away_by_itself() {
    let Some(account) = account() else { return };
    let attribute = property("DueTable", "/TimeToLiveSpecification/AttributeName");
    account.catches(&attribute, json!("expires"), "DueTable", "ttl");
}

#[test]
fn deleting_the_stack_deletes_no_data() {
    let Some(account) = account() else { return };
    for resource in ["ContactsTable", "Bucket", "DataKey", "ContactKey"] {
        let policy = format!("/Resources/{resource}/DeletionPolicy");
        let keeps =
            if resource == "ContactsTable" { "DeletionPolicy: Retain " } else { "RetainExceptOnCreate" };
        account.catches(&policy, json!("Delete"), resource, keeps);
        account.catches(
            &format!("/Resources/{resource}/UpdateReplacePolicy"),
            Value::Null,
            resource,
            "Retain",
        );
    }
}

#[test]
fn a_first_deployment_that_fails_can_be_rolled_back() {
    let Some(account) = account() else { return };
    let policy = "/Resources/ContactsTable/DeletionPolicy";
    account.catches(policy, json!("RetainExceptOnCreate"), "ContactsTable", "DeletionPolicy: Retain ");
}

#[test]
fn the_bucket_is_closed_versioned_encrypted_and_heard() {
    let Some(account) = account() else { return };
    let public = property("Bucket", "/PublicAccessBlockConfiguration/BlockPublicPolicy");
    account.catches(&public, json!(false), "Bucket", "PublicAccessBlockConfiguration");
    account.catches(
        &property("Bucket", "/VersioningConfiguration"),
        Value::Null,
        "Bucket",
        "VersioningConfiguration",
    );
    account.catches(&property("Bucket", "/BucketEncryption"), Value::Null, "Bucket", "aws:kms");
    account.catches(
        &property("Bucket", "/NotificationConfiguration"),
        Value::Null,
        "Bucket",
        "EventBridgeEnabled",
    );
    account.catches("/Resources/BucketPolicy", Value::Null, "Bucket", "SecureTransport");
}

#[test]
fn files_with_people_in_them_end_by_themselves() {
    let Some(account) = account() else { return };
    let rules = property("Bucket", "/LifecycleConfiguration/Rules");
    let of = |folder: &'static str| account.without(&rules, move |rule| rule["Prefix"] == folder);
    for folder in ["orders/", "contacts/", "parked/", "replay/"] {
        account.catches(&rules, of(folder), "Bucket", folder);
    }
    let all_but_old = account.without(&rules, |rule| rule["Prefix"].is_null());
    account.catches(&rules, all_but_old, "Bucket", "NoncurrentVersionExpiration");
}

#[test]
fn marketers_write_their_folders_and_nothing_else() {
    let Some(account) = account() else { return };
    let folders = property("MarketerPolicy", "/PolicyDocument/Statement/0/Resource");
    let more = account.with(&folders, json!({ "Fn::Sub": "${Bucket.Arn}/published/*" }));
    account.catches(&folders, more, "MarketerPolicy", "exactly shops/");
    account.catches(&folders, json!({ "Fn::Sub": "${Bucket.Arn}/*" }), "MarketerPolicy", "exactly shops/");
}

// ---- uploads

#[test]
fn the_values_of_an_event_pattern_are_lists() {
    let Some(account) = account() else { return };
    let rule = |rest: &str| property("UploadRule", &format!("/EventPattern{rest}"));
    account.catches(&rule("/source"), json!("aws.s3"), "UploadRule", "Write /source as a list");
    account.catches(
        &rule("/detail/bucket/name"),
        json!({ "Ref": "Bucket" }),
        "UploadRule",
        "Write /detail/bucket/name as a list",
    );
}

#[test]
fn an_upload_into_any_folder_is_heard_and_never_forgotten() {
    let Some(account) = account() else { return };
    let keys = property("UploadRule", "/EventPattern/detail/object/key");
    let fewer = account.without(&keys, |key| key["prefix"] == "coupons/");
    account.catches(&keys, fewer, "UploadRule", "coupons/");
    let more = account.with(&keys, json!({ "prefix": "reports/" }));
    account.catches(&keys, more, "UploadRule", "coupons/");
    let targets = property("UploadRule", "/Targets");
    let forgetful = json!([{ "Id": "uploads", "Arn": { "Fn::GetAtt": ["UploadsQueue", "Arn"] } }]);
    account.catches(&targets, forgetful, "UploadRule", "DeadLetterConfig");
    account.catches("/Resources/UploadsQueuePolicy", Value::Null, "UploadRule", "events.amazonaws.com");
}

// ---- mail

#[test]
fn mails_travel_encrypted() {
    let Some(account) = account() else { return };
    let policy = property("ConfigurationSet", "/DeliveryOptions/TlsPolicy");
    account.catches(&policy, json!("OPTIONAL"), "ConfigurationSet", "REQUIRE");
}

#[test]
fn every_event_about_a_mail_comes_back_and_exists() {
    let Some(account) = account() else { return };
    let types = property("EventDestination", "/EventDestination/MatchingEventTypes");
    let wrong = account.with(&types, json!("DELIVERED"));
    account.catches(&types, wrong, "EventDestination", "DELIVERY_DELAY");
    account.catches(
        &types,
        account.without(&types, |kind| kind == "BOUNCE"),
        "EventDestination",
        "Add BOUNCE",
    );
    account.catches(
        &property("EventDestination", "/EventDestination/Enabled"),
        json!(false),
        "EventDestination",
        "Enabled",
    );
}

#[test]
fn nobody_is_tracked_unless_the_operator_asks_for_it() {
    let Some(account) = account() else { return };
    account.catches(
        "/Resources/TrackingDestination/Condition",
        Value::Null,
        "TrackingDestination",
        "TracksOpensAndClicks",
    );
    let defaults = account.0.source("/Parameters/TrackOpensAndClicks/Default");
    assert_eq!(defaults, "false");
}

#[test]
fn events_arrive_as_ses_wrote_them() {
    let Some(account) = account() else { return };
    let raw = property("EventSubscription", "/RawMessageDelivery");
    account.catches(&raw, json!(false), "EventSubscription", "RawMessageDelivery");
    account.catches("/Resources/EventsQueuePolicy", Value::Null, "EventSubscription", "sns.amazonaws.com");
    account.catches(
        "/Resources/EventsDeadLettersPolicy",
        Value::Null,
        "EventSubscription",
        "sns.amazonaws.com",
    );
}

#[test]
fn the_outputs_name_every_record_of_a_sending_domain() {
    let Some(account) = account() else { return };
    for (output, resource, record) in [
        ("DkimRecord3", "EmailIdentity", "DkimDNSTokenName3"),
        ("SecondDkimRecord1", "SecondEmailIdentity", "DkimDNSTokenName1"),
        ("MailFromMxRecord", "EmailIdentity", "feedback-smtp"),
        ("SecondMailFromSpfRecord", "SecondEmailIdentity", "v=spf1"),
        ("SecondDmarcRecord", "SecondEmailIdentity", "v=DMARC1"),
    ] {
        account.catches(&format!("/Outputs/{output}"), Value::Null, resource, record);
    }
}

// ---- HTTP

#[test]
fn the_http_api_is_throttled() {
    let Some(account) = account() else { return };
    let default = property("HttpApiStage", "/DefaultRouteSettings");
    account.catches(&default, Value::Null, "HttpApiStage", "DefaultRouteSettings");
    account.catches(
        &property("HttpApiStage", "/RouteSettings"),
        Value::Null,
        "HttpApiStage",
        "POST /webhooks/",
    );
}

#[test]
fn the_access_log_holds_no_caller_and_no_token() {
    let Some(account) = account() else { return };
    let format = property("HttpApiStage", "/AccessLogSettings/Format");
    for field in ["$context.identity.sourceIp", "$context.path", "$context.identity.userAgent"] {
        let fault = format!("{{\"status\":\"$context.status\",\"more\":\"{field}\"}}");
        account.catches(&format, json!(fault), "HttpApiStage", "Log only");
    }
    account.catches(
        &property("HttpApiStage", "/AccessLogSettings"),
        Value::Null,
        "HttpApiStage",
        "AccessLogSettings",
    );
}

#[test]
fn each_route_leads_to_its_function() {
    let Some(account) = account() else { return };
    let target = property("PortalActionRoute", "/Target");
    let elsewhere = json!({ "Fn::Sub": "integrations/${WebhookIntegration}" });
    account.catches(&target, elsewhere, "POST /u/{token}", "Join route");
    account.catches(
        "/Resources/WebhookRoute",
        Value::Null,
        "POST /webhooks/{shop}/{wire}/{topic}",
        "Join route",
    );
    let key = property("PortalPageRoute", "/RouteKey");
    account.catches(&key, json!("GET /{proxy+}"), "GET /{proxy+}", "Remove it");
    account.catches(
        "/Resources/PortalPermission",
        Value::Null,
        "RecipientPortalFunction",
        "AWS::Lambda::Permission",
    );
    account.catches(
        &property("ShopWebhookFunction", "/Timeout"),
        json!(60),
        "ShopWebhookFunction",
        "below 30",
    );
}

// ---- literals

#[test]
fn no_secret_stands_in_the_template() {
    let Some(account) = account() else { return };
    let default = "/Parameters/EndpointUrl/Default";
    account.catches(
        default,
        json!("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        "EndpointUrl",
        "Secrets Manager",
    );
    account.catches(default, json!("9fK2mQ7xT4vB8nL3wR6yZ1cJ5hD0gS"), "EndpointUrl", "Secrets Manager");
    let parameter = json!({ "Type": "String", "Default": "lunaria" });
    account.catches("/Parameters/ShopifySecret", parameter, "ShopifySecret", "Secrets Manager");
    let value = property("WebhookSecrets", "/SecretString");
    account.catches(
        &value,
        json!("shpss_0123456789abcdef0123456789abcdef"),
        "WebhookSecrets",
        "Secrets Manager",
    );
}

// ---- alarms

#[test]
fn a_run_that_does_not_happen_is_heard() {
    let Some(account) = account() else { return };
    let missing = property("RunMissingAlarm", "/TreatMissingData");
    account.catches(&missing, json!("notBreaching"), "RunMissingAlarm", "breaching");
    account.catches(&missing, json!("breaching"), "RunMissingAlarm", "RunsDaily");
    account.catches(
        &property("RunMissingAlarm", "/EvaluationPeriods"),
        json!(24),
        "RunMissingAlarm",
        "25 hours",
    );
}

#[test]
fn everything_that_needs_the_operator_has_an_alarm() {
    let Some(account) = account() else { return };
    for (alarm, metric) in [
        ("RunMissingAlarm", "RunCompleted"),
        ("RunLagAlarm", "RunLagDays"),
        ("MailUnknownAlarm", "MailUnknown"),
        ("MailPostponedAlarm", "MailPostponed"),
        ("WebhookParkedAlarm", "WebhookParked"),
        ("WebhookRejectedAlarm", "WebhookRejected"),
        ("SendingStoppedAlarm", "SendingStopped"),
        ("HttpErrorsAlarm", "5xx"),
        ("CouponAlertAlarm", "CouponAlert"),
        ("CouponsLowAlarm", "CouponFree"),
        ("CouponRunwayAlarm", "CouponRunwayDays"),
        ("FeedOldAlarm", "FeedAgeHours"),
        ("BounceRateAlarm", "Reputation.BounceRate"),
        ("ComplaintRateAlarm", "Reputation.ComplaintRate"),
        ("DeliveryDeadLettersAlarm", "ApproximateNumberOfMessagesVisible"),
        ("DeliveryAgeAlarm", "ApproximateAgeOfOldestMessage"),
        ("FileImportErrorsAlarm", "Errors"),
    ] {
        let gone = account.0.planted(&format!("/Resources/{alarm}"), Value::Null).unwrap();
        let said = findings(&gone)
            .iter()
            .any(|one| one.to_string().contains(metric) && one.remedy.contains("Add an alarm"));
        assert!(said, "nobody misses {alarm}");
    }
    account.catches(
        &property("MailUnknownAlarm", "/AlarmActions"),
        Value::Null,
        "MailUnknownAlarm",
        "AlarmTopic",
    );
}

#[test]
fn an_alarm_listens_where_its_metric_is_told() {
    let Some(account) = account() else { return };
    for alarm in ["MailUnknownAlarm", "RunMissingAlarm", "CouponsLowAlarm", "HttpErrorsAlarm"] {
        account.catches(&property(alarm, "/Dimensions"), Value::Null, alarm, "Set Dimensions to");
    }
    let stage = json!([{ "Name": "stage", "Value": { "Ref": "Stage" } }]);
    account.catches(&property("FeedOldAlarm", "/Dimensions"), stage, "FeedOldAlarm", "Set Dimensions to");
    account.catches(
        &property("CouponsLowAlarm", "/Threshold"),
        json!(0),
        "CouponsLowAlarm",
        "FreeCodesAlarm",
    );
}

/// What the stations of assignment and delivery have in common.
const SHARED_STATION: &str = "crates/aws/src/station.rs";

#[test]
fn what_is_watched_is_told_by_a_function() {
    let sources = Function::ALL.map(|function| sources_of(function.name())).concat();
    let sources = sources + &page(SHARED_STATION);
    for metric in alarms::own_metrics() {
        assert!(sources.contains(&format!("\"{metric}\"")), "no function tells of {metric}");
    }
}

/// The table of docs/LOGGING.md names each metric that a function tells of, and no other.
#[test]
fn every_metric_is_documented() {
    let sources = Function::ALL.map(|function| sources_of(function.name())).concat();
    let sources = sources + &page(SHARED_STATION);
    let is_metric = |word: &&str| word.starts_with(|c: char| c.is_ascii_uppercase()) && word.is_ascii();
    let logging = page("docs/LOGGING.md");
    let rows = logging.lines().filter(|line| line.starts_with("| `"));
    let named: BTreeSet<&str> = rows
        .filter_map(|row| row.split('|').nth(1))
        .flat_map(|cell| cell.split('`'))
        .filter(is_metric)
        .collect();
    let told: BTreeSet<&str> = ["count(", "count_with(", "level(", "level_with("]
        .iter()
        .flat_map(|call| sources.split(call).skip(1))
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next())
        .collect();
    assert!(told.is_subset(&named), "docs/LOGGING.md lacks {:?}", told.difference(&named));
    for metric in named {
        assert!(sources.contains(&format!("\"{metric}\"")), "no function tells of {metric}");
    }
}

/// The sources of a function, one behind the other.
fn sources_of(function: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions").join(function).join("src");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|file| std::fs::read_to_string(file).unwrap()).collect()
}

#[test]
fn what_must_be_there_is_missed() {
    let Some(account) = account() else { return };
    for (resource, kind) in [("Dashboard", "AWS::CloudWatch::Dashboard"), ("UploadRule", "AWS::Events::Rule")]
    {
        account.catches(&format!("/Resources/{resource}"), Value::Null, kind, kind);
    }
    account.catches(
        &property("HttpApiLogs", "/RetentionInDays"),
        Value::Null,
        "HttpApiLogs",
        "RetentionInDays",
    );
}

#[test]
fn an_alarm_does_not_say_that_all_is_well_when_it_is_not() {
    let Some(account) = account() else { return };
    let lag = property("RunLagAlarm", "/TreatMissingData");
    account.catches(&lag, json!("notBreaching"), "RunLagAlarm", "ignore");
    let postponed = property("MailPostponedAlarm", "/DatapointsToAlarm");
    account.catches(&postponed, json!(25), "MailPostponedAlarm", "DatapointsToAlarm: 1");
    account.catches(
        &property("MailPostponedAlarm", "/EvaluationPeriods"),
        json!(1),
        "MailPostponedAlarm",
        "DatapointsToAlarm: 1",
    );
    let unknown = property("MailUnknownAlarm", "/OKActions");
    account.catches(&unknown, json!([{ "Ref": "AlarmTopic" }]), "MailUnknownAlarm", "Leave OKActions out");
    let told = property("MailUnknownAlarm", "/AlarmDescription");
    account.catches(&told, json!("It waits in the operator's list."), "MailUnknownAlarm", "docs/CONFIG.md");
}

#[test]
fn the_dashboard_can_be_read() {
    let Some(account) = account() else { return };
    let body = property("Dashboard", "/DashboardBody");
    account.catches(&body, json!({ "Fn::Sub": "{\"widgets\": [,]}" }), "Dashboard", "JSON");
    account.catches(
        &body,
        json!({ "Fn::Sub": "{\"widgets\": [\"${QueueGone.QueueName}\"]}" }),
        "Dashboard",
        "QueueGone",
    );
}

#[test]
fn the_operator_hears_of_bounces_before_ses_does_something() {
    let Some(account) = account() else { return };
    account.catches(&property("BounceRateAlarm", "/Threshold"), json!(0.05), "BounceRateAlarm", "0.03");
    account.catches(
        &property("ComplaintRateAlarm", "/Threshold"),
        json!(0.001),
        "ComplaintRateAlarm",
        "0.0005",
    );
    let comparison = property("RunMissingAlarm", "/ComparisonOperator");
    account.catches(&comparison, json!("GreaterThanThreshold"), "RunMissingAlarm", "LessThanThreshold");
}

// ---- documentation

#[test]
fn the_documentation_names_each_parameter_with_its_default_and_each_variable_with_its_functions() {
    let Some(account) = account() else { return };
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/CONFIG.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (name, parameter) in account.0.source("/Parameters").as_object().unwrap() {
        let default = match &parameter["Default"] {
            Value::Null => String::new(),
            Value::String(text) if text.is_empty() => "none ".to_owned(),
            Value::String(text) => format!("`{text}` "),
            other => format!("`{other}` "),
        };
        assert!(page.contains(&format!("| `{name}` | {default}|")), "docs/CONFIG.md: {name} is {default}");
    }
    for (setting, users) in users() {
        let users = if users.len() == Function::ALL.len() { "all".to_owned() } else { users.join(" ") };
        assert!(
            page.contains(&format!("| `{setting}` | {users} |")),
            "docs/CONFIG.md: {setting} is for {users}"
        );
    }
}

fn page(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_costs_count_what_the_template_holds() {
    let Some(account) = account() else { return };
    let resources = account.0.source("/Resources").as_object().unwrap();
    let count = |kind: &str| resources.values().filter(|resource| resource["Type"] == kind).count();
    let costs = page("docs/SCALE.md");
    for (what, kind, cents) in [
        ("key", "AWS::KMS::Key", 100),
        ("secrets", "AWS::SecretsManager::Secret", 40),
        ("alarms", "AWS::CloudWatch::Alarm", 10),
        ("dashboard", "AWS::CloudWatch::Dashboard", 300),
    ] {
        let (count, sum) = (count(kind), count(kind) * cents);
        let row = format!("| {what} | {count} × {} | {} |", dollars(cents), dollars(sum));
        assert!(costs.contains(&row), "docs/SCALE.md: {row}");
    }
    let mappings = count("AWS::Lambda::EventSourceMapping");
    assert!(
        costs.contains(&format!("| polling | {mappings} mappings ×")),
        "docs/SCALE.md: {mappings} mappings"
    );
}

fn dollars(cents: usize) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The amounts of a table's row; a cell that is none is no amount.
fn amounts(row: &str) -> Vec<Option<u64>> {
    let cells = row.split('|').map(|cell| cell.trim().replace(['*', ','], ""));
    let amount = |cell: String| {
        let (dollars, cents) = cell.split_once('.')?;
        (cents.len() == 2).then(|| format!("{dollars}{cents}").parse().ok()).flatten()
    };
    cells.map(amount).collect()
}

#[test]
fn the_costs_are_added_up() {
    let costs = page("docs/SCALE.md");
    let mut table: Vec<Vec<Option<u64>>> = Vec::new();
    let mut tables = 0;
    for line in costs.lines() {
        match line {
            _ if line.starts_with("| **sum**") => {
                let sums = amounts(line);
                for (column, sum) in sums.iter().enumerate().filter_map(|(at, sum)| Some((at, (*sum)?))) {
                    let parts = table.iter().filter_map(|row| row.get(column).copied().flatten());
                    assert_eq!(parts.sum::<u64>(), sum, "docs/SCALE.md: column {column} of {line}");
                }
                tables += 1;
            }
            _ if line.starts_with('|') => table.push(amounts(line)),
            _ => table.clear(),
        }
    }
    assert_eq!(tables, 3, "idle, each million, and what stands beside");
}

#[test]
fn the_costs_together_are_those_of_the_readme() {
    let (costs, readme) = (page("docs/SCALE.md"), page("README.md"));
    for mails in ["1,000", "100,000", "10,000,000"] {
        let is_row = |line: &&str| line.starts_with(&format!("| {mails} |")) && line.contains("**");
        let row = costs.lines().find(is_row).unwrap();
        let cells: Vec<u64> = amounts(row).into_iter().flatten().collect();
        let [idle, per_mail, beside, storage, sum, _ses] = cells.try_into().unwrap();
        assert_eq!(idle + per_mail + beside + storage, sum, "docs/SCALE.md: {row}");
        assert!(readme.contains(&row.replace("**", "")), "README.md: {row}");
    }
}

#[test]
fn what_the_operator_is_told_to_look_for_is_written_by_the_functions() {
    let config = page("docs/CONFIG.md");
    for (told, source, written) in [
        ("`RunLagDays`", "functions/segmentation/src/gauges.rs", "level_with(\"RunLagDays\""),
        ("`MailUnknown`", "functions/mail-delivery/src/lib.rs", "count(\"MailUnknown\""),
        ("message = \"mail delivered\"", "functions/mail-delivery/src/lib.rs", "\"mail delivered\""),
        ("delivery = \"unknown\"", "functions/mail-delivery/src/lib.rs", "Delivery::Unknown => \"unknown\""),
        ("`a mail is made`", "crates/aws/src/mailer/journal.rs", "\"a mail is made\""),
        (
            "\"a coupon pool needs a look\"",
            "functions/segmentation/src/gauges.rs",
            "\"a coupon pool needs a look\"",
        ),
        ("`MailPostponed`", SHARED_STATION, "count(\"MailPostponed\""),
        (
            "\"a mail waits until somebody mends this\"",
            SHARED_STATION,
            "\"a mail waits until somebody mends this\"",
        ),
        ("`a message failed`", "crates/aws/src/lambda/batch.rs", "\"a message failed\""),
        ("`MailSettled`", "functions/mail-events/src/lib.rs", "\"MailSettled\""),
        ("message = \"mail event recorded\"", "functions/mail-events/src/lib.rs", "\"mail event recorded\""),
        ("recorded = \"settled\"", "functions/mail-events/src/lib.rs", "=> \"settled\""),
    ] {
        assert!(config.contains(told), "docs/CONFIG.md no longer tells of {told}");
        assert!(page(source).contains(written), "{source} no longer writes {told}");
    }
}

/// The letters of the functions that are told a variable, as the documentation has them.
fn users() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (function, letter) in Function::ALL.into_iter().zip(["S", "G", "A", "D", "E", "F", "P", "R"]) {
        for setting in function.needs() {
            users.entry(setting.variable()).or_default().push(letter);
        }
    }
    users
}
