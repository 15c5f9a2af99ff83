use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A service that counts the calls that arrive, and says what it was told.
async fn service() -> anyhow::Result<(String, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (endpoint, calls) = (format!("http://{}", listener.local_addr()?), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&calls);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut inbox = Vec::new();
            let Ok(Some(call)) = Call::read(&mut client, &mut inbox).await else { continue };
            counted.fetch_add(1, Ordering::SeqCst);
            let said = call.body;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{said}",
                said.len()
            );
            client.write_all(answer.as_bytes()).await.ok();
        }
    });
    Ok((endpoint, calls))
}

/// A connection to a wire on which every call has this fate.
async fn connected(endpoint: &str, fate: Fate) -> anyhow::Result<(Wire, TcpStream)> {
    let wire = Wire::to(endpoint, move |_| fate.clone()).await?;
    let client = TcpStream::connect(wire.endpoint().trim_start_matches("http://")).await?;
    Ok((wire, client))
}

/// What is answered to a call; nothing if the connection breaks.
async fn ask(client: &mut TcpStream, body: &str) -> anyhow::Result<String> {
    let call = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    client.write_all(call.as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(body.as_bytes()) && client.read_buf(&mut answer).await? > 0 {}
    Ok(String::from_utf8(answer)?)
}

fn call(what: &str, body: &str) -> anyhow::Result<Call> {
    Call::made_up(what, body)
}

#[tokio::test]
async fn a_connection_carries_one_call_after_the_other() -> anyhow::Result<()> {
    let (endpoint, calls) = service().await?;
    let (_wire, mut client) = connected(&endpoint, Fate::Pass).await?;
    for body in ["one", "two", "three"] {
        assert!(ask(&mut client, body).await?.ends_with(body));
    }
    assert_eq!(calls.load(Ordering::SeqCst), 3);
    Ok(())
}

#[tokio::test]
async fn what_is_cut_never_arrives_and_what_is_lost_has_arrived() -> anyhow::Result<()> {
    for (fate, arrived) in [(Fate::Cut, 0), (Fate::LoseAnswer, 1)] {
        let (endpoint, calls) = service().await?;
        let (_wire, mut client) = connected(&endpoint, fate).await?;
        assert_eq!(ask(&mut client, "one").await?, "");
        assert_eq!(calls.load(Ordering::SeqCst), arrived);
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_nobody_gave_is_told_with_and_without_the_effect() -> anyhow::Result<()> {
    let said = || "broken".to_owned();
    for (fate, arrived) in [(Fate::Answer(500, said()), 0), (Fate::AnswerAfter(503, said()), 1)] {
        let (endpoint, calls) = service().await?;
        let (_wire, mut client) = connected(&endpoint, fate).await?;
        let answer = ask(&mut client, "broken").await?;
        assert!(answer.starts_with("HTTP/1.1 50") && answer.ends_with("broken"), "{answer}");
        assert_eq!(calls.load(Ordering::SeqCst), arrived);
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_drips_is_whole_in_the_end() -> anyhow::Result<()> {
    let (endpoint, _) = service().await?;
    let (_wire, mut client) = connected(&endpoint, Fate::Drip(std::time::Duration::from_millis(40))).await?;
    assert!(ask(&mut client, "slowly").await?.ends_with("slowly"));
    Ok(())
}

#[tokio::test]
async fn a_caller_that_is_no_function_is_not_killed() -> anyhow::Result<()> {
    let (endpoint, calls) = service().await?;
    let (_wire, mut client) = connected(&endpoint, Fate::KillAfter).await?;
    assert_eq!(ask(&mut client, "one").await?, "");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
    Ok(())
}

#[test]
fn what_a_queue_is_to_keep_back_comes_soon_and_nothing_else_changes() -> anyhow::Result<()> {
    let weather = Weather::of_seed(1);
    let mut late = call("AmazonSQS.SendMessage", r#"{"DelaySeconds":60,"MessageBody":"task"}"#)?;
    assert!(matches!(weather.fate(&mut late), Fate::Pass));
    assert_eq!(late.body, r#"{"DelaySeconds":5,"MessageBody":"task"}"#);
    let mut other = call("AmazonSQS.SendMessage", r#"{"MessageBody":"task"}"#)?;
    weather.fate(&mut other);
    assert_eq!(other.body, r#"{"MessageBody":"task"}"#);
    Ok(())
}

#[test]
fn a_seed_deals_the_same_faults_again_and_another_one_others() -> anyhow::Result<()> {
    let dealt = |seed| -> anyhow::Result<Vec<String>> {
        let weather = Weather::of_seed(seed);
        weather.turn(true);
        let mut send = call("POST /v2/email/outbound-emails", "{}")?;
        Ok((0..64).map(|_| format!("{:?}", weather.fate(&mut send))).collect())
    };
    assert_eq!(dealt(7)?, dealt(7)?);
    assert_ne!(dealt(7)?, dealt(8)?);
    Ok(())
}

#[test]
fn in_fair_weather_nothing_goes_wrong_and_in_bad_weather_all_does() -> anyhow::Result<()> {
    let weather = Weather::of_seed(3);
    let mut write = call("DynamoDB_20120810.PutItem", "{}")?;
    for _ in 0..200 {
        assert!(matches!(weather.fate(&mut write), Fate::Pass));
    }
    assert!(weather.happened().is_empty());
    weather.turn(true);
    (0..240).for_each(|_| drop(weather.fate(&mut write)));
    let happened = weather.happened();
    for fault in Fault::ALL.into_iter().filter(|fault| !fault.kills()) {
        assert!(
            happened.get(&(Lane::Write, fault)).is_some_and(|times| *times >= 2),
            "{fault:?}: {happened:?}"
        );
    }
    Ok(())
}

#[test]
fn every_call_has_its_lane() -> anyhow::Result<()> {
    for (what, lane) in [
        ("POST /v2/email/outbound-emails", Lane::Send),
        ("GET /v2/email/account", Lane::Account),
        ("DynamoDB_20120810.TransactWriteItems", Lane::Write),
        ("DynamoDB_20120810.BatchWriteItem", Lane::Write),
        ("DynamoDB_20120810.BatchGetItem", Lane::Read),
        ("DynamoDB_20120810.Query", Lane::Read),
        ("AmazonSQS.SendMessageBatch", Lane::Queue),
        ("secretsmanager.GetSecretValue", Lane::Secret),
        ("PUT /bucket/coupons/a.csv?x-id=PutObject", Lane::Object),
    ] {
        assert_eq!(Lane::of(&call(what, "")?), lane, "{what}");
    }
    Ok(())
}
