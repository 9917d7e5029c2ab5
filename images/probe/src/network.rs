//! What network a container has: one line per fact.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

use crate::errno::{Attempt, name, of};

/// Names of interfaces, whether loopback works, and whether anything else can be reached.
pub(crate) fn all(_: &str) {
    let mut names: Vec<String> = std::fs::read_dir("/sys/class/net")
        .map(|entries| {
            entries
                .flatten()
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    println!("interfaces {}", names.join(","));
    println!("loopback {}", name(loopback()));
    // Addresses for documentation, a public one, and the one at which clouds keep their credentials.
    for address in [
        "192.0.2.1:80",
        "1.1.1.1:53",
        "169.254.169.254:80",
        "10.0.0.1:22",
    ] {
        println!("connect-{address} {}", name(connect(address)));
    }
    println!(
        "connect-[2001:db8::1]:80 {}",
        name(connect("[2001:db8::1]:80"))
    );
    println!("datagram {}", name(datagram()));
    // The host's own abstract sockets belong to another network namespace.
    let sockets = std::fs::read_to_string("/proc/net/unix").unwrap_or_default();
    println!("host-sockets {}", sockets.lines().skip(1).count());
}

fn loopback() -> Attempt {
    let talk = || -> std::io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (mut server, _) = listener.accept()?;
        client.write_all(b"hello")?;
        server.read_exact(&mut [0; 5])
    };
    of(talk())
}

fn connect(address: &str) -> Attempt {
    let address: SocketAddr = address.parse().map_err(|_| libc::EINVAL)?;
    of(TcpStream::connect_timeout(&address, Duration::from_secs(2)))
}

fn datagram() -> Attempt {
    of(UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.send_to(b"x", "192.0.2.1:53")))
}
