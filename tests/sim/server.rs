//! A hand-driven server at the other end of a simulated call.

use pivot::sim::{CallReport, Caller, Switch};
use std::collections::VecDeque;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;

/// One message from the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// `Reply-Text`, or the body of an `api/response`.
    Reply(String),
    /// An event's headers, values still encoded.
    Event(Vec<(String, String)>),
    /// `Content-Disposition` of a notice.
    Notice(String),
}

/// The server's side of one call.
pub struct Server {
    stream: DuplexStream,
    input: Vec<u8>,
    waiting: VecDeque<Message>,
    pub uuid: String,
    call: JoinHandle<CallReport>,
}

impl Server {
    /// Lets the caller dial; nothing is said yet.
    pub fn waits_for(switch: &Switch, caller: Caller) -> Self {
        let (near, far) = tokio::io::duplex(1024 * 1024);
        let switch = switch.clone();
        let call = tokio::spawn(async move { switch.call(caller, near).await });
        let waiting = VecDeque::new();
        Self { stream: far, input: Vec::new(), waiting, uuid: String::new(), call }
    }

    /// The usual beginning: `connect`, `linger 2`, every event of this call.
    pub async fn greets(switch: &Switch, caller: Caller) -> Self {
        let mut server = Self::waits_for(switch, caller);
        server.connects().await;
        server.asks("linger 2").await;
        let uuid = server.uuid.clone();
        server.asks(&format!("filter Unique-ID {uuid}")).await;
        server.asks(&format!("filter Other-Leg-Unique-ID {uuid}")).await;
        server.asks("event plain ALL").await;
        server
    }

    pub async fn connects(&mut self) {
        self.says("connect\n\n").await;
        let Some(Message::Event(headers)) = self.next().await else { panic!("no answer") };
        self.uuid = value(&headers, "Unique-ID").to_owned();
    }

    pub async fn says(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends a command and gives its reply; events that come first are kept.
    pub async fn asks(&mut self, command: &str) -> String {
        self.says(&format!("{command}\n\n")).await;
        loop {
            match self.read().await {
                Some(Message::Reply(text)) => return text,
                Some(other) => self.waiting.push_back(other),
                None => panic!("closed before the reply to {command}"),
            }
        }
    }

    /// Queues an application.
    pub async fn executes(&mut self, application: &str, argument: &str) {
        self.executes_with(application, argument, "").await;
    }

    /// The same with more headers, each ended by a line end.
    pub async fn executes_with(&mut self, application: &str, argument: &str, more: &str) {
        let command = format!(
            "sendmsg\ncall-command: execute\nexecute-app-name: {application}\n\
             execute-app-arg: {argument}\n{more}"
        );
        let reply = self.asks(command.trim_end()).await;
        assert_eq!(reply, "+OK");
    }

    /// Waits for the next event of that name, dropping others.
    pub async fn hears(&mut self, name: &str) -> Vec<(String, String)> {
        loop {
            match self.next().await {
                Some(Message::Event(event)) if value(&event, "Event-Name") == name => return event,
                Some(_) => {}
                None => panic!("closed before {name}"),
            }
        }
    }

    /// Waits until that application is complete.
    pub async fn completes(&mut self, application: &str) -> Vec<(String, String)> {
        loop {
            let event = self.hears("CHANNEL_EXECUTE_COMPLETE").await;
            if value(&event, "Application") == application {
                return event;
            }
        }
    }

    pub async fn next(&mut self) -> Option<Message> {
        match self.waiting.pop_front() {
            Some(message) => Some(message),
            None => self.read().await,
        }
    }

    /// Everything until the switch closes, and what became of the call.
    pub async fn rest(mut self) -> (Vec<Message>, CallReport) {
        let mut all = Vec::new();
        while let Some(message) = self.next().await {
            all.push(message);
        }
        (all, self.call.await.unwrap())
    }

    /// Closes the connection; what became of the call.
    pub async fn leaves(self) -> CallReport {
        drop(self.stream);
        self.call.await.unwrap()
    }

    async fn read(&mut self) -> Option<Message> {
        loop {
            if let Some((message, length)) = take(&self.input) {
                self.input.drain(..length);
                return Some(message);
            }
            if self.stream.read_buf(&mut self.input).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }
}

/// A header's value; empty if there is none.
pub fn value<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    let found = headers.iter().find(|(key, _)| key == name);
    found.map_or("", |(_, value)| value.as_str())
}

/// The names of the events among messages.
pub fn names(messages: &[Message]) -> Vec<String> {
    let names = messages.iter().filter_map(|message| match message {
        Message::Event(event) => Some(value(event, "Event-Name").to_owned()),
        _ => None,
    });
    names.collect()
}

fn take(input: &[u8]) -> Option<(Message, usize)> {
    let end = input.windows(2).position(|two| two == b"\n\n")? + 2;
    let outer = headers(&input[..end]);
    if !value(&outer, "Event-Name").is_empty() {
        return Some((Message::Event(outer), end));
    }
    let length: usize = value(&outer, "Content-Length").parse().unwrap_or(0);
    let body = input.get(end..end + length)?;
    let message = match value(&outer, "Content-Type") {
        "text/event-plain" => Message::Event(headers(body)),
        "text/disconnect-notice" => {
            Message::Notice(value(&outer, "Content-Disposition").to_owned())
        }
        "api/response" => Message::Reply(String::from_utf8_lossy(body).into_owned()),
        _ => Message::Reply(value(&outer, "Reply-Text").to_owned()),
    };
    Some((message, end + length))
}

fn headers(block: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(block);
    let pairs = text.lines().filter_map(|line| line.split_once(": "));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
