//! Clients that take their time, and very many of them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{Case, Siege, case, unless};
use crate::ground::pause;
use crate::wire::Stream;

/// The suite's server lets clients be silent for three seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// All of them.
pub(super) fn all() -> Vec<Case> {
    vec![
        case(
            "requests.slow_heads",
            "a hundred clients that never end the head of their request",
            "closed after a while; others are answered",
            |siege| {
                let request = |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Slow: ");
                closed_after_a_while(siege, &request(&siege.field.served.wire.host), 100)
            },
        ),
        case(
            "requests.nothing_said",
            "a hundred clients that shake hands and say nothing",
            "closed after a while; others are answered",
            |siege| closed_after_a_while(siege, "", 100),
        ),
        case(
            "requests.slow_bodies",
            "a hundred clients that never end the body of their request",
            "closed after a while; others are answered",
            |siege| {
                let token = &siege.people.of("una").token;
                let host = &siege.field.served.wire.host;
                let request = format!(
                    "POST /api/gantry/v1/jobs/ HTTP/1.1\r\nHost: {host}\r\n{token}Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{{"
                );
                closed_after_a_while(siege, &request, 100)
            },
        ),
        case(
            "requests.no_handshake",
            "a thousand connections that never shake hands",
            "others are answered; closed after a while",
            |siege| {
                let host = &siege.field.served.wire.host;
                let open: Vec<_> = (0..1000)
                    .map_while(|_| TcpStream::connect(host).ok())
                    .collect();
                let mut problems = answered_meanwhile(siege);
                problems.extend(unless(open.len() == 1000, || {
                    format!("only {} connections", open.len())
                }));
                let mut last = open.last().expect("a connection");
                last.set_read_timeout(Some(PATIENCE)).unwrap();
                let is_closed = last.read(&mut [0; 16]).is_ok_and(|count| count == 0);
                problems.extend(unless(is_closed, || "still open".to_owned()));
                problems
            },
        ),
        case(
            "requests.many_connections",
            "three thousand connections at once",
            "others are answered; all descriptors come back",
            |siege| {
                let served = siege.field.served;
                let before = served.descriptors();
                let open: Vec<_> = (0..3000)
                    .map_while(|_| TcpStream::connect(&served.wire.host).ok())
                    .collect();
                let mut problems = answered_meanwhile(siege);
                drop(open);
                let end = Instant::now() + PATIENCE;
                while served.descriptors() > before + 20 && Instant::now() < end {
                    pause(Duration::from_millis(50));
                }
                let after = served.descriptors();
                problems.extend(unless(after <= before + 20, || {
                    format!("{before} descriptors before, {after} after")
                }));
                problems
            },
        ),
        case(
            "requests.many_followers",
            "two hundred clients that follow a job's events and never read",
            "others are answered",
            |siege| {
                let served = siege.field.served;
                let token = &siege.people.of("una").token;
                let job = siege.people.path("/api/gantry/v1/jobs/{job}/events/");
                let request = format!(
                    "GET {job} HTTP/1.1\r\nHost: {}\r\n{token}\r\n",
                    served.wire.host
                );
                let mut open: Vec<Stream> = Vec::new();
                for _ in 0..200 {
                    let Ok(mut stream) = served.wire.try_open() else {
                        break;
                    };
                    if stream
                        .write_all(request.as_bytes())
                        .and_then(|()| stream.flush())
                        .is_ok()
                    {
                        open.push(stream);
                    }
                }
                answered_meanwhile(siege)
            },
        ),
        case(
            "requests.pipelined",
            "a thousand requests on one connection without reading",
            "answered or closed; others are answered",
            |siege| {
                let served = siege.field.served;
                let request = format!(
                    "GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n",
                    served.wire.host
                )
                .repeat(1000);
                let mut stream = served.wire.open();
                let _ = stream
                    .write_all(request.as_bytes())
                    .and_then(|()| stream.flush());
                answered_meanwhile(siege)
            },
        ),
    ]
}

/// Opens this many connections, says a part of a request on each, and expects to see the last one closed.
fn closed_after_a_while(siege: &Siege<'_>, request: &str, count: usize) -> Vec<String> {
    let mut open: Vec<Stream> = Vec::new();
    for _ in 0..count {
        let mut stream = siege.field.served.wire.open();
        // The handshake, and whatever is said.
        let said = stream
            .write_all(request.as_bytes())
            .and_then(|()| stream.flush());
        if said.is_ok() {
            open.push(stream);
        }
    }
    let mut problems = answered_meanwhile(siege);
    let began = Instant::now();
    let mut last = open.pop().expect("a connection");
    if request.is_empty() {
        // Nothing to say: only the handshake is done.
        let _ = last.conn.complete_io(&mut last.sock);
    }
    last.sock.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = Vec::new();
    let ended = last.read_to_end(&mut answer);
    let is_timeout = ended.is_err_and(|problem| {
        matches!(
            problem.kind(),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
        )
    });
    problems.extend(unless(!is_timeout, || {
        format!("still open after {:?}", began.elapsed())
    }));
    problems
}

fn answered_meanwhile(siege: &Siege<'_>) -> Vec<String> {
    let asked = Instant::now();
    let answer = siege.field.served.get("/api/gantry/v1/jobs/?limit=5");
    let is_in_time = answer.status == 200 && asked.elapsed() < Duration::from_secs(2);
    unless(is_in_time, || {
        format!("{} after {:?}", answer.status, asked.elapsed())
    })
}
