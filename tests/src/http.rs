//! A question over plain HTTP, on a connection of its own.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
};

/// The answer to a request without a token: its status, and its body.
///
/// # Errors
/// There is none.
pub fn get(http: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    ask(http, "GET", path, "", "")
}

/// The same by any method; `head` are header lines, each with its end.
///
/// # Errors
/// There is none.
pub fn ask(http: SocketAddr, method: &str, path: &str, head: &str, body: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(http)?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n{head}\r\n{body}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    status.zip(body).ok_or_else(|| io::Error::other("no HTTP answer"))
}
