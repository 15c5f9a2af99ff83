//! A wire to a service on which calls can go wrong.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::caller::{self, Ports};
use super::message::{Answer, Call};

/// An answer that drips comes in so many pieces.
const DROPS: usize = 8;

/// What becomes of a call.
#[derive(Debug, Clone)]
pub enum Fate {
    /// It arrives, and so does its answer.
    Pass,
    /// It arrives; the connection breaks before the answer does.
    LoseAnswer,
    /// It does not arrive: the connection breaks once all of it was sent.
    Cut,
    /// It does not arrive, which is told; nobody answers.
    Hang(Arc<Notify>),
    /// It arrives, and then this is told; nobody answers.
    HangAfter(Arc<Notify>),
    /// It does not arrive; this is answered, with a status.
    Answer(u16, String),
    /// It arrives; this is answered instead of what the service said, with a status.
    AnswerAfter(u16, String),
    /// It arrives; its answer comes in pieces over this time.
    Drip(Duration),
    /// It does not arrive: its caller is killed before.
    KillBefore,
    /// It arrives; its caller is killed before the answer does.
    KillAfter,
}

/// Decides about the calls of a wire, and hears what became of them.
pub trait Course: Send + Sync + 'static {
    /// What becomes of a call, which may be changed before it goes on.
    fn fate(&self, call: &mut Call) -> Fate;

    /// Whether it wants to hear who calls, which takes a search for each connection.
    fn wants_callers(&self) -> bool {
        false
    }

    /// The function of this name makes a call.
    fn called(&self, _call: &Call, _function: &str) {}

    /// A call has arrived, and this was answered: asked for at the one moment, answered at the other.
    fn arrived(&self, _call: &Call, _asked: Timestamp, _answered: Timestamp, _answer: &Answer) {}

    /// By this fate the function of this name was killed, or nobody, since the caller could not be found.
    fn killed(&self, _call: &Call, _fate: &Fate, _function: Option<String>) {}
}

impl<F: Fn(&Call) -> Fate + Send + Sync + 'static> Course for F {
    fn fate(&self, call: &mut Call) -> Fate {
        self(call)
    }
}

/// A wire. It ends when it is dropped.
pub struct Wire {
    endpoint: String,
    serving: JoinHandle<()>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wire({})", self.endpoint)
    }
}

impl Wire {
    /// A wire to an endpoint; `decide` is asked about each call.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn to(
        endpoint: &str,
        decide: impl Fn(&Call) -> Fate + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        Self::along(endpoint, Arc::new(decide)).await
    }

    /// A wire to an endpoint, on which calls take a course.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn along(endpoint: &str, course: Arc<dyn Course>) -> anyhow::Result<Self> {
        let upstream = endpoint.strip_prefix("http://").context("a plain endpoint")?.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (upstream, course) = (upstream.clone(), Arc::clone(&course));
                // A broken connection is what this wire is for; the client tells of it.
                tokio::spawn(async move { serve(client, &upstream, &*course).await.ok() });
            }
        });
        Ok(Self { endpoint, serving })
    }

    /// Where it begins.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Carries the calls of a connection, until one of them ends it.
async fn serve(mut client: TcpStream, upstream: &str, course: &dyn Course) -> anyhow::Result<()> {
    let mut inbox = Vec::new();
    let function = if course.wants_callers() { function_of(&client).await? } else { None };
    while let Some(mut call) = Call::read(&mut client, &mut inbox).await? {
        function.iter().for_each(|function| course.called(&call, function));
        let fate = course.fate(&mut call);
        let Some(answer) = carry(&call, fate, &mut client, upstream, course).await? else { break };
        client.write_all(&answer.bytes()).await?;
        if !answer.is_framed() {
            break;
        }
    }
    Ok(())
}

/// The function at the other end, if it is one.
async fn function_of(client: &TcpStream) -> anyhow::Result<Option<String>> {
    let ports = ports(client)?;
    Ok(tokio::task::spawn_blocking(move || caller::name_at(ports)).await?)
}

fn ports(client: &TcpStream) -> anyhow::Result<Ports> {
    Ok(Ports { from: client.peer_addr()?.port(), to: client.local_addr()?.port() })
}

/// Carries one call; `None` ends the connection.
async fn carry(
    call: &Call,
    fate: Fate,
    client: &mut TcpStream,
    upstream: &str,
    course: &dyn Course,
) -> anyhow::Result<Option<Answer>> {
    let through = async || forward(call, upstream, course).await;
    Ok(match fate {
        Fate::Pass => Some(through().await?),
        Fate::LoseAnswer => through().await.map(|_| None)?,
        Fate::Cut => None,
        Fate::Hang(told) => {
            told.notify_one();
            std::future::pending().await
        }
        Fate::HangAfter(arrived) => {
            through().await?;
            arrived.notify_one();
            std::future::pending().await
        }
        Fate::Answer(status, body) => Some(Answer::made_up(status, &body)),
        Fate::AnswerAfter(status, body) => through().await.map(|_| Some(Answer::made_up(status, &body)))?,
        Fate::Drip(over) => {
            let answer = through().await?;
            drip(client, &answer.bytes(), over).await?;
            None
        }
        Fate::KillBefore => kill(client, call, &fate, course).await.map(|()| None)?,
        Fate::KillAfter => {
            through().await?;
            kill(client, call, &fate, course).await.map(|()| None)?
        }
    })
}

async fn forward(call: &Call, upstream: &str, course: &dyn Course) -> anyhow::Result<Answer> {
    let asked = Timestamp::now();
    let answer = call.forward(upstream).await?;
    course.arrived(call, asked, Timestamp::now(), &answer);
    Ok(answer)
}

async fn drip(client: &mut TcpStream, bytes: &[u8], over: Duration) -> anyhow::Result<()> {
    let size = bytes.len().div_ceil(DROPS).max(1);
    for drop in bytes.chunks(size) {
        tokio::time::sleep(over / u32::try_from(DROPS)?).await;
        client.write_all(drop).await?;
        client.flush().await?;
    }
    Ok(())
}

async fn kill(client: &TcpStream, call: &Call, fate: &Fate, course: &dyn Course) -> anyhow::Result<()> {
    let ports = ports(client)?;
    let function = tokio::task::spawn_blocking(move || caller::kill(ports)).await??;
    course.killed(call, fate, function);
    Ok(())
}
