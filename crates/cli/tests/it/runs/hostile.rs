//! What a container may leave in `/output` to harm its host.

use super::{problems, run_script};
use crate::algorithm::GOOD;

#[test]
fn links_lead_nowhere() {
    let script = format!("{GOOD}\nln -sf /etc/passwd /output/count.json; ln -s / /output/root");
    let (gantry, answer, document) = run_script(&script, &[]);
    assert_eq!(answer.code, 12, "{document:#}");
    assert_eq!(
        problems(&document),
        [("output_invalid", "count.json")],
        "{document:#}"
    );
    let left = gantry.work().join("output/output");
    for name in ["count.json", "root"] {
        let link = left.join(name);
        assert!(
            fs_err::symlink_metadata(&link).is_err(),
            "{} was taken",
            link.display()
        );
    }
    assert!(!answer.stdout.contains("root:x:0:0"), "{}", answer.stdout);
}

#[test]
fn a_fifo_is_not_opened() {
    let script = format!(
        "{GOOD}\nkill -0 $$; echo > /output/x; mkfifo /output/pipe /output/images/mask/b.mha"
    );
    let (_gantry, answer, document) = run_script(&script, &[]);
    assert!(matches!(answer.code, 0 | 12), "{document:#}");
    assert!(document.to_string().contains("pipe"), "{document:#}");
}

#[test]
fn text_that_is_no_utf_8_is_named_as_such() {
    let script = format!("{GOOD}\nprintf '\"\\377\\376\"' > /output/count.json");
    let (_gantry, answer, document) = run_script(&script, &[]);
    assert_eq!(answer.code, 12);
    let message = document["failure"]["problems"][0]["message"].to_string();
    assert!(message.contains("UTF-8"), "{message}");
}

#[test]
fn names_cannot_act_on_the_terminal() {
    let script = format!(
        "{GOOD}\necho > \"$(printf '/output/a\\033[2Jb')\"; echo > \"$(printf '/output/\\377')\""
    );
    let gantry = crate::gantry::Gantry::new();
    crate::algorithm::lay_out(&gantry, &script);
    let answer = gantry.run(crate::algorithm::RUN);
    assert!(!answer.stdout.contains('\u{1b}'), "{:?}", answer.stdout);
    assert!(!answer.stderr.contains('\u{1b}'), "{:?}", answer.stderr);
}

#[test]
fn too_many_files_are_refused() {
    let manifest_limit = "i=0; mkdir /output/many; while [ $i -lt 110 ]; do echo > /output/many/$i; i=$((i+1)); done";
    let script = format!("{GOOD}\n{manifest_limit}");
    let (_gantry, answer, document) = run_script(&script, &[]);
    assert_eq!(answer.code, 12, "{document:#}");
    let problems = document["failure"].to_string();
    assert!(problems.contains("100"), "{problems}");
}
