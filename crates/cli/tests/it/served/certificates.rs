//! A certificate that is renewed on `SIGHUP`: new connections get the new one, those that are open go on.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;

use rustix::process::Signal;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::*;

/// A TLS connection that stays open.
pub(super) struct Connection {
    pub(super) stream: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

impl Connection {
    /// A new handshake with whoever listens, trusting the authority of the server.
    pub(super) fn open(server: &Server) -> Connection {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(&server.ca).unwrap();
        roots.add(authority).unwrap();
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(crypto)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").unwrap();
        let tls = ClientConnection::new(Arc::new(config), name).unwrap();
        let address = server.address.trim_start_matches("https://");
        let tcp = TcpStream::connect(address.trim_end_matches('/')).unwrap();
        Connection {
            stream: BufReader::new(StreamOwned::new(tls, tcp)),
        }
    }

    /// One request and its answer; the connection stays open.
    fn ask(&mut self) {
        let stream = self.stream.get_mut();
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .unwrap();
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "HTTP/1.1 200 OK");
        let mut length = 0;
        while line != "\r\n" {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            if let Some(said) = line.to_lowercase().strip_prefix("content-length: ") {
                length = said.trim().parse().unwrap();
            }
        }
        self.stream.read_exact(&mut vec![0; length]).unwrap();
    }

    /// What the server showed for itself.
    fn certificate(&self) -> Vec<u8> {
        let chain = self.stream.get_ref().conn.peer_certificates().unwrap();
        chain[0].to_vec()
    }
}

#[test]
fn a_hangup_brings_a_new_certificate_to_new_connections() {
    let gantry = Gantry::new();
    let server = Server::start(&gantry);
    let mut old = Connection::open(&server);
    old.ask();
    let mut again = Connection::open(&server);
    again.ask();
    assert_eq!(again.certificate(), old.certificate());
    server.signal(Signal::HUP);
    server.heard("the certificate is renewed");
    let mut new = Connection::open(&server);
    new.ask();
    assert_ne!(new.certificate(), old.certificate());
    old.ask();
}
