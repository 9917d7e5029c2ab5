//! Memory in large pages, where the kernel gives them to whoever asks (`transparent_hugepage`, `madvise(2)`).
//!
//! Memory for an image comes from the kernel in pages of 4 KiB, each found and cleared when it is touched first. For an image of
//! 100 MB that takes longer than copying it; with pages of 2 MiB it takes a fraction.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::mm::{Advice, madvise};

/// Smaller pieces come in small pages, bytes.
const WORTH_IT: usize = 4 << 20;
/// What the kernel takes an address in, bytes.
const PAGE: usize = 4096;
/// What is cleared ahead in one go, bytes: two large pages.
const AHEAD: usize = 4 << 20;

/// Asks for large pages for memory that nobody has touched yet. The kernel may do as it likes: nothing but time depends on it.
#[expect(unsafe_code, reason = "`madvise` takes an address")]
pub(crate) fn ask_for<T>(untouched: &mut [T]) {
    let bytes = size_of_val(untouched);
    let start: *mut u8 = untouched.as_mut_ptr().cast();
    let before = start.align_offset(PAGE);
    if bytes < WORTH_IT || before >= bytes {
        return;
    }
    let whole = (bytes - before) / PAGE * PAGE;
    // SAFETY: the range lies inside of a slice that is borrowed mutably, and this advice changes no byte of it.
    let _ = unsafe { madvise(start.add(before).cast(), whole, Advice::LinuxHugepage) };
}

/// Lets one thread fill memory that nobody has touched yet from front to back while another has the kernel find and clear its
/// pages ahead of it (`MADV_POPULATE_WRITE`; a kernel before 5.14 has none, and clears a page when it is touched).
pub(crate) fn cleared_ahead<R>(untouched: &mut [u8], fill: impl FnOnce(&mut [u8]) -> R) -> R {
    let start = untouched.as_mut_ptr();
    let before = start.align_offset(PAGE);
    let pages = before..untouched.len();
    let start = start.expose_provenance();
    let is_filled = AtomicBool::new(false);
    let clear_all = || {
        for piece in pages.clone().step_by(AHEAD) {
            let bytes = AHEAD.min(pages.end - piece) / PAGE * PAGE;
            if is_filled.load(Ordering::Relaxed) || !clear(start + piece, bytes) {
                return;
            }
        }
    };
    thread::scope(|scope| {
        // Where there is no other thread to be had, it is done as each page is touched.
        let _ = thread::Builder::new().spawn_scoped(scope, clear_all);
        let filled = fill(untouched);
        is_filled.store(true, Ordering::Relaxed);
        filled
    })
}

/// Whether the kernel did so. `address` and `bytes` are whole pages of memory that is ours.
#[expect(unsafe_code, reason = "`madvise` takes an address")]
fn clear(address: usize, bytes: usize) -> bool {
    let start = std::ptr::with_exposed_provenance_mut(address);
    // SAFETY: it has the kernel do what it would do at the first touch of each page, and changes no byte of those that were
    // touched already.
    unsafe { madvise(start, bytes, Advice::LinuxPopulateWrite) }.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kilobytes in large pages of the mapping that holds this address.
    fn in_large_pages(address: usize) -> Option<u64> {
        let maps = fs_err::read_to_string("/proc/self/smaps").unwrap();
        let mut is_here = false;
        for line in maps.lines() {
            let range = line.split(' ').next().and_then(|word| word.split_once('-'));
            let bounds = range.and_then(|(from, to)| {
                let number = |text| usize::from_str_radix(text, 16).ok();
                Some(number(from)?..number(to)?)
            });
            if let Some(bounds) = bounds {
                is_here = bounds.contains(&address);
            } else if let Some(found) = line.strip_prefix("AnonHugePages:").filter(|_| is_here) {
                return found.trim().strip_suffix(" kB")?.trim().parse().ok();
            }
        }
        None
    }

    #[test]
    fn large_memory_comes_in_large_pages_where_there_are_any() {
        let setting = "/sys/kernel/mm/transparent_hugepage/enabled";
        let setting = fs_err::read_to_string(setting).unwrap_or_default();
        let mut memory = vec![0_u16; 32 << 20];
        ask_for(&mut memory);
        memory.fill(7);
        let found = in_large_pages(memory.as_ptr() as usize + (32 << 20)).unwrap();
        let is_given = setting.contains("[madvise]") || setting.contains("[always]");
        assert_eq!(found > 0, is_given, "{setting}: {found} kB");
        assert!(memory.iter().all(|value| *value == 7));
    }

    #[test]
    fn memory_that_is_cleared_ahead_holds_what_it_was_filled_with() {
        for bytes in [0, 1, PAGE + 1, AHEAD - 1, 2 * AHEAD + 12_345] {
            let mut memory = vec![0_u8; bytes];
            for offset in [0, 1, 4000].map(|offset| offset.min(bytes)) {
                let found = cleared_ahead(&mut memory[offset..], |memory| {
                    for (place, byte) in memory.iter_mut().enumerate() {
                        *byte = place.to_le_bytes()[0] ^ place.to_le_bytes()[1];
                    }
                    memory.len()
                });
                assert_eq!(found, bytes - offset);
                let mut places = memory[offset..].iter().enumerate();
                assert!(places.all(|(place, byte)| {
                    *byte == place.to_le_bytes()[0] ^ place.to_le_bytes()[1]
                }));
            }
        }
    }

    #[test]
    fn small_and_empty_memory_is_left_alone() {
        ask_for::<u64>(&mut []);
        ask_for(&mut [1_u8; 5]);
        let mut odd = vec![0_u8; WORTH_IT + 1];
        ask_for(&mut odd[1..]);
        assert!(odd.iter().all(|value| *value == 0));
    }
}
