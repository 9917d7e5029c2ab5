//! `docs/desk.md`.

use super::*;
use crate::algorithm;
use crate::forge;
use crate::served::Server;

/// Writes a small image for each output that is one, and the rest as JSON and text: for the case that is shown, and for the
/// template, whose own program is run in `forge`.
const PROGRAM: &str = "\
mkdir -p /output/images/mask /output/images/probability /output/images/lesions
printf 'ObjectType = Image\\nNDims = 3\\nBinaryData = True\\nBinaryDataByteOrderMSB = False\\nCompressedData = False\\n\
ElementSpacing = 1 1 1\\nDimSize = 2 2 1\\nElementType = MET_UCHAR\\nElementDataFile = LOCAL\\n\\000\\001\\001\\000' \
> /output/images/mask/output.mha
for other in probability lesions; do cp /output/images/mask/output.mha /output/images/$other/output.mha; done
echo 1.5 > /output/volume.json
echo 3 > /output/lesion-count.json
echo '[]' > /output/lesion-boxes.json
echo a,b > /output/lesions.csv
";

#[test]
fn every_command_for_folders_works() {
    let mut page = Page::open("docs/desk.md");
    let mut reader = Reader::new();
    let folder = forge::generated(&reader.gantry);
    inits(&mut reader, &page.steps("console"));
    templates(&reader, &folder, &page.steps("console"));
    cases(&reader, &page.take("text").text, &page.take("toml").text);
    packages(&reader, &page.steps("console"));
}

fn inits(reader: &mut Reader, steps: &[Step]) {
    let mut server = Server::start(&reader.gantry);
    let address = server.address.trim_end_matches('/').to_owned();
    reader.put("https://gantry.hospital.example", address.clone());
    let password = server.password.clone().unwrap() + "\n";
    let ca = reader.gantry.home().join("tls/ca.pem");
    let login = format!("gantry login {address} --user admin --ca {}", ca.display());
    reader.follow(&login, &password);
    let otsu = root().join("images/otsu").canonicalize().unwrap();
    reader.follow(&format!("gantry algorithm create {}", otsu.display()), "");
    assert!(steps.len() >= 5);
    for step in steps {
        let asks = step.command.split('#').next().unwrap().trim() == "gantry init";
        if asks {
            // On a terminal, which `script` makes.
            let answers = "Asked\n\nct=Image\n\nmask=Segmentation\n\n";
            reader.follow(
                "script --quiet --return --command 'gantry init' /dev/null",
                answers,
            );
        } else {
            reader.follow_step(step, "");
        }
    }
    for made in ["lungs", "lungs-two-ways", "asked", "lesions", "otsu"] {
        let manifest = reader.work().join(made).join("algorithm.toml");
        assert!(manifest.exists(), "{made}");
    }
    assert_eq!(server.stop(), Some(0));
}

/// In the folder of the template, whose image its own script saves.
fn templates(reader: &Reader, folder: &Path, steps: &[Step]) {
    algorithm::image(PROGRAM, "1000:1000", saved(&reader.gantry));
    assert!(steps.len() >= 3);
    for step in steps {
        let inside = format!("cd {} && {}", folder.display(), step.command);
        let said = reader.follow(&inside, "");
        comes_out(&said, &step.shown);
    }
    let output = folder.join("output");
    assert!(fs_err::read_dir(output).unwrap().count() > 0);
}

/// The layout that is shown is that of a folder which was made and recorded; the case that is shown is one.
fn cases(reader: &Reader, layout: &str, case: &str) {
    reader.follow("gantry init tried -i ct=Image -o mask=Segmentation -o volume=Float -o 'probability=Heat Map'", "");
    let of = reader.work().join("tried");
    let manifest = of.join("algorithm.toml");
    let text = fs_err::read_to_string(&manifest).unwrap();
    fs_err::write(&manifest, text.replace("tried:latest", "tried.tar")).unwrap();
    algorithm::image(PROGRAM, "1000:1000", of.join("tried.tar"));
    reader.follow("gantry test tried --bless", "");
    for line in layout.lines() {
        let path = line.split_whitespace().next().unwrap();
        let there = of.join(path.replace("NAME", "example"));
        assert!(there.exists(), "{}", there.display());
    }
    let shown = of.join("cases/example/case.toml");
    fs_err::write(&shown, case).unwrap();
    let checked = reader.follow("gantry check tried", "");
    assert!(checked.contains("1 of 1 cases have inputs"), "{checked}");
    // It was read: a word that is none is found.
    fs_err::write(&shown, case.replace("at_least", "at_lest")).unwrap();
    let wrong = reader.shell("gantry check tried").output().unwrap();
    assert_eq!(wrong.status.code(), Some(14));
    fs_err::write(&shown, case.replace("failure = ", "# failure = ")).unwrap();
    reader.follow("gantry test tried", "");
}

/// `lungs` is the folder of the case above, on another machine a new one.
fn packages(reader: &Reader, steps: &[Step]) {
    let work = reader.work();
    fs_err::rename(work.join("lungs"), work.join("first")).unwrap();
    fs_err::rename(work.join("tried"), work.join("lungs")).unwrap();
    let manifest = work.join("lungs/algorithm.toml");
    let text = fs_err::read_to_string(&manifest).unwrap();
    fs_err::write(
        &manifest,
        text.replace("slug = \"tried\"", "slug = \"lungs\""),
    )
    .unwrap();
    assert!(steps.len() >= 3);
    let mut digests = Vec::new();
    for step in steps {
        if step.command.starts_with("gantry import") {
            fs_err::rename(work.join("lungs"), work.join("here")).unwrap();
        }
        let said = reader.follow_step(step, "");
        let words = said.split_whitespace();
        digests.extend(
            words
                .filter(|word| word.starts_with("sha256:"))
                .map(str::to_owned),
        );
    }
    assert!(
        digests.len() >= 2 && digests[0] == digests[1],
        "{digests:?}"
    );
}
