//! Ctrl-C and its relatives while a container runs: asked once it ends in order, asked again it is killed.

use std::io;
use std::thread::JoinHandle;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};

/// Listens until dropped. While it lives, the signals do not end this process.
pub(crate) struct Interrupts {
    handle: Handle,
    listener: Option<JoinHandle<()>>,
}

impl Interrupts {
    /// Calls `asked` with 1, 2, … each time the user wants the run to end: SIGINT, SIGTERM, or a terminal that goes away.
    pub(crate) fn listen(mut asked: impl FnMut(u32) + Send + 'static) -> io::Result<Self> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let handle = signals.handle();
        let listener = std::thread::Builder::new()
            .name("interrupts".to_owned())
            .spawn(move || {
                for (count, _) in (1..).zip(signals.forever()) {
                    asked(count);
                }
            })?;
        Ok(Self {
            handle,
            listener: Some(listener),
        })
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.handle.close();
        if let Some(listener) = self.listener.take() {
            // It only counts signals; should it have panicked, the run itself is not touched by that.
            let _ = listener.join();
        }
    }
}
