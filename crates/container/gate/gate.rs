//! Process 1 of a container that an engine has made: it waits until the shim has looked at everything that is in force, puts
//! our system call filter on top, starts the program, reaps, and tells the shim how the program ended.
//!
//! `build.rs` compiles it for itself, without a standard library, so that it runs in every image; the container sees it
//! read-only in `/.gantry`. It is started as `gate FOLDER COUNT CANDIDATE… COMMAND…`: the working folder, COUNT paths to
//! try for the program, then the program's own arguments from its name on. `sandbox/shim/engine/gate.rs` is the other end of the socket.
//!
//! From the shim: pipes for stdout and stderr, both filters, `g` to start, then `t` (SIGTERM to the program), `k` (SIGKILL
//! to everything), and the end of the socket when the container is to go. To the shim: `R` when the filters are in force, and
//! five bytes: `E` and the exit code, `S` and the signal, `D` and why the folder cannot be entered, `X` and why the program
//! cannot be executed, `F` and why the filters cannot be installed.
#![no_std]
#![no_main]

use core::arch::{asm, global_asm};

global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {life}",
    "ud2",
    life = sym life,
);

const READ: usize = 0;
const WRITE: usize = 1;
const CLOSE: usize = 3;
const SIGNAL_ACTION: usize = 13;
const SIGNAL_MASK: usize = 14;
const SOCKET: usize = 41;
const CONNECT: usize = 42;
const RECEIVE: usize = 47;
const CLONE: usize = 56;
const EXECUTE: usize = 59;
const WAIT: usize = 61;
const KILL: usize = 62;
const ENTER: usize = 80;
const NEW_SESSION: usize = 112;
const PROCESS_CONTROL: usize = 157;
const EXIT: usize = 231;
const POLL: usize = 271;
const SIGNAL_DESCRIPTOR: usize = 289;
const DUPLICATE: usize = 292;

const SIGKILL: usize = 9;
const SIGTERM: usize = 15;
const SIGCHLD: usize = 17;
const CLOSE_ON_EXEC: usize = 0o2_000_000;
const ENOENT: isize = -2;
const EINTR: isize = -4;
const ENOTDIR: isize = -20;
/// Of all of this container, since we are its process 1 and not reached ourselves.
const EVERYTHING: usize = usize::MAX;
/// Most instructions of one filter that the kernel takes, in bytes.
const MOST_FILTER: usize = 4096 * 8;

/// `struct sockaddr_un`
#[repr(C)]
struct Address {
    family: u16,
    path: [u8; 108],
}

#[repr(C)]
struct Piece {
    base: *mut u8,
    length: usize,
}

/// `struct msghdr`
#[repr(C)]
struct Message {
    name: usize,
    name_length: usize,
    pieces: *mut Piece,
    piece_count: usize,
    control: *mut Control,
    control_length: usize,
    flags: usize,
}

/// `struct cmsghdr` with two descriptors.
#[repr(C)]
struct Control {
    length: usize,
    level: i32,
    kind: i32,
    descriptors: [i32; 2],
}

#[repr(C)]
struct Poll {
    descriptor: i32,
    events: i16,
    happened: i16,
}

/// `struct sock_fprog`
#[repr(C)]
struct Filter {
    count: u16,
    instructions: *const u8,
}

/// `struct signalfd_siginfo`, of which the first four fields are read.
#[repr(C)]
struct Signal {
    number: u32,
    error: i32,
    code: i32,
    sender: u32,
    rest: [u32; 28],
}

/// One system call.
fn call(number: usize, arguments: [usize; 5]) -> isize {
    let result: isize;
    let [a, b, c, d, e] = arguments;
    // SAFETY: the kernel checks what it is given; every caller passes pointers to memory of this process that is large
    // enough and alive for the call.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number.cast_signed() => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e,
            lateout("rcx") _, lateout("r11") _,
        );
    }
    result
}

fn exit(code: usize) -> ! {
    loop {
        call(EXIT, [code, 0, 0, 0, 0]);
    }
}

/// The whole life; the stack is as the kernel left it: count, arguments, zero, environment.
extern "C" fn life(stack: *const usize) -> ! {
    // SAFETY: this is the layout of a fresh stack in the ABI of the processor.
    let (count, arguments) = unsafe { (*stack, stack.add(1)) };
    // SAFETY: as above; behind the arguments stands one zero.
    let environment = unsafe { arguments.add(count + 1) };
    let socket = connect();
    let [stdout, stderr] = receive_pipes(socket);
    block_signals(true);
    // Nobody in the container may look into this process.
    call(PROCESS_CONTROL, [4, 0, 0, 0, 0]);
    install_filters(socket);
    say(socket, b"R");
    if hear(socket) != Some(b'g') {
        exit(0);
    }
    let program = call(CLONE, [SIGCHLD, 0, 0, 0, 0]);
    if program == 0 {
        become_program(arguments, environment, [stdout, stderr], socket);
    }
    if program < 0 {
        tell(socket, b'X', program);
    }
    // The shim sees the end of the logs when the last process of the program has gone.
    call(CLOSE, [stdout, 0, 0, 0, 0]);
    call(CLOSE, [stderr, 0, 0, 0, 0]);
    let status = if program < 0 {
        None
    } else {
        Some(watch(socket, program.cast_unsigned()))
    };
    call(KILL, [EVERYTHING, SIGKILL, 0, 0, 0]);
    reap_all();
    if let Some(status) = status {
        match status & 0x7f {
            0 => tell(socket, b'E', (status >> 8 & 0xff).cast_signed()),
            signal => tell(socket, b'S', signal.cast_signed()),
        }
    }
    // What is in force can be looked at for as long as this process lives.
    while hear(socket).is_some() {}
    exit(0)
}

fn connect() -> usize {
    let mut address = Address {
        family: 1,
        path: [0; 108],
    };
    let path = b"/.gantry/socket";
    let mut index = 0;
    while index < path.len() {
        address.path[index] = path[index];
        index += 1;
    }
    let socket = call(SOCKET, [1, 1 | CLOSE_ON_EXEC, 0, 0, 0]).cast_unsigned();
    if call(
        CONNECT,
        [
            socket,
            (&raw const address).addr(),
            size_of::<Address>(),
            0,
            0,
        ],
    ) < 0
    {
        exit(125);
    }
    socket
}

fn receive_pipes(socket: usize) -> [usize; 2] {
    let mut byte = 0_u8;
    let mut piece = Piece {
        base: &raw mut byte,
        length: 1,
    };
    let mut control = Control {
        length: 0,
        level: 0,
        kind: 0,
        descriptors: [-1; 2],
    };
    let message = Message {
        name: 0,
        name_length: 0,
        pieces: &raw mut piece,
        piece_count: 1,
        control: &raw mut control,
        control_length: size_of::<Control>(),
        flags: 0,
    };
    let closed_on_exec = 0x4000_0000;
    let count = call(
        RECEIVE,
        [socket, (&raw const message).addr(), closed_on_exec, 0, 0],
    );
    let [stdout, stderr] = control.descriptors;
    if count != 1 || stdout < 0 || stderr < 0 {
        exit(125);
    }
    [
        stdout.cast_unsigned() as usize,
        stderr.cast_unsigned() as usize,
    ]
}

/// Reads each filter, its length in bytes before it, and installs it.
fn install_filters(socket: usize) {
    static mut BUFFER: [u64; MOST_FILTER / 8] = [0; MOST_FILTER / 8];
    let buffer = (&raw mut BUFFER).cast::<u8>();
    loop {
        let mut length = [0_u8; 4];
        read_all(socket, length.as_mut_ptr(), 4);
        let length = u32::from_le_bytes(length) as usize;
        if length == 0 {
            return;
        }
        if length > MOST_FILTER {
            exit(125);
        }
        read_all(socket, buffer, length);
        let filter = Filter {
            count: (length / 8) as u16,
            instructions: buffer,
        };
        let done = call(PROCESS_CONTROL, [22, 2, (&raw const filter).addr(), 0, 0]);
        if done < 0 {
            tell(socket, b'F', done);
            exit(125);
        }
    }
}

fn read_all(socket: usize, to: *mut u8, length: usize) {
    let mut filled = 0;
    while filled < length {
        let count = call(READ, [socket, to.addr() + filled, length - filled, 0, 0]);
        if count <= 0 && count != EINTR {
            exit(125);
        }
        filled += if count > 0 { count.cast_unsigned() } else { 0 };
    }
}

fn hear(socket: usize) -> Option<u8> {
    let mut byte = 0_u8;
    loop {
        match call(READ, [socket, (&raw mut byte).addr(), 1, 0, 0]) {
            EINTR => {}
            1 => return Some(byte),
            _ => return None,
        }
    }
}

fn say(socket: usize, text: &[u8]) {
    // Fails when the shim is gone, which the next read sees.
    call(WRITE, [socket, text.as_ptr().addr(), text.len(), 0, 0]);
}

fn tell(socket: usize, kind: u8, number: isize) {
    let [a, b, c, d] = (number as i32).to_le_bytes();
    say(socket, &[kind, a, b, c, d]);
}

/// All signals wait in the descriptor of [`watch`], or all come as usual.
fn block_signals(block: bool) {
    let set = if block { u64::MAX } else { 0 };
    call(SIGNAL_MASK, [2, (&raw const set).addr(), 0, 8, 0]);
}

/// Stays until the program has ended; its wait status.
fn watch(socket: usize, program: usize) -> usize {
    let wanted = (1_u64 << (SIGCHLD - 1)) | (1 << (SIGTERM - 1));
    let signals = call(
        SIGNAL_DESCRIPTOR,
        [usize::MAX, (&raw const wanted).addr(), 8, CLOSE_ON_EXEC, 0],
    );
    let signals = signals.cast_unsigned();
    let listen = |descriptor: usize| Poll {
        descriptor: descriptor as i32,
        events: 1,
        happened: 0,
    };
    loop {
        let mut both = [listen(socket), listen(signals)];
        call(POLL, [both.as_mut_ptr().addr(), 2, 0, 0, 8]);
        let [shim, signal] = &both;
        if signal.happened != 0 {
            listen_to_engine(signals);
            while let Some((reaped, status)) = reap(1) {
                if reaped == program {
                    return status;
                }
            }
        }
        if shim.happened != 0 {
            obey(socket, program);
        }
    }
}

/// The engine ends containers with SIGTERM; from inside of the container it means nothing.
fn listen_to_engine(signals: usize) {
    let mut signal = Signal {
        number: 0,
        error: 0,
        code: 0,
        sender: 1,
        rest: [0; 28],
    };
    call(
        READ,
        [signals, (&raw mut signal).addr(), size_of::<Signal>(), 0, 0],
    );
    if signal.number as usize == SIGTERM && signal.sender == 0 {
        call(KILL, [EVERYTHING, SIGKILL, 0, 0, 0]);
        exit(143);
    }
}

fn obey(socket: usize, program: usize) {
    match hear(socket) {
        // The program leads a group of its own.
        Some(b't') => call(KILL, [program.wrapping_neg(), SIGTERM, 0, 0, 0]),
        Some(_) => call(KILL, [EVERYTHING, SIGKILL, 0, 0, 0]),
        // The shim is gone, and nobody wants what would come.
        None => exit(0),
    };
}

/// One child that has ended: its number and wait status.
fn reap(options: usize) -> Option<(usize, usize)> {
    let mut status = 0_u32;
    loop {
        match call(WAIT, [usize::MAX, (&raw mut status).addr(), options, 0, 0]) {
            EINTR => {}
            pid if pid > 0 => return Some((pid.cast_unsigned(), status as usize)),
            _ => return None,
        }
    }
}

fn reap_all() {
    while reap(0).is_some() {}
}

fn become_program(
    arguments: *const usize,
    environment: *const usize,
    [stdout, stderr]: [usize; 2],
    socket: usize,
) -> ! {
    call(NEW_SESSION, [0; 5]);
    call(DUPLICATE, [stdout, 1, 0, 0, 0]);
    call(DUPLICATE, [stderr, 2, 0, 0, 0]);
    // What the engine's own program ignores would stay ignored.
    let usual = [0_u64; 4];
    let mut signal = 1;
    while signal <= 64 {
        call(SIGNAL_ACTION, [signal, (&raw const usual).addr(), 0, 8, 0]);
        signal += 1;
    }
    block_signals(false);
    // SAFETY: the shim gives at least three arguments.
    let entered = call(ENTER, [unsafe { *arguments.add(1) }, 0, 0, 0, 0]);
    if entered < 0 {
        tell(socket, b'D', entered);
        exit(127);
    }
    // SAFETY: the shim gives a count and so many paths, then the program's arguments.
    let count = number(unsafe { *arguments.add(2) } as *const u8);
    // SAFETY: as above.
    let command = unsafe { arguments.add(3 + count) };
    let mut worst = ENOENT;
    let mut index = 0;
    while index < count {
        // SAFETY: as above.
        let path = unsafe { *arguments.add(3 + index) };
        let problem = call(EXECUTE, [path, command.addr(), environment.addr(), 0, 0]);
        if problem != ENOENT && problem != ENOTDIR {
            worst = problem;
        }
        index += 1;
    }
    tell(socket, b'X', worst);
    exit(127)
}

/// A decimal number that ends with a zero byte.
fn number(mut text: *const u8) -> usize {
    let mut value = 0;
    // SAFETY: arguments end with a zero byte.
    while let digit @ b'0'..=b'9' = unsafe { *text } {
        value = value * 10 + (digit - b'0') as usize;
        // SAFETY: this byte was not the end.
        text = unsafe { text.add(1) };
    }
    value
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    exit(125)
}
