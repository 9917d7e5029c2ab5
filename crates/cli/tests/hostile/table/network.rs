//! Ways to other machines, to services of the host and to its kernel's network parts.

use crate::attack::{Attack, shell};

/// All of them.
pub(crate) fn all() -> Vec<Attack> {
    [addresses(), services(), parts()].concat()
}

/// Other machines.
fn addresses() -> Vec<Attack> {
    let connect = |name: &str, does: &str, address: &str| {
        let script = format!("probe connect {address}; good");
        shell(name, does, &script).says(&["connect ENETUNREACH"])
    };
    vec![
        connect(
            "network.public",
            "connects to a public address",
            "1.1.1.1:53",
        ),
        connect(
            "network.private",
            "connects to a private address",
            "10.0.0.1:22",
        ),
        connect(
            "network.metadata",
            "connects to the address at which clouds hand out credentials",
            "169.254.169.254:80",
        ),
        connect(
            "network.public_v6",
            "connects to an IPv6 address",
            "[2001:4860:4860::8888]:53",
        ),
        connect(
            "network.metadata_v6",
            "connects to a cloud's IPv6 address for credentials",
            "[fd00:ec2::254]:80",
        ),
        connect(
            "network.docker_bridge",
            "connects to where engines put the host",
            "172.17.0.1:22",
        ),
    ]
}

/// Services of the host.
fn services() -> Vec<Attack> {
    vec![
        shell(
            "network.host_loopback",
            "connects to a service on the host's loopback",
            "probe connect 127.0.0.1:@PORT@; good",
        )
        .says(&["connect errno-111"]),
        shell(
            "network.host_loopback_udp",
            "sends datagrams to a service on the host's loopback",
            "echo hello | nc -u -w 1 127.0.0.1 @PORT@; echo held; good",
        ),
        shell(
            "network.all_of_loopback",
            "tries the ports on loopback where services usually listen",
            "for port in 22 80 443 2375 2376 3306 5432 6379 8080 8443 @PORT@; do nc -w 1 127.0.0.1 $port </dev/null 2>/dev/null && echo BREACH $port; done; echo held; good",
        ),
        shell(
            "network.abstract_socket",
            "connects to an abstract Unix socket of the host",
            "probe unix @@HIDDEN@; good",
        )
        .says(&["unix errno-111"]),
        shell(
            "network.socket_in_the_file_system",
            "connects to a Unix socket at a path of the host",
            "probe unix @SOCKET@; good",
        )
        .says(&["unix ENOENT"]),
        shell(
            "network.engine_sockets",
            "connects to the sockets of container engines",
            "for s in /run/docker.sock /var/run/docker.sock /run/podman/podman.sock /run/containerd/containerd.sock /run/dbus/system_bus_socket; do [ -e $s ] && echo BREACH $s; done; echo held; good",
        ),
    ]
}

/// Families of sockets, interfaces, routes, names.
fn parts() -> Vec<Attack> {
    vec![
        shell(
            "network.families",
            "opens sockets of all 64 families, of four kinds each",
            "probe families; good",
        )
        .says(&["family 1\nfamily 2\nfamily 10\nfamily 16\ntried 64"]),
        shell(
            "network.interfaces",
            "looks for interfaces besides loopback",
            "[ \"$(ls /sys/class/net)\" = lo ] && [ $(tail -n +3 /proc/net/dev | wc -l) = 1 ] && echo held || echo BREACH; good",
        ),
        shell(
            "network.routes",
            "looks for routes, and makes one",
            "[ $(wc -l </proc/net/route) -le 1 ] && ! ip route add default via 127.0.0.1 2>/dev/null && echo held || echo BREACH; good",
        ),
        shell(
            "network.own_address",
            "gives loopback another address",
            "ip addr add 169.254.169.254/32 dev lo 2>/dev/null && echo BREACH || echo held; good",
        ),
        shell(
            "network.names",
            "looks up a name",
            "nslookup example.org >/dev/null 2>&1 && echo BREACH || echo held; good",
        ),
        shell(
            "network.download",
            "downloads a page",
            "wget -T 2 -q -O - http://93.184.215.14/ 2>/dev/null && echo BREACH || echo held; good",
        ),
        shell(
            "network.ping",
            "pings the host's loopback neighbour with a raw socket",
            "ping -c 1 -W 1 8.8.8.8 >/dev/null 2>&1 && echo BREACH || echo held; good",
        ),
        shell(
            "network.host_sockets_listed",
            "lists the sockets of the host",
            "grep -q @HIDDEN@ /proc/net/unix && echo BREACH || echo held; grep -qi \"$(printf %04X @PORT@)\" /proc/net/tcp && echo BREACH; good",
        ),
        shell(
            "network.own_server",
            "listens on every address: nobody from outside can come, and it goes with the job",
            "nc -l -p 4711 >/dev/null & sleep 0.1; echo held; good",
        ),
    ]
}
