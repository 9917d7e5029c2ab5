//! Memory in large pages, where the kernel gives them to whoever asks (`transparent_hugepage`, `madvise(2)`).
//!
//! Memory for an image comes from the kernel in pages of 4 KiB, each found and cleared when it is touched first. For an image of
//! 100 MB that takes longer than copying it; with pages of 2 MiB it takes a fraction.

use rustix::mm::{Advice, madvise};

/// Smaller pieces come in small pages, bytes.
const WORTH_IT: usize = 4 << 20;
/// What the kernel takes an address in, bytes.
const PAGE: usize = 4096;

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
    fn small_and_empty_memory_is_left_alone() {
        ask_for::<u64>(&mut []);
        ask_for(&mut [1_u8; 5]);
        let mut odd = vec![0_u8; WORTH_IT + 1];
        ask_for(&mut odd[1..]);
        assert!(odd.iter().all(|value| *value == 0));
    }
}
