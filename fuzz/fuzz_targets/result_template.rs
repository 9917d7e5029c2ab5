//! Renders results (what stands after the first NUL) with a template of a stranger (what stands before); no script and no
//! address of a script may be in what comes out.
#![no_main]

use executor::result_template::render_result;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (template, results) = (parts.next().unwrap_or(&[]), parts.next().unwrap_or(b"{}"));
    let Ok(template) = std::str::from_utf8(template) else {
        return;
    };
    let results = domain::json::parse(results).map_or(serde_json::Value::Null, |found| found.value);
    if let Ok(rendered) = render_result(template, &results) {
        let html = rendered.html.to_lowercase();
        for bad in ["<script", "<iframe", "<object", "<style"] {
            assert!(!html.contains(bad), "{html}");
        }
        // In a text that is no tag it is a text; there every `<` is escaped.
        let tags = html.split('<').skip(1);
        for tag in tags.filter_map(|rest| rest.split('>').next()) {
            assert!(!tag.contains("=\"javascript:"), "{html}");
        }
    }
});
