//! Lengths that contradict each other, and two requests in one.

use super::{is_closed_or_refused, raw};
use crate::clients::{Case, case, unless};

/// All of them.
pub(super) fn all() -> Vec<Case> {
    let smuggled = "GET /administration/ HTTP/1.1\r\nHost: @HOST@\r\nX: ";
    let one = |name: &str, does: &str, head: &'static str| {
        case(
            name,
            does,
            "4xx or closed, never a second answer",
            move |siege| {
                let request =
                    format!("POST /login/ HTTP/1.1\r\nHost: @HOST@\r\n{head}\r\n{smuggled}");
                let answer = raw(siege, &request);
                let text = format!("{}{}", answer.head, answer.text());
                let answers = text.matches("HTTP/1.1 ").count();
                unless(answers <= 1 && is_closed_or_refused(&answer), || {
                    format!("{answers} answers, the first {}", answer.status)
                })
            },
        )
    };
    vec![
        one(
            "requests.two_lengths",
            "two lengths that differ",
            "Content-Length: 5\r\nContent-Length: 50\r\nConnection: close\r\n\r\n",
        ),
        one(
            "requests.length_list",
            "a list of lengths",
            "Content-Length: 5, 50\r\nConnection: close\r\n\r\n",
        ),
        one(
            "requests.length_and_chunks",
            "a length and chunks",
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        ),
        one(
            "requests.odd_length",
            "a length with a sign",
            "Content-Length: +5\r\nConnection: close\r\n\r\nabcde",
        ),
        one(
            "requests.huge_length",
            "a length beyond 64 bits",
            "Content-Length: 99999999999999999999999\r\nConnection: close\r\n\r\n",
        ),
        one(
            "requests.odd_chunks",
            "chunks in other spellings",
            "Transfer-Encoding: xchunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        ),
        one(
            "requests.chunks_twice",
            "chunks within chunks",
            "Transfer-Encoding: chunked, chunked, identity\r\nConnection: close\r\n\r\n0\r\n\r\n",
        ),
        one(
            "requests.bad_chunk_size",
            "a chunk of a size that is no number",
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        ),
        one(
            "requests.huge_chunk",
            "a chunk of more than 64 bits",
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nfffffffffffffffff\r\n",
        ),
        one(
            "requests.blank_before_colon",
            "a blank before the colon",
            "Content-Length : 5\r\nConnection: close\r\n\r\n",
        ),
        one(
            "requests.folded_header",
            "a header that goes on in the next line",
            "X: a\r\n Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        ),
        one(
            "requests.bare_return",
            "a line that ends with a return only",
            "X: a\rContent-Length: 5\r\nConnection: close\r\n\r\n",
        ),
    ]
}
