//! A web server for documents in files, as a customer's would be: their bytes as they are.

use crate::cli::documents;
use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{
    io,
    net::SocketAddr,
    path::{Component, Path, PathBuf},
    sync::Arc,
};
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

/// A web server on loopback. It stops when it is dropped.
#[derive(Debug)]
pub(super) struct Site {
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// Told a remark for the person at the terminal.
type Remark = fn(&str);

#[derive(Debug)]
enum Content {
    /// One document, at `/`.
    File(Vec<u8>),
    /// Paths are files below this folder.
    Folder(PathBuf),
}

impl Site {
    /// Serves a file or a folder on a free port.
    pub(super) async fn start(path: &Path, remark: Remark) -> io::Result<Self> {
        let content = if path.is_dir() {
            Content::Folder(path.to_owned())
        } else {
            Content::File(documents::read(path)?)
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let router = Router::new().fallback(respond).with_state((Arc::new(content), remark));
        let task = tokio::spawn(async move {
            // Ends with the listener only; errors of single connections stay with them.
            let _ended = axum::serve(listener, router).await;
        });
        Ok(Self { address, task })
    }

    /// The address of `/`.
    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond(
    State((content, remark)): State<(Arc<Content>, Remark)>,
    request: Request,
) -> Response {
    match content.document(request.uri().path()) {
        Ok(document) => {
            let is_xml = documents::is_xml(&document);
            let content_type = if is_xml { "text/xml" } else { "application/json" };
            ([(header::CONTENT_TYPE, content_type)], document).into_response()
        }
        Err(reason) => {
            remark(&reason);
            StatusCode::NOT_FOUND.into_response()
        }
    }
}

impl Content {
    /// The document at a path, or why there is none.
    fn document(&self, path: &str) -> Result<Vec<u8>, String> {
        match self {
            Self::File(document) if path == "/" => Ok(document.clone()),
            Self::File(_) => Err(format!(
                "there is no {path}: one file was given, and it is /. Give a folder to serve more"
            )),
            Self::Folder(folder) => {
                let below = below(path).ok_or_else(|| format!("{path} cannot be a file"))?;
                let names = if below.as_os_str().is_empty() {
                    vec![folder.join("index.xml"), folder.join("index.json")]
                } else {
                    let with = |ending| folder.join(format!("{}{ending}", below.display()));
                    vec![folder.join(&below), with(".xml"), with(".json")]
                };
                match names.iter().find(|name| name.is_file()) {
                    Some(name) => documents::read(name)
                        .map_err(|error| format!("{} cannot be read: {error}", name.display())),
                    None => {
                        let names: Vec<_> =
                            names.iter().map(|name| name.display().to_string()).collect();
                        Err(format!("there is no {path}: neither {}", names.join(" nor ")))
                    }
                }
            }
        }
    }
}

/// A URL's path as a path below the folder; `None` if it would leave it.
fn below(path: &str) -> Option<PathBuf> {
    let whole = Url::parse(&format!("file://{path}")).ok()?.to_file_path().ok()?;
    let below = whole.strip_prefix("/").ok()?;
    below.components().all(|part| matches!(part, Component::Normal(_))).then(|| below.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_folder() {
        assert_eq!(below("/"), Some(PathBuf::new()));
        assert_eq!(below("/a/b%20c.xml"), Some(PathBuf::from("a/b c.xml")));
        assert_eq!(below("/../../etc/passwd"), Some(PathBuf::from("etc/passwd")));
        assert_eq!(below("/a%2F..%2F..%2Fsecret"), None);
    }

    #[test]
    fn a_folder_has_an_index_and_a_file_is_the_root_only() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.xml"), b"<Response/>").unwrap();
        std::fs::write(folder.path().join("next.json"), b"\xff{}").unwrap();
        let site = Content::Folder(folder.path().to_owned());
        assert_eq!(site.document("/").unwrap(), b"<Response/>");
        assert_eq!(site.document("/next").unwrap(), b"\xff{}");
        assert!(site.document("/none").unwrap_err().contains("there is no /none"));
        let site = Content::File(b"{}".to_vec());
        assert_eq!(site.document("/").unwrap(), b"{}");
        assert!(site.document("/next").is_err());
    }
}
