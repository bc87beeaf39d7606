//! A server of our own for one run, in a process of its own so that its CPU time is its own.

use super::arguments::Own;
use crate::sim::{Reply, Web};
use serde_json::json;
use std::{
    io,
    net::{SocketAddr, TcpListener},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{Instant, sleep},
};

/// The callflow of calls without a web request, by the name of its file.
const CALLFLOW: &str = "six-steps";

/// How long the server may take to listen.
const START: Duration = Duration::from_secs(20);

/// How long CDRs may take to arrive after the last call.
const DELIVERY: Duration = Duration::from_secs(60);

/// `pivot serve` with a web server and a database, all of them gone when this is dropped.
pub(super) struct OwnServer {
    pub(super) address: SocketAddr,
    pub(super) pid: u32,
    /// From the start of the process until a connection was accepted.
    pub(super) started_in: Duration,
    /// What the dialplan sets on every call.
    pub(super) variables: Vec<(String, String)>,
    what: Own,
    cdrs: Arc<AtomicU64>,
    child: Child,
    _web: Web,
    _folder: TempDir,
}

impl OwnServer {
    pub(super) async fn start(what: Own, most_calls: u64) -> io::Result<Self> {
        let cdrs = Arc::new(AtomicU64::new(0));
        let web = Web::forgetful(answering(Arc::clone(&cdrs))).await?;
        let folder = tempfile::Builder::new().prefix("pivot-bench-").tempdir()?;
        let address = free_address()?;
        let callflows = folder.path().join("callflows");
        tokio::fs::create_dir(&callflows).await?;
        let flow = format!("{{ \"flow\": {} }}", callflow());
        tokio::fs::write(callflows.join(format!("{CALLFLOW}.json")), flow).await?;
        let config = folder.path().join("pivot.toml");
        tokio::fs::write(&config, configuration(what, address, most_calls, &web, &folder)).await?;
        // Written as in production, and read by nobody.
        let log = std::fs::File::create(folder.path().join("pivot.log"))?;
        let began = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--config"])
            .arg(&config)
            .env_clear()
            .stdin(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        listening(&mut child, address).await?;
        let started_in = began.elapsed();
        let pid = child.id().ok_or_else(|| io::Error::other("pivot serve has ended"))?;
        let variables = match what {
            Own::Whole => vec![("pivot_voice_url".to_owned(), web.url("/answer"))],
            Own::Esl => vec![("pivot_callflow".to_owned(), CALLFLOW.to_owned())],
        };
        Ok(Self {
            address,
            pid,
            started_in,
            variables,
            what,
            cdrs,
            child,
            _web: web,
            _folder: folder,
        })
    }

    /// Whether each call gives a CDR.
    pub(super) fn has_cdrs(&self) -> bool {
        self.what == Own::Whole
    }

    /// Waits until so many CDRs have arrived; gives how many did.
    pub(super) async fn delivered(&self, wanted: u64) -> u64 {
        let give_up = Instant::now() + DELIVERY;
        while self.cdrs.load(Ordering::Relaxed) < wanted && Instant::now() < give_up {
            sleep(Duration::from_millis(20)).await;
        }
        self.cdrs.load(Ordering::Relaxed)
    }

    /// Stops the server.
    pub(super) async fn stop(mut self) -> io::Result<()> {
        self.child.kill().await
    }
}

fn answering(cdrs: Arc<AtomicU64>) -> impl Fn(&crate::sim::Asked) -> Reply {
    let callflow = callflow();
    move |asked| {
        if asked.path == "/cdr" {
            cdrs.fetch_add(1, Ordering::Relaxed);
            return Reply::Status(204);
        }
        Reply::piston(&*callflow)
    }
}

/// Six steps: answer, a file, digits, speech, a file, hangup.
fn callflow() -> String {
    let steps = [
        json!({ "module": "answer", "data": {} }),
        json!({ "module": "play", "data": { "id": "welcome.wav" } }),
        json!({ "module": "collect_dtmf", "data": { "max_digits": 5, "terminator": "#", "timeout": 5_000 } }),
        json!({ "module": "tts", "data": { "text": "Thank you. Your number has been noted." } }),
        json!({ "module": "play", "data": { "id": "goodbye.wav" } }),
        json!({ "module": "hangup", "data": {} }),
    ];
    let nested = steps.into_iter().rev().reduce(|next, mut step| {
        step["children"] = json!({ "_": next });
        step
    });
    nested.unwrap_or_default().to_string()
}

fn configuration(
    what: Own,
    listen: SocketAddr,
    most_calls: u64,
    web: &Web,
    folder: &TempDir,
) -> String {
    let (cdr, store) = match what {
        Own::Whole => (web.url("/cdr"), folder.path().join("pivot.sqlite").display().to_string()),
        Own::Esl => (String::new(), String::new()),
    };
    let callflows = folder.path().join("callflows").display().to_string();
    format!(
        "[esl]\nlisten = \"{listen}\"\nmax_calls = {most_calls}\nlinger_s = 2\n\
         [http]\nallow_cidrs = [\"127.0.0.0/8\"]\n\
         [media]\nhttp = false\n\
         [callflows]\ndir = \"{callflows}\"\n\
         [cdr]\nurl = \"{cdr}\"\n\
         [store]\npath = \"{store}\"\n\
         [log]\nlevel = \"info\"\n"
    )
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// Waits until the server accepts connections.
async fn listening(child: &mut Child, address: SocketAddr) -> io::Result<()> {
    let give_up = Instant::now() + START;
    loop {
        if let Ok(stream) = TcpStream::connect(address).await {
            drop(stream);
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            return Err(io::Error::other(format!("pivot serve ended at once: {status}")));
        }
        if Instant::now() > give_up {
            return Err(io::Error::other("pivot serve does not listen"));
        }
        sleep(Duration::from_millis(1)).await;
    }
}
