//! What a program may leave in `/output` to harm whoever reads it.

use crate::attack::{Attack, shell};

/// All of them.
pub(crate) fn all() -> Vec<Attack> {
    let mut all = links();
    all.extend(special());
    all.extend(names());
    all.extend(values());
    all.extend(images());
    all
}

const REFUSED: &[&str] = &["output_invalid", "output_missing"];

fn links() -> Vec<Attack> {
    vec![
        shell("outputs.link_to_a_secret", "makes an output a link to a file of the host", "good; ln -sf @SECRET@ /output/count.json; echo held").ends(REFUSED).told(&["count.json"]),
        shell("outputs.link_to_passwd", "makes an output a link to /etc/passwd", "good; ln -sf /etc/passwd /output/results.json; echo held").ends(REFUSED).never(&["BREACH", "root:x:0:0"]),
        shell("outputs.relative_link", "makes an output a link that climbs out by `..`", "good; ln -sf ../../../../../../../../../..@SECRET@ /output/count.json; echo held").ends(REFUSED),
        shell("outputs.link_through_proc", "makes an output a link through /proc/self/root and /proc/1/root", "good; ln -sf /proc/1/root@SECRET@ /output/count.json; ln -s /proc/self/fd/0 /output/in; echo held").ends(REFUSED),
        shell("outputs.folder_is_a_link", "makes the folder of an image a link to a folder of the host", "good; rm -r /output/images; ln -s /etc /output/images; echo held").ends(REFUSED),
        shell("outputs.extra_links", "leaves further links, in circles, to folders, to nothing", "good; ln -s / /output/root; ln -s . /output/here; ln -s b /output/a; ln -s a /output/b; ln -s /nothing /output/c; ln -s @SECRET@ /output/secret; echo held"),
        shell("outputs.link_to_the_input", "makes the output image a link to the input", "good; rm /output/images/mask/mask.mha; ln -s $(ls /input/images/scan/*.mha) /output/images/mask/mask.mha; echo held").ends(REFUSED),
        shell("outputs.hard_links", "leaves many names of one file", "good; i=0; while [ $i -lt 50 ]; do ln /output/count.json /output/link$i; i=$((i+1)); done; echo held"),
        shell("outputs.hard_link_to_the_image", "leaves a hard link to a file of its image", "good; ln /etc/passwd /output/passwd 2>/dev/null; echo held"),
        shell("outputs.race", "swaps an output between a file and a link to a secret while it is collected", "good; probe racer @SECRET@; echo held").ends(&["succeeded", "output_invalid", "output_missing"]),
        shell("outputs.replaces_the_folder", "removes or replaces /output itself", "good; rm -rf /output 2>/dev/null; mv /output /x 2>/dev/null; ln -s / /output 2>/dev/null; echo held").ends(REFUSED),
    ]
}

fn special() -> Vec<Attack> {
    vec![
        shell("outputs.fifo", "makes an output a FIFO, at which a reader would wait", "good; rm /output/count.json; mkfifo /output/count.json /output/images/mask/b.mha; echo held").ends(REFUSED),
        shell("outputs.extra_fifo", "leaves FIFOs", "good; mkfifo /output/a /output/b; echo held"),
        shell("outputs.socket", "leaves a Unix socket", "good; (nc -l -U /output/s & ) 2>/dev/null; sleep 0.1; echo held"),
        shell("outputs.device", "leaves device nodes", "good; mknod /output/null c 1 3 2>/dev/null && echo BREACH; mknod /output/disk b 8 0 2>/dev/null && echo BREACH; mknod /output/w c 0 0 2>/dev/null; echo held"),
        shell("outputs.folder_for_a_file", "makes a folder where a file belongs", "good; rm /output/count.json; mkdir /output/count.json; echo held").ends(REFUSED),
        shell("outputs.file_for_a_folder", "makes a file where a folder belongs", "good; rm -r /output/images/mask; echo x >/output/images/mask; echo held").ends(REFUSED),
        shell("outputs.nobody_may_read", "leaves files and folders that nobody may read", "good; mkdir /output/d; echo x >/output/d/f; chmod 000 /output/count.json /output/d; echo held"),
        shell("outputs.set_id", "leaves set-id and executable files: what is kept is plain", "good; cp /bin/busybox /output/su; chmod 6777 /output/su; echo held"),
        shell("outputs.attributes", "leaves extended attributes", "good; setfattr -n user.x -v y /output/count.json 2>/dev/null; echo held"),
        shell("outputs.odd_times", "leaves files of the years 1901 and 2200", "good; touch -d 1901-12-14 /output/count.json; touch -d 2200-01-01 /output/results.json; echo held"),
        shell("outputs.two_candidates", "leaves two images where one belongs", "good; cp /output/images/mask/mask.mha /output/images/mask/b.mha; echo held").ends(&["output_ambiguous", "output_invalid"]),
    ]
}

fn names() -> Vec<Attack> {
    vec![
        shell("outputs.name_with_newline", "names files with line breaks", "good; printf x >\"/output/a\nb\"; printf x >\"/output/$(printf 'c\\rd')\"; echo held"),
        shell("outputs.name_not_utf8", "names files with bytes that are no UTF-8", "good; echo x >\"$(printf '/output/\\377\\376')\"; echo held"),
        shell("outputs.name_with_controls", "names files with terminal commands", "good; echo x >\"$(printf '/output/\\033[2J\\033]0;owned\\007')\"; echo held"),
        shell("outputs.name_too_long", "names a file with 255 characters, in a folder of 255", "good; n=$(printf '%0255d' 0); mkdir /output/$n; echo x >/output/$n/$n; echo held"),
        shell("outputs.name_with_dots", "names files `..x`, `...`, `-rf`, `~`, `*`", "good; for n in ..x ... -rf '~' '*' '$(id)' '`id`' '%2e%2e' 'a\\b' ' ' 'con' 'a:b'; do echo x >\"/output/$n\"; done; echo held"),
        shell("outputs.name_of_a_page", "names a file with markup", "good; echo x >'/output/<script>alert(1)<'; echo x >'/output/\"><img src=x onerror=alert(1)>'; echo held").never_on_pages(&["<script>alert(1)", "<img src=x"]),
        shell("outputs.name_by_right_to_left", "names a file with marks that turn text around", "good; echo x >\"$(printf '/output/gpj.\\342\\200\\256exe')\"; echo held"),
        shell("outputs.names_in_other_case", "names files like outputs, in other case and with blanks", "good; echo x >/output/COUNT.JSON; echo x >'/output/count.json '; echo held"),
        shell("outputs.names_of_reports", "writes where reports are kept", "good; mkdir -p /output/gantry; echo '{}' >/output/gantry/report.json; echo x >/output/report.json; echo held"),
    ]
}

fn values() -> Vec<Attack> {
    let json = |name: &str, does: &str, make: &str| {
        shell(name, does, &format!("good; {make}; echo held")).ends(&["output_invalid"])
    };
    vec![
        json("outputs.empty", "leaves an empty value", ": >/output/count.json"),
        json("outputs.no_json", "leaves text that is no JSON", "echo hello >/output/count.json"),
        json("outputs.wrong_type", "leaves a value of another type", "echo '\"4\"' >/output/count.json"),
        json("outputs.not_a_number", "leaves NaN and infinity", "echo NaN >/output/count.json; echo '{\"a\": Infinity}' >/output/results.json"),
        json("outputs.huge_number", "leaves a number of a thousand digits", "printf '%01000d' 9 | tr 0 9 >/output/count.json"),
        json("outputs.deep", "leaves lists in lists, a hundred thousand deep", "(yes '[' | head -n 100000; yes ']' | head -n 100000) | tr -d '\\n' >/output/results.json"),
        json("outputs.not_utf8", "leaves bytes that are no UTF-8", "printf '\"\\377\\376\"' >/output/results.json"),
        json("outputs.two_documents", "leaves two documents in one file", "echo '1 2' >/output/count.json"),
        json("outputs.cut_off", "leaves half a document", "printf '{\"a\": [1, 2' >/output/results.json"),
        shell("outputs.double_keys", "leaves an object with a key twice", "good; echo '{\"count\": 1, \"count\": 2}' >/output/results.json; echo held").ends(&["succeeded", "output_invalid"]),
        shell("outputs.huge", "leaves a list of 50 megabytes", "good; (printf '['; yes '0,' | head -n 16000000 | tr -d '\\n'; printf '0]') >/output/results.json; echo held").ends(&["output_invalid"]),
        shell("outputs.nul", "leaves texts with NUL and lone surrogates", "good; echo '{\"count\": \"\\u0000\", \"note\": \"\\ud800\"}' >/output/results.json; echo held").ends(&["succeeded", "output_invalid"]),
        shell("outputs.proto_keys", "leaves keys that scripts trip over", "good; echo '{\"__proto__\": {\"x\": 1}, \"constructor\": 1, \"count\": 3}' >/output/results.json; echo held"),
        json("outputs.byte_order_mark", "leaves UTF-16", "printf '\\377\\3764\\0' >/output/count.json"),
    ]
}

fn images() -> Vec<Attack> {
    let mask = "/output/images/mask/mask.mha";
    let header = |name: &str, does: &str, change: &str| {
        let script = format!("good; {change} /input/images/scan/*.mha >{mask}; echo held");
        shell(name, does, &script).ends(&["output_invalid"])
    };
    vec![
        header("outputs.image_claims_size", "an image whose header claims 10¹⁵ voxels", "sed 's/^DimSize.*/DimSize = 100000 100000 100000/'"),
        header("outputs.image_overflows", "an image whose size overflows 64 bits", "sed 's/^DimSize.*/DimSize = 4294967295 4294967295 4294967295/'"),
        header("outputs.image_of_no_size", "an image of zero and negative size", "sed 's/^DimSize.*/DimSize = 0 -2 2/'"),
        header("outputs.image_elsewhere", "an image whose samples lie in a file of the host", "sed 's|^ElementDataFile.*|ElementDataFile = /etc/passwd|'"),
        header("outputs.image_climbs_out", "an image whose samples lie behind `..`", "sed 's|^ElementDataFile.*|ElementDataFile = ../../../../../../etc/passwd|'"),
        header("outputs.image_list", "an image whose samples lie in a pattern of files", "sed 's|^ElementDataFile.*|ElementDataFile = /proc/%d/environ 1 100 1|'"),
        header("outputs.image_spacing", "an image with NaN for spacing and direction", "sed 's/^ElementSpacing.*/ElementSpacing = nan inf -1/'"),
        header("outputs.image_dimensions", "an image of two billion dimensions", "sed 's/^NDims.*/NDims = 2000000000/'"),
        header("outputs.image_zip_bomb", "an image of few compressed bytes that become gigabytes", "sed 's/^CompressedData.*/CompressedData = True/; s/^DimSize.*/DimSize = 30000 30000 30/; s/LOCAL/LOCAL/'"),
        shell("outputs.image_inflates", "a compressed image that inflates to far more than it claims", &format!("good; (sed '/^ElementDataFile/,$d; s/^CompressedData.*/CompressedData = True/' /input/images/scan/*.mha; echo 'ElementDataFile = LOCAL'; head -c 50000000 /dev/zero | gzip | tail -c +11) >{mask}; echo held")).ends(&["output_invalid"]),
        shell("outputs.image_is_html", "a page instead of an image", &format!("good; echo '<html><script>alert(1)</script>' >{mask}; echo held")).ends(&["output_invalid"]).never(&["BREACH"]),
        shell("outputs.tiff_loops", "a TIFF whose directories point at each other", "good; rm /output/images/mask/*; printf 'II*\\0\\010\\0\\0\\0\\0\\0\\010\\0\\0\\0' >/output/images/mask/a.tif; echo held").ends(&["output_invalid"]),
        shell("outputs.tiff_claims_size", "a TIFF that claims four billion tags", "good; rm /output/images/mask/*; printf 'II*\\0\\010\\0\\0\\0\\377\\377' >/output/images/mask/a.tif; echo held").ends(&["output_invalid"]),
    ]
}
