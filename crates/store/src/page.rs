//! Parts of long lists.

/// Which part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many are left out at the start.
    pub offset: u64,
    /// At most how many are given, 1 to 1000.
    pub limit: u64,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    /// How many there are in all.
    pub count: u64,
    /// Those of the page.
    pub items: Vec<T>,
}

impl Page {
    /// The whole of a list that is known to be short.
    pub const ALL: Page = Page {
        offset: 0,
        limit: 1000,
    };

    pub(crate) fn columns(self) -> (i64, i64) {
        let column = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        (column(self.limit.clamp(1, 1000)), column(self.offset))
    }
}

/// For `LIKE … ESCAPE '!'` on lower-case text: any text with `search` in it.
pub(crate) fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for letter in search.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
