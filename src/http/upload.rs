//! Files on their way out: opened anew for every request, streamed, with their length announced
//! (servers that keep files want to know it beforehand).

use super::{
    HttpError,
    exchange::{Payload, value},
};
use crate::base::{
    limits,
    web::{FileUpload, UploadMethod},
};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use http::{
    HeaderValue, Method,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use std::{io, pin::pin};
use tokio::{fs::File, io::AsyncReadExt};
use tokio_util::io::ReaderStream;

/// The request that carries a file. Fails with [`HttpError::File`] if it cannot be opened.
pub(super) async fn request(
    file: &FileUpload,
    content_type: &str,
) -> Result<http::Request<Payload>, HttpError> {
    let (length, pieces) = open(file).await?;
    let body = StreamBody::new(pieces.map_ok(Frame::data)).boxed_unsync();
    let mut request = http::Request::new(body);
    *request.method_mut() = match file.method {
        UploadMethod::Put => Method::PUT,
        UploadMethod::Post => Method::POST,
    };
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, value(CONTENT_TYPE.as_str(), content_type)?);
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    Ok(request)
}

/// Shows a file to `see`, piece by piece: it is signed before it is sent.
pub(super) async fn read(file: &FileUpload, mut see: impl FnMut(&[u8])) -> Result<(), HttpError> {
    let (_, pieces) = open(file).await?;
    let mut pieces = pin!(pieces);
    while let Some(piece) = pieces.try_next().await? {
        see(&piece);
    }
    Ok(())
}

/// The length of a file, bytes, and so much of it.
async fn open(
    file: &FileUpload,
) -> Result<(u64, impl Stream<Item = Result<Bytes, HttpError>> + use<>), HttpError> {
    let path = file.path.display().to_string();
    let unreadable =
        move |error: io::Error| HttpError::File { path: path.clone(), reason: error.to_string() };
    let content = File::open(&file.path).await.map_err(&unreadable)?;
    let about = content.metadata().await.map_err(&unreadable)?;
    if !about.is_file() {
        return Err(unreadable(io::Error::other("it is not a file")));
    }
    let pieces = ReaderStream::with_capacity(content.take(about.len()), limits::UPLOAD_PIECE);
    Ok((about.len(), pieces.map_err(unreadable)))
}

#[cfg(test)]
mod tests {
    use crate::{
        base::web::{FileUpload, UploadMethod},
        config,
        http::{Door, HttpError, Request},
    };
    use axum::{
        Router,
        body::to_bytes,
        http::StatusCode,
        response::{IntoResponse, Response},
    };
    use std::{net::SocketAddr, path::Path, sync::Arc};
    use tokio::sync::Mutex;

    type Seen = Arc<Mutex<Vec<(String, Option<String>, usize)>>>;

    /// `/moved` leads to `/here` with the method kept, `/login` to a page for browsers.
    async fn site() -> (SocketAddr, Seen) {
        let seen = Seen::default();
        let keep = Arc::clone(&seen);
        let app = Router::new().fallback(move |request: axum::extract::Request| {
            let keep = Arc::clone(&keep);
            async move {
                let (head, body) = request.into_parts();
                let body = to_bytes(body, 1 << 24).await.unwrap();
                let header = |name| head.headers.get(name).map(|v| v.to_str().unwrap().to_owned());
                let line = format!(
                    "{} {} {}",
                    head.method,
                    head.uri.path(),
                    header("content-type").unwrap_or_default()
                );
                keep.lock().await.push((line, header("content-length"), body.len()));
                let to = |status: StatusCode, to: &'static str| (status, [("location", to)]);
                match head.uri.path() {
                    "/moved" => to(StatusCode::TEMPORARY_REDIRECT, "/here").into_response(),
                    "/login" => to(StatusCode::FOUND, "/page").into_response(),
                    _ => Response::default(),
                }
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        (address, seen)
    }

    async fn send(url: String, method: UploadMethod, path: &Path) -> Result<u16, HttpError> {
        let mut http = config::load_text("", "", []).unwrap().http;
        http.allow_cidrs = vec!["127.0.0.0/8".parse().unwrap()];
        let file = FileUpload { method, path: path.to_owned() };
        let request = Request::upload(&url, file, "audio/wav")?;
        Ok(Door::new(&http)?.send(request).await?.status)
    }

    #[tokio::test]
    async fn a_file_is_sent_whole_and_follows_where_its_method_may() {
        let (site, seen) = site().await;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        std::fs::write(&path, vec![7; 3_000_000]).unwrap();
        for (at, method, status) in [
            ("/moved", UploadMethod::Put, 200),
            ("/here", UploadMethod::Post, 200),
            ("/login", UploadMethod::Post, 302),
        ] {
            assert_eq!(send(format!("http://{site}{at}"), method, &path).await, Ok(status));
        }
        let length = Some("3000000".to_owned());
        let lines = ["PUT /moved", "PUT /here", "POST /here", "POST /login"];
        let expected = lines.map(|line| (format!("{line} audio/wav"), length.clone(), 3_000_000));
        assert_eq!(*seen.lock().await, expected);
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_has_a_name_and_nobody_is_asked() {
        let (site, seen) = site().await;
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("missing.wav"), folder.path().to_owned()] {
            let url = format!("http://{site}/here");
            let error = send(url, UploadMethod::Put, &path).await.unwrap_err();
            assert_eq!(error.kind(), "file");
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        }
        assert!(seen.lock().await.is_empty());
    }
}
