//! A customer's web server: answers what it is told to answer, and remembers every request.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{
    future::pending,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// Largest request body that is kept, bytes.
const BODY: usize = 1024 * 1024;

/// A web server on loopback. It stops when it is dropped.
#[derive(Debug)]
pub struct Web {
    address: SocketAddr,
    log: Log,
    task: JoinHandle<()>,
}

/// One request that was made to the web server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `GET`, `POST`.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Path and query as they came.
    pub target: String,
    /// Headers, their names in small letters, in order.
    pub headers: Vec<(String, String)>,
    /// Parameters of the query, then those of a form, decoded, in order.
    pub parameters: Vec<(String, String)>,
    /// Content type of the body.
    pub content_type: String,
    /// The body as text.
    pub body: String,
}

/// What the web server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A document with status 200.
    Document {
        /// `application/json`, `text/xml`, ….
        content_type: String,
        /// The body.
        body: String,
    },
    /// Any bytes with status 200.
    File {
        /// Headers, `content-type` among them.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// An empty answer with this status.
    Status(u16),
    /// A redirect with this status to that address.
    Redirect(u16, String),
    /// No answer, ever.
    Silence,
}

impl Reply {
    /// A Piston callflow.
    pub fn piston(body: impl Into<String>) -> Self {
        Self::Document { content_type: "application/json".to_owned(), body: body.into() }
    }

    /// TwiML or Plivo XML.
    pub fn xml(body: impl Into<String>) -> Self {
        Self::Document { content_type: "text/xml".to_owned(), body: body.into() }
    }
}

impl Asked {
    /// The first parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The first header of that name, which is in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

type Answerer = Arc<dyn Fn(&Asked) -> Reply + Send + Sync>;

#[derive(Clone, Debug)]
struct Log {
    /// `None`: requests are forgotten at once.
    asked: Option<Arc<Mutex<Vec<Asked>>>>,
    count: Arc<watch::Sender<usize>>,
}

#[derive(Clone)]
struct Site {
    answer: Answerer,
    log: Log,
}

impl Web {
    /// Starts a web server on a free port of loopback; `answer` says what each request gets.
    pub async fn start(
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::serve(answer, Some(Arc::default())).await
    }

    /// The same for very many requests: none is remembered.
    pub async fn forgetful(
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::serve(answer, None).await
    }

    async fn serve(
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
        asked: Option<Arc<Mutex<Vec<Asked>>>>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let log = Log { asked, count: Arc::new(watch::Sender::new(0)) };
        let site = Site { answer: Arc::new(answer), log: log.clone() };
        let router = Router::new().fallback(respond).with_state(site);
        let task = tokio::spawn(async move {
            // Ends with the listener only; errors of single connections stay with them.
            let _ended = axum::serve(listener, router).await;
        });
        Ok(Self { address, log, task })
    }

    /// The address of a path (`/answer`) on this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every request so far, in the order in which they arrived.
    pub fn asked(&self) -> Vec<Asked> {
        let asked = self.log.asked.as_ref();
        asked
            .map(|log| log.lock().unwrap_or_else(PoisonError::into_inner).clone())
            .unwrap_or_default()
    }

    /// Waits until a request has arrived that is wanted, and gives it.
    pub async fn wait_for(&self, wanted: impl Fn(&Asked) -> bool) -> Asked {
        let mut count = self.log.count.subscribe();
        loop {
            if let Some(asked) = self.asked().into_iter().find(&wanted) {
                return asked;
            }
            if count.changed().await.is_err() {
                return pending().await;
            }
        }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond(State(site): State<Site>, request: Request) -> Response {
    let asked = read(request).await;
    let reply = (site.answer)(&asked);
    if let Some(log) = &site.log.asked {
        log.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }
    site.log.count.send_modify(|count| *count += 1);
    let status = |code| StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match reply {
        Reply::Document { content_type, body } => {
            ([(header::CONTENT_TYPE, content_type)], body).into_response()
        }
        Reply::File { headers, body } => {
            let mut response = Response::new(Body::from(body));
            for (name, value) in headers {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Reply::Status(code) => status(code).into_response(),
        Reply::Redirect(code, to) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = status(code);
            if let Ok(to) = HeaderValue::from_str(&to) {
                response.headers_mut().insert(header::LOCATION, to);
            }
            response
        }
        Reply::Silence => pending().await,
    }
}

async fn read(request: Request) -> Asked {
    let (head, body) = request.into_parts();
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let body = axum::body::to_bytes(body, BODY).await.unwrap_or_default();
    let decoded = |text: &[u8]| -> Vec<(String, String)> {
        form_urlencoded::parse(text).map(|(n, v)| (n.into_owned(), v.into_owned())).collect()
    };
    let mut parameters = decoded(head.uri.query().unwrap_or_default().as_bytes());
    if content_type.starts_with("application/x-www-form-urlencoded") {
        parameters.extend(decoded(&body));
    }
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        target: head.uri.to_string(),
        headers: head.headers.iter().map(header).collect(),
        parameters,
        content_type,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}
