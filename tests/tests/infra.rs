//! The account that `infra/template.yaml` describes, and that each rule about it catches what breaks it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use std::sync::LazyLock;

use nachklang_aws::config::Function;
use nachklang_tests::infra::{Template, findings, translated};
use serde_json::{Value, json};

static TEMPLATE: LazyLock<Template> = LazyLock::new(|| translated().unwrap());

/// Plants one fault and demands a finding at that resource whose remedy says what to write.
#[track_caller]
fn catches(pointer: &str, fault: Value, resource: &str, remedy: &str) {
    let found = findings(&TEMPLATE.planted(pointer, fault).unwrap());
    let told = found.iter().any(|finding| finding.resource == resource && finding.remedy.contains(remedy));
    assert!(told, "nobody said at {resource}: {remedy}\nfound: {found:#?}");
}

/// A value of a resource by JSON pointer.
fn property(resource: &str, rest: &str) -> String {
    format!("/Resources/{resource}/Properties{rest}")
}

/// The list at a place without one of its members.
fn without(pointer: &str, gone: impl Fn(&Value) -> bool) -> Value {
    let list = TEMPLATE.source(pointer).as_array().unwrap();
    let left: Vec<Value> = list.iter().filter(|member| !gone(member)).cloned().collect();
    assert_eq!(left.len() + 1, list.len(), "one member of {pointer} was to go");
    json!(left)
}

/// The first statement of a role's own policy with this Sid, as a pointer.
fn statement(role: &str, sid: &str) -> String {
    let statements = property(role, "/Policies/0/PolicyDocument/Statement");
    let all = TEMPLATE.source(&statements).as_array().unwrap();
    let at = all.iter().position(|statement| statement["Sid"] == sid).unwrap();
    format!("{statements}/{at}")
}

#[test]
fn the_template_breaks_no_rule() {
    let found = findings(&TEMPLATE);
    assert!(found.is_empty(), "{}", found.iter().map(|one| format!("{one}\n")).collect::<String>());
}

#[test]
fn the_template_breaks_no_rule_on_a_test_stage_with_everything_switched_on() {
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
    let start = TEMPLATE.clone();
    let template = all_on.iter().fold(start, |template, (name, value)| template.with(name, value).unwrap());
    assert_eq!(findings(&template), []);
}

// ---- queues

#[test]
fn a_message_stays_hidden_six_times_as_long_as_its_function_may_work() {
    catches(&property("DeliveryQueue", "/VisibilityTimeout"), json!(719), "DeliveryQueue", "720");
    catches(&property("SegmentationFunction", "/Timeout"), json!(901), "PlanningQueue", "5406");
    catches(&property("EventsQueue", "/VisibilityTimeout"), Value::Null, "EventsQueue", "360");
}

#[test]
fn one_bad_message_does_not_bring_back_its_neighbours() {
    let types = property("DeliveryMapping", "/FunctionResponseTypes");
    catches(&types, Value::Null, "DeliveryMapping", "ReportBatchItemFailures");
    catches(&types, json!([]), "DeliveryMapping", "ReportBatchItemFailures");
}

#[test]
fn every_queue_has_dead_letters_that_last_longer() {
    catches(&property("UploadsQueue", "/RedrivePolicy"), Value::Null, "UploadsQueue", "RedrivePolicy");
    let receives = property("UploadsQueue", "/RedrivePolicy/maxReceiveCount");
    catches(&receives, json!(1), "UploadsQueue", "maxReceiveCount");
    let retention = property("UploadsQueue", "/MessageRetentionPeriod");
    catches(&retention, json!(1_209_600), "UploadsQueue", "MessageRetentionPeriod");
    let letters = property("UploadsDeadLetters", "/MessageRetentionPeriod");
    catches(&letters, json!(345_600), "UploadsDeadLetters", "1209600");
}

#[test]
fn every_queue_is_encrypted() {
    catches(&property("RunDeadLetters", "/KmsMasterKeyId"), Value::Null, "RunDeadLetters", "DataKey");
}

// ---- schedules

#[test]
fn a_time_zone_exists() {
    catches("/Parameters/TimeZone/Default", json!("Europe/Munich"), "DailyRunSchedule", "IANA");
    catches("/Parameters/SecondTimeZone/Default", json!("Europe/Londn"), "SecondDailyRunSchedule", "IANA");
}

#[test]
fn a_cron_has_six_fields() {
    let cron = property("DailyRunSchedule", "/ScheduleExpression");
    catches(&cron, json!("cron(35 7 * * *)"), "DailyRunSchedule", "weekday year");
    catches(&cron, json!("35 7 * * ? *"), "DailyRunSchedule", "weekday year");
    catches(&cron, json!("rate(1 day)"), "DailyRunSchedule", "weekday year");
}

#[test]
fn no_run_is_called_in_the_hour_that_daylight_saving_time_skips_or_repeats() {
    catches("/Parameters/RunHours/Default", json!("2"), "DailyRunSchedule", "between 3 and 23");
    catches("/Parameters/RunHours/Default", json!("0-23"), "SecondDailyRunSchedule", "between 3 and 23");
}

#[test]
fn a_call_that_fails_is_repeated_then_kept() {
    let target = |rest: &str| property("DailyRunSchedule", &format!("/Target/{rest}"));
    catches(&target("DeadLetterConfig"), Value::Null, "DailyRunSchedule", "DeadLetterConfig");
    catches(&target("RetryPolicy"), Value::Null, "DailyRunSchedule", "RetryPolicy");
    catches(&target("RetryPolicy/MaximumRetryAttempts"), json!(0), "DailyRunSchedule", "RetryPolicy");
    catches(&property("RunRetries", "/DestinationConfig"), Value::Null, "SegmentationFunction", "OnFailure");
}

#[test]
fn a_schedule_calls_for_its_own_time_zone() {
    let input = property("SecondDailyRunSchedule", "/Target/Input");
    catches(
        &input,
        json!({ "Fn::Sub": "{\"zone\":\"${TimeZone}\"}" }),
        "SecondDailyRunSchedule",
        "the same time zone",
    );
    let window = property("DailyRunSchedule", "/FlexibleTimeWindow/Mode");
    catches(&window, json!("OFF"), "DailyRunSchedule", "FLEXIBLE");
}

// ---- functions

#[test]
fn a_function_is_told_exactly_what_its_configuration_asks_for() {
    for function in Function::ALL {
        let resource = function_resource(function);
        for setting in function.needs() {
            let variable = property(&resource, &format!("/Environment/Variables/{}", setting.variable()));
            catches(&variable, Value::Null, &resource, setting.variable());
        }
    }
    let useless = property("RecipientPortalFunction", "/Environment/Variables/NACHKLANG_TABLE_COUPONS");
    catches(
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
    catches("/Resources/MailEventsFunction", Value::Null, "mail-events", "mail-events");
    let name = property("MailEventsFunction", "/FunctionName");
    catches(&name, json!({ "Fn::Sub": "${AWS::StackName}-events" }), "MailEventsFunction", "<folder>");
}

#[test]
fn every_function_has_a_role_and_a_log_group_of_its_own() {
    let role = property("MailEventsFunction", "/Role");
    catches(&role, json!({ "Fn::GetAtt": ["FileImportRole", "Arn"] }), "FileImportRole", "of its own");
    catches(&role, Value::Null, "MailEventsFunction", "Role");
    let group = property("MailEventsFunction", "/LoggingConfig/LogGroup");
    catches(&group, json!({ "Ref": "FileImportLogs" }), "MailEventsFunction", "-mail-events");
    catches(
        &property("MailEventsLogs", "/RetentionInDays"),
        Value::Null,
        "MailEventsFunction",
        "RetentionInDays",
    );
}

#[test]
fn every_function_runs_on_the_same_platform() {
    for (pointer, fault) in [
        ("/Runtime", json!("provided.al2")),
        ("/Architectures", json!(["arm"])),
        ("/TracingConfig", Value::Null),
        ("/LoggingConfig/LogFormat", json!("Text")),
    ] {
        catches(&property("FileImportFunction", pointer), fault, "FileImportFunction", "Globals");
    }
}

#[test]
fn no_function_has_the_value_of_a_secret_in_its_environment() {
    let variable = property("MailDeliveryFunction", "/Environment/Variables/NACHKLANG_SECRET_LINK_KEYS");
    let value = json!({ "Fn::Sub": "{{resolve:secretsmanager:${LinkKeys}}}" });
    catches(&variable, value, "MailDeliveryFunction", "the secret's name");
}

// ---- roles

#[test]
fn no_role_reaches_everything() {
    let table = statement("ShopWebhookRole", "ReadTables") + "/Resource";
    catches(&table, json!("*"), "ShopWebhookRole", "Name the resource");
    let actions = statement("ShopWebhookRole", "ReadTables") + "/Action";
    catches(&actions, json!(["dynamodb:*"]), "ShopWebhookRole", "Name the single actions");
    catches(
        &actions,
        json!(["dynamodb:GetItem", "dynamodb:Scan"]),
        "ShopWebhookRole",
        "Name the single actions",
    );
    let marketers = property("MarketerPolicy", "/PolicyDocument/Statement/0/Action");
    catches(&marketers, json!(["s3:DeleteObject"]), "MarketerPolicy", "Name the single actions");
    let foreign = json!(["arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"]);
    catches(
        &property("ShopWebhookRole", "/ManagedPolicyArns"),
        foreign,
        "ShopWebhookRole",
        "Write the actions",
    );
}

#[test]
fn a_role_names_what_its_function_is_told_and_fed_by() {
    let secrets = statement("RecipientPortalRole", "ReadSecrets") + "/Resource";
    let all = json!([{ "Ref": "ContactKey" }, { "Ref": "LinkKeys" }, { "Ref": "WebhookSecrets" }]);
    catches(&secrets, all, "RecipientPortalRole", "equal");
    let receive = statement("MailEventsRole", "ReceiveMessages") + "/Resource";
    catches(&receive, json!({ "Fn::GetAtt": ["UploadsQueue", "Arn"] }), "MailEventsRole", "equal");
    let send = statement("CouponAssignmentRole", "SendMessages") + "/Resource";
    catches(&send, json!({ "Fn::GetAtt": ["AssignmentQueue", "Arn"] }), "CouponAssignmentRole", "equal");
    let read = statement("ShopWebhookRole", "ReadTables") + "/Resource";
    catches(&read, json!({ "Fn::GetAtt": ["CouponsTable", "Arn"] }), "ShopWebhookRole", "equal");
}

#[test]
fn only_the_delivery_sends_mail() {
    let actions = statement("CouponAssignmentRole", "ReadSecrets") + "/Action";
    catches(
        &actions,
        json!(["secretsmanager:GetSecretValue", "ses:SendEmail"]),
        "CouponAssignmentRole",
        "nobody else",
    );
    let actions = statement("MailDeliveryRole", "SendMail") + "/Action";
    catches(&actions, json!(["ses:GetEmailIdentity"]), "MailDeliveryRole", "Allow ses:SendEmail");
}

// ---- data

#[test]
fn a_table_survives_mistakes() {
    let pitr = property("OrdersTable", "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled");
    catches(&pitr, json!(false), "OrdersTable", "PointInTimeRecovery");
    catches(&property("OrdersTable", "/SSESpecification"), Value::Null, "OrdersTable", "SSESpecification");
    let protection = property("OrdersTable", "/DeletionProtectionEnabled");
    catches(&protection, json!(false), "OrdersTable", "IsProduction");
    catches(&protection, json!(true), "OrdersTable", "IsProduction");
    catches(&property("OrdersTable", "/BillingMode"), json!("PROVISIONED"), "OrdersTable", "PAY_PER_REQUEST");
    catches(&property("OrdersTable", "/KeySchema/0/AttributeName"), json!("id"), "OrdersTable", "KeySchema");
}

#[test]
fn what_was_due_goes_away_by_itself() {
    let attribute = property("DueTable", "/TimeToLiveSpecification/AttributeName");
    catches(&attribute, json!("expires"), "DueTable", "ttl");
}

#[test]
fn deleting_the_stack_deletes_no_data() {
    for resource in ["ContactsTable", "Bucket", "DataKey", "ContactKey"] {
        let policy = format!("/Resources/{resource}/DeletionPolicy");
        catches(&policy, json!("Delete"), resource, "RetainExceptOnCreate");
        catches(&format!("/Resources/{resource}/UpdateReplacePolicy"), Value::Null, resource, "Retain");
    }
}

#[test]
fn the_bucket_is_closed_versioned_encrypted_and_heard() {
    let public = property("Bucket", "/PublicAccessBlockConfiguration/BlockPublicPolicy");
    catches(&public, json!(false), "Bucket", "PublicAccessBlockConfiguration");
    catches(
        &property("Bucket", "/VersioningConfiguration"),
        Value::Null,
        "Bucket",
        "VersioningConfiguration",
    );
    catches(&property("Bucket", "/BucketEncryption"), Value::Null, "Bucket", "aws:kms");
    catches(&property("Bucket", "/NotificationConfiguration"), Value::Null, "Bucket", "EventBridgeEnabled");
    catches("/Resources/BucketPolicy", Value::Null, "Bucket", "SecureTransport");
}

#[test]
fn files_with_people_in_them_end_by_themselves() {
    let rules = property("Bucket", "/LifecycleConfiguration/Rules");
    let of = |folder: &'static str| without(&rules, move |rule| rule["Prefix"] == folder);
    for folder in ["orders/", "contacts/", "parked/", "replay/"] {
        catches(&rules, of(folder), "Bucket", folder);
    }
    let all_but_old = without(&rules, |rule| rule["Prefix"].is_null());
    catches(&rules, all_but_old, "Bucket", "NoncurrentVersionExpiration");
}

#[test]
fn marketers_write_their_folders_and_nothing_else() {
    let folders = property("MarketerPolicy", "/PolicyDocument/Statement/0/Resource");
    let mut more = TEMPLATE.source(&folders).as_array().unwrap().clone();
    more.push(json!({ "Fn::Sub": "${Bucket.Arn}/published/*" }));
    catches(&folders, json!(more), "MarketerPolicy", "exactly shops/");
    catches(&folders, json!({ "Fn::Sub": "${Bucket.Arn}/*" }), "MarketerPolicy", "exactly shops/");
}

// ---- uploads

#[test]
fn the_values_of_an_event_pattern_are_lists() {
    let rule = |rest: &str| property("UploadRule", &format!("/EventPattern{rest}"));
    catches(&rule("/source"), json!("aws.s3"), "UploadRule", "Write /source as a list");
    catches(
        &rule("/detail/bucket/name"),
        json!({ "Ref": "Bucket" }),
        "UploadRule",
        "Write /detail/bucket/name as a list",
    );
}

#[test]
fn an_upload_into_any_folder_is_heard_and_never_forgotten() {
    let keys = property("UploadRule", "/EventPattern/detail/object/key");
    let fewer = without(&keys, |key| key["prefix"] == "coupons/");
    catches(&keys, fewer, "UploadRule", "coupons/");
    let mut more = TEMPLATE.source(&keys).as_array().unwrap().clone();
    more.push(json!({ "prefix": "reports/" }));
    catches(&keys, json!(more), "UploadRule", "coupons/");
    let targets = property("UploadRule", "/Targets");
    let forgetful = json!([{ "Id": "uploads", "Arn": { "Fn::GetAtt": ["UploadsQueue", "Arn"] } }]);
    catches(&targets, forgetful, "UploadRule", "DeadLetterConfig");
    catches("/Resources/UploadsQueuePolicy", Value::Null, "UploadRule", "events.amazonaws.com");
}

// ---- mail

#[test]
fn mails_travel_encrypted() {
    let policy = property("ConfigurationSet", "/DeliveryOptions/TlsPolicy");
    catches(&policy, json!("OPTIONAL"), "ConfigurationSet", "REQUIRE");
}

#[test]
fn every_event_about_a_mail_comes_back_and_exists() {
    let types = property("EventDestination", "/EventDestination/MatchingEventTypes");
    let mut wrong = TEMPLATE.source(&types).as_array().unwrap().clone();
    wrong.push(json!("DELIVERED"));
    catches(&types, json!(wrong), "EventDestination", "DELIVERY_DELAY");
    catches(&types, without(&types, |kind| kind == "BOUNCE"), "EventDestination", "Add BOUNCE");
    catches(
        &property("EventDestination", "/EventDestination/Enabled"),
        json!(false),
        "EventDestination",
        "Enabled",
    );
}

#[test]
fn nobody_is_tracked_unless_the_operator_asks_for_it() {
    catches(
        "/Resources/TrackingDestination/Condition",
        Value::Null,
        "TrackingDestination",
        "TracksOpensAndClicks",
    );
    let defaults = TEMPLATE.source("/Parameters/TrackOpensAndClicks/Default");
    assert_eq!(defaults, "false");
}

#[test]
fn events_arrive_as_ses_wrote_them() {
    let raw = property("EventSubscription", "/RawMessageDelivery");
    catches(&raw, json!(false), "EventSubscription", "RawMessageDelivery");
    catches("/Resources/EventsQueuePolicy", Value::Null, "EventSubscription", "sns.amazonaws.com");
    catches("/Resources/EventsDeadLettersPolicy", Value::Null, "EventSubscription", "sns.amazonaws.com");
}

// ---- HTTP

#[test]
fn the_http_api_is_throttled() {
    let default = property("HttpApiStage", "/DefaultRouteSettings");
    catches(&default, Value::Null, "HttpApiStage", "DefaultRouteSettings");
    catches(&property("HttpApiStage", "/RouteSettings"), Value::Null, "HttpApiStage", "POST /webhooks/");
}

#[test]
fn the_access_log_holds_no_caller_and_no_token() {
    let format = property("HttpApiStage", "/AccessLogSettings/Format");
    for field in ["$context.identity.sourceIp", "$context.path", "$context.identity.userAgent"] {
        let fault = format!("{{\"status\":\"$context.status\",\"more\":\"{field}\"}}");
        catches(&format, json!(fault), "HttpApiStage", "Log only");
    }
    catches(
        &property("HttpApiStage", "/AccessLogSettings"),
        Value::Null,
        "HttpApiStage",
        "AccessLogSettings",
    );
}

#[test]
fn each_route_leads_to_its_function() {
    let target = property("PortalActionRoute", "/Target");
    let elsewhere = json!({ "Fn::Sub": "integrations/${WebhookIntegration}" });
    catches(&target, elsewhere, "POST /u/{token}", "Join route");
    catches("/Resources/WebhookRoute", Value::Null, "POST /webhooks/{shop}/{wire}/{topic}", "Join route");
    let key = property("PortalPageRoute", "/RouteKey");
    catches(&key, json!("GET /{proxy+}"), "GET /{proxy+}", "Remove it");
    catches("/Resources/PortalPermission", Value::Null, "RecipientPortalFunction", "AWS::Lambda::Permission");
    catches(&property("ShopWebhookFunction", "/Timeout"), json!(60), "ShopWebhookFunction", "below 30");
}

// ---- literals

#[test]
fn no_secret_stands_in_the_template() {
    let default = "/Parameters/EndpointUrl/Default";
    catches(default, json!("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "EndpointUrl", "Secrets Manager");
    catches(default, json!("9fK2mQ7xT4vB8nL3wR6yZ1cJ5hD0gS"), "EndpointUrl", "Secrets Manager");
    let parameter = json!({ "Type": "String", "Default": "lunaria" });
    catches("/Parameters/ShopifySecret", parameter, "ShopifySecret", "Secrets Manager");
    let value = property("WebhookSecrets", "/SecretString");
    catches(&value, json!("shpss_0123456789abcdef0123456789abcdef"), "WebhookSecrets", "Secrets Manager");
}

// ---- alarms

#[test]
fn a_run_that_does_not_happen_is_heard() {
    let missing = property("RunMissingAlarm", "/TreatMissingData");
    catches(&missing, json!("notBreaching"), "RunMissingAlarm", "breaching");
    catches(&property("RunMissingAlarm", "/EvaluationPeriods"), json!(24), "RunMissingAlarm", "25 hours");
}

#[test]
fn everything_that_needs_the_operator_has_an_alarm() {
    for (alarm, metric) in [
        ("RunMissingAlarm", "RunCompleted"),
        ("RunLagAlarm", "RunLagDays"),
        ("MailUnknownAlarm", "MailUnknown"),
        ("WebhookParkedAlarm", "WebhookParked"),
        ("CouponsLowAlarm", "CouponFree"),
        ("CouponRunwayAlarm", "CouponRunwayDays"),
        ("FeedOldAlarm", "FeedAgeHours"),
        ("BounceRateAlarm", "Reputation.BounceRate"),
        ("ComplaintRateAlarm", "Reputation.ComplaintRate"),
        ("DeliveryDeadLettersAlarm", "ApproximateNumberOfMessagesVisible"),
        ("DeliveryAgeAlarm", "ApproximateAgeOfOldestMessage"),
        ("FileImportErrorsAlarm", "Errors"),
    ] {
        let gone = TEMPLATE.planted(&format!("/Resources/{alarm}"), Value::Null).unwrap();
        let said = findings(&gone)
            .iter()
            .any(|one| one.to_string().contains(metric) && one.remedy.contains("Add an alarm"));
        assert!(said, "nobody misses {alarm}");
    }
    catches(&property("MailUnknownAlarm", "/AlarmActions"), Value::Null, "MailUnknownAlarm", "AlarmTopic");
}

#[test]
fn the_operator_hears_of_bounces_before_ses_does_something() {
    catches(&property("BounceRateAlarm", "/Threshold"), json!(0.05), "BounceRateAlarm", "0.03");
    catches(&property("ComplaintRateAlarm", "/Threshold"), json!(0.001), "ComplaintRateAlarm", "0.0005");
    let comparison = property("RunMissingAlarm", "/ComparisonOperator");
    catches(&comparison, json!("GreaterThanThreshold"), "RunMissingAlarm", "LessThanThreshold");
}
