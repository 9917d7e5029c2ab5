//! Clean HTML as text for a terminal.

/// Turns cleaned HTML (no scripts, well-formed tags) into text: blocks become lines, cells two blanks.
pub(super) fn from_html(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    let mut preformatted = 0_u32;
    while let Some(start) = rest.find('<') {
        push(&mut text, &rest[..start], preformatted > 0);
        let Some(length) = rest[start..].find('>') else {
            break;
        };
        let tag = &rest[start + 1..start + length];
        preformatted = match tag {
            "pre" => preformatted + 1,
            "/pre" => preformatted.saturating_sub(1),
            _ => preformatted,
        };
        text.push_str(separator(tag));
        rest = &rest[start + length + 1..];
    }
    push(&mut text, rest, preformatted > 0);
    tidy(&text)
}

/// What stands for a tag.
fn separator(tag: &str) -> &'static str {
    let name = tag
        .split([' ', '/'])
        .find(|part| !part.is_empty())
        .unwrap_or("");
    match (tag.starts_with('/'), name) {
        (false, "li") => "\n- ",
        (false, "br" | "hr")
        | (true, "p" | "div" | "pre" | "tr" | "ul" | "ol" | "table" | "blockquote") => "\n",
        (true, "h1" | "h2" | "h3" | "h4" | "h5" | "h6") => "\n",
        (true, "td" | "th") => "  ",
        (true | false, _) => "",
    }
}

fn push(text: &mut String, piece: &str, as_it_is: bool) {
    let plain = unescape(piece);
    let allowed = plain
        .chars()
        .filter(|character| !character.is_control() || matches!(character, '\n' | '\t'));
    if as_it_is {
        text.extend(allowed);
        return;
    }
    for character in allowed {
        let blank = character.is_whitespace();
        if !(blank && text.ends_with([' ', '\n'])) {
            text.push(if blank { ' ' } else { character });
        }
    }
}

/// The entities that the cleaner writes.
fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}

/// No blanks at line ends, no more than one empty line, none at the ends.
fn tidy(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && lines.last().is_none_or(|last| last.is_empty())) {
            lines.push(line);
        }
    }
    lines.join("\n").trim_end().to_owned()
}
