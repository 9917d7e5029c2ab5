//! Clients that never end their request.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::*;

/// A connection on which the server is told a part of a request.
fn begin(server: &Server, request: &str) -> StreamOwned<ClientConnection, TcpStream> {
    let pem = fs_err::read(&server.ca).unwrap();
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(&pem).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let host = server.address.trim_start_matches("https://");
    let socket = TcpStream::connect(host.trim_end_matches('/')).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, socket);
    stream.write_all(request.as_bytes()).unwrap();
    stream.flush().unwrap();
    stream
}

#[test]
fn a_client_that_falls_silent_in_a_request_is_cut_off() {
    let gantry = Gantry::new();
    fs_err::create_dir_all(gantry.home()).unwrap();
    fs_err::write(gantry.home().join("gantry.toml"), "silence_seconds = 1\n").unwrap();
    let server = Server::start(&gantry);
    let head = "GET /healthz HTTP/1.1\r\nHost: here\r\nX-Slow: ";
    let body = "POST /api/gantry/v1/login/token/ HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n\
        Content-Length: 1000\r\n\r\n{";
    for request in [head, body] {
        let mut stream = begin(&server, request);
        let ended = stream.read_to_end(&mut Vec::new());
        let is_patience_over = ended.is_err_and(|problem| {
            matches!(
                problem.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            )
        });
        assert!(!is_patience_over, "still open: {request}");
    }
}
