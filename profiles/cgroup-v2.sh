#!/usr/bin/env bash
# Runs the sandbox tests under pure cgroup v2, whatever layout this host has: in a small virtual machine with Debian's
# kernel. They run as root, as root of a cgroup namespace (a container), and as a user to whom a cgroup was delegated.
# The machine has no network and sees this repository's test programs only. `./dev test-cgroup-v2` calls this.
#
# GANTRY_TEST_FILTER  which tests of crates/container/tests/it root runs (default `sandbox::`)
# GANTRY_TEST_ACCEL   `tcg` (default: an emulated processor, which works everywhere) or `kvm` (faster where it works;
#                     inside another virtual machine it may hang)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

filter=${GANTRY_TEST_FILTER:-sandbox::}
accelerator=${GANTRY_TEST_ACCEL:-tcg}
keep=$PWD/target/cgroup-v2
work=$(mktemp -d "${TMPDIR:-/tmp}/gantry-cgroup-v2.XXXXXX")
trap 'rm -rf "$work"' EXIT

say() { printf '\033[1m== %s\033[0m\n' "$*"; }

fail() {
    printf 'cgroup-v2: %s\n' "$*" >&2
    exit 1
}

[[ $(uname -m) == x86_64 ]] || fail "this profile boots an x86-64 kernel; this host is $(uname -m)"
command -v apt-get >/dev/null || fail "this profile takes its kernel from Debian and needs apt-get"

as_root() {
    if ((EUID)); then
        command -v sudo >/dev/null || fail "as root, run: $*"
        sudo "$@"
    else
        "$@"
    fi
}

# The emulator and the programs of the machine; on this host nothing but these packages is installed.
install_packages() {
    local pair missing=()
    for pair in qemu-system-x86_64=qemu-system-x86 busybox=busybox-static mkfs.ext4=e2fsprogs cpio=cpio modprobe=kmod \
        setpriv=util-linux; do
        PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
    done
    ((${#missing[@]})) || return 0
    say "installing Debian packages: ${missing[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Downloads Debian's kernel for virtual machines once, and unpacks it into target/; nothing of it is installed.
kernel() {
    local package
    apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1 || as_root apt-get update -qq
    package=$(apt-cache depends --important linux-image-cloud-amd64 | awk '$1 == "Depends:" { print $2; exit }' || true)
    [[ $package ]] || fail "apt knows no linux-image-cloud-amd64: this host is not Debian"
    version=${package#linux-image-}
    root=$keep/$version
    [[ -e $root/ready ]] && return 0
    say "downloading $package (27 MB) into target/cgroup-v2"
    rm -rf "$keep" && mkdir -p "$root"
    (cd "$keep" && apt-get download -qq "$package" 2>/dev/null) || fail "cannot download $package"
    dpkg-deb -x "$keep"/"$package"_*.deb "$root"
    rm "$keep"/"$package"_*.deb
    PATH="$PATH:/usr/sbin:/sbin" depmod -b "$root" "$version"
    touch "$root/ready"
}

# module_files NAME...: the modules with all they need, in the order in which they are loaded.
module_files() {
    local name
    for name in "$@"; do
        PATH="$PATH:/usr/sbin:/sbin" modprobe -d "$root" -S "$version" --show-depends "$name"
    done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# add_program FILE TO: a program with its shared libraries, into the root file system.
add_program() {
    local library
    install -D -m 755 "$1" "$work/root$2"
    for library in $(ldd "$1" 2>/dev/null | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^\//) print $i }'); do
        [[ -e $work/root$library ]] || install -D -m 755 "$library" "$work/root$library"
    done
}

build_tests() {
    say "building the tests"
    test_program=$(cargo test --locked -p container --test it --no-run --message-format json 2>/dev/null |
        grep '"name":"it"' | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1 || true)
    [[ -x $test_program ]] || fail "the tests do not build: run \`cargo test -p container --test it --no-run\`"
    shim=$(dirname "$test_program")/../container-shim
    RUSTFLAGS="-C target-feature=+crt-static" cargo build --quiet --locked --release --package probe \
        --target x86_64-unknown-linux-gnu --target-dir target/static
    probe=target/static/x86_64-unknown-linux-gnu/release/probe
}

root_file_system() {
    local folder applet
    for folder in dev proc sys run tmp bin sbin etc root; do mkdir -p "$work/root/$folder"; done
    chmod 1777 "$work/root/tmp"
    add_program "$(command -v busybox)" /bin/busybox
    for applet in sh mount umount mkdir cat echo poweroff mkfifo insmod ip chown; do
        ln -s busybox "$work/root/bin/$applet"
    done
    add_program "$(PATH="$PATH:/usr/sbin:/sbin" command -v mkfs.ext4)" /sbin/mkfs.ext4
    add_program "$(command -v setpriv)" /bin/setpriv
    add_program "$(command -v unshare)" /bin/unshare
    add_program "$test_program" /test/it
    add_program "$shim" /test/container-shim
    add_program "$probe" /test/probe
    printf 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n' >"$work/root/etc/passwd"
    printf 'root:x:0:\nuser:x:1000:\n' >"$work/root/etc/group"
    install -m 755 profiles/cgroup-v2/init "$work/root/init"
    printf '%s\n' "$filter" >"$work/root/test/filter"
    mkdir "$work/root/modules"
    modules overlay loop >"$work/root/modules/order"
    PATH="$PATH:/usr/sbin:/sbin" mkfs.ext4 -q -q -O ^has_journal -d "$work/root" "$work/root.ext4" 3G >/dev/null
}

# modules NAME...: copies the modules and prints their names in order.
modules() {
    local file
    for file in $(module_files "$@"); do
        cp "$file" "$work/root/modules/"
        basename "$file"
    done
}

# The first root file system: it loads the driver of the disk and changes over to it.
initramfs() {
    local file files
    mkdir -p "$work/initramfs/"{bin,dev,new}
    cp "$(command -v busybox)" "$work/initramfs/bin/busybox"
    files=$(module_files virtio_pci virtio_blk)
    {
        printf '#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs dev /dev\n'
        for file in $files; do
            cp "$file" "$work/initramfs/"
            printf '/bin/busybox insmod /%s\n' "$(basename "$file")"
        done
        printf '/bin/busybox mount -t ext4 /dev/vda /new\n/bin/busybox umount /dev\n'
        printf 'exec /bin/busybox switch_root /new /init\n'
    } >"$work/initramfs/init"
    chmod 755 "$work/initramfs/init"
    (cd "$work/initramfs" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initramfs.gz"
}

boot() {
    say "booting $version with cgroup v2 only"
    timeout --foreground 1200 qemu-system-x86_64 -machine q35 -accel "$accelerator" -cpu max,arch-capabilities=off \
        -smp 2 -m 3072 -kernel "$root/boot/vmlinuz-$version" -initrd "$work/initramfs.gz" \
        -append "console=ttyS0 quiet panic=-1 cgroup_no_v1=all random.trust_cpu=on" \
        -drive "file=$work/root.ext4,format=raw,if=virtio,cache=unsafe" \
        -nic none -display none -monitor none -serial stdio -no-reboot </dev/null |
        tee "$work/console" || fail "the machine ended badly"
}

install_packages
kernel
build_tests
root_file_system
initramfs
boot
status=$(sed -n 's/^gantry-tests-ended-with \([0-9]*\).*/\1/p' "$work/console")
[[ $status ]] || fail "the machine never said how the tests ended"
((status == 0)) || fail "the tests failed under cgroup v2"
say "all is well under cgroup v2"
