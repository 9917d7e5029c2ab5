//! `docs/server.md`, the page of the API: one server, first started as it says, then as its unit for systemd says.

use serde_json::Value;

use super::*;
use crate::served::{Server, gcapi};

#[test]
fn every_command_about_the_server_works() {
    let mut page = Page::open("docs/server.md");
    let mut reader = Reader::new();
    lay_out(&mut reader);
    let mut server = Server::start(&reader.gantry);
    let address = server.address.trim_end_matches('/').to_owned();
    reader.put("https://127.0.0.1:8443", address);
    let starts = page.steps("console");
    assert_eq!(starts[0].command, "gantry serve");
    assert_eq!(starts.len(), 1);
    let shown: Vec<String> = starts[0]
        .shown
        .iter()
        .map(|line| reader.translated(line))
        .collect();
    comes_out(&server.said.join("\n"), &shown);

    token(&mut reader, &server, &page.steps("console"));
    by_commands(&reader, &server, &page.steps("console"));
    by_the_api(&mut reader, &page.steps("console"));
    // Test cases.
    for step in page.steps("console") {
        let said = reader.follow_step(&step, "");
        assert!(said.contains("passed"), "{said}");
    }
    by_gcapi(&reader, &page.take("python").text);
    let scan = upload(&reader, "head-mr.mha");
    reader.put("\"SCAN\"", format!("\"{scan}\""));
    for step in page.steps("console") {
        reader.follow_step(&step, "");
    }
    names_of_the_api(&reader);
    metrics(&reader);
    // Backup, restore, verify.
    let keeps = page.steps("console");
    assert!(keeps.len() >= 3);
    for step in &keeps {
        reader.follow_step(step, "");
    }
    assert_eq!(server.stop(), Some(0));
    reader.follow("gantry run images/otsu -i mri=head-mr.mha -o run", "");
    developer::lies_as_drawn(&reader.gantry.home());
    as_a_unit(&reader, &page.take("ini").text, &page.take("toml").text);
}

/// What the page takes for granted: an algorithm's folder, the archive of its image, an image.
fn lay_out(reader: &mut Reader) {
    let work = reader.work();
    let home = reader.gantry.home().to_str().unwrap().to_owned();
    let repository = root().canonicalize().unwrap();
    let otsu = repository.join("images/otsu").to_str().unwrap().to_owned();
    reader.put("/var/lib/gantry", home);
    reader.put("/backup", format!("{}/backup", work.display()));
    reader.put("images/otsu", otsu.clone());
    fs_err::create_dir(work.join("backup")).unwrap();
    let archive = repository.join("target/images/otsu.docker.tar.gz");
    fs_err::copy(archive, work.join("otsu.tar.gz")).unwrap();
    fs_err::copy(
        repository.join("fixtures/head-mr.mha"),
        work.join("head-mr.mha"),
    )
    .unwrap();
    let manifest = fs_err::read_to_string(format!("{otsu}/algorithm.toml")).unwrap();
    let manifest = manifest
        .replace("slug = \"otsu\"", "slug = \"lungs\"")
        .replace(
            "result_template_file = \"results.html.jinja\"",
            "result_template = \"{{ 1 + 1 }}\"",
        );
    fs_err::write(work.join("algorithm.toml"), manifest).unwrap();
}

fn token(reader: &mut Reader, server: &Server, steps: &[Step]) {
    let password = server.password.clone().expect("a first start");
    reader.put("PASSWORD", password);
    assert_eq!(steps.len(), 1);
    let said = reader.follow_step(&steps[0], "");
    let made: Value = serde_json::from_str(&said).unwrap();
    let token = made["token"].as_str().unwrap().to_owned();
    reader.variables.push(("TOKEN", token));
}

fn by_commands(reader: &Reader, server: &Server, steps: &[Step]) {
    let ca = reader.gantry.home().join("tls/ca.pem");
    let login = format!(
        "gantry login {} --user admin --ca {}",
        server.address,
        ca.display()
    );
    reader.follow(&login, &format!("{}\n", server.password.as_ref().unwrap()));
    for step in steps {
        reader.follow_step(step, "");
    }
}

/// The same with an upload by gcapi, as the page says.
fn by_the_api(reader: &mut Reader, steps: &[Step]) {
    let archive = upload(reader, "otsu.tar.gz");
    reader.put("\"UPLOAD\"", format!("\"{archive}\""));
    assert!(steps.len() >= 2);
    for step in steps {
        reader.follow_step(step, "");
    }
}

/// The upload of a file.
fn upload(reader: &Reader, file: &str) -> String {
    let program = "import os, gcapi\n\
        client = gcapi.Client(token=os.environ['TOKEN'], base_url='https://127.0.0.1:8443/api/v1/', \
            verify='/var/lib/gantry/tls/ca.pem')\n\
        with open('FILE', 'rb') as file:\n\
        \x20   print(client.uploads.upload_fileobj(fileobj=file, filename='FILE').pk)\n";
    python(reader, &program.replace("FILE", file))
        .trim()
        .to_owned()
}

/// What a program prints.
fn python(reader: &Reader, program: &str) -> String {
    let file = reader.work().join("program.py");
    fs_err::write(&file, reader.translated(program)).unwrap();
    reader.follow(&format!("{} program.py", gcapi().display()), "")
}

fn by_gcapi(reader: &Reader, program: &str) {
    python(reader, program);
    let volume = reader.follow("cat result/tissue-volume.json", "");
    assert!(
        volume
            .trim()
            .parse::<f64>()
            .is_ok_and(|volume| volume > 800.0),
        "{volume}"
    );
}

/// Addresses that the page shortens, such as `…/images/ID/activate/`, are in the document of the API.
fn names_of_the_api(reader: &Reader) {
    let get = "curl --silent --fail --cacert /var/lib/gantry/tls/ca.pem https://127.0.0.1:8443/api/gantry/v1/openapi.json";
    let document: Value = serde_json::from_str(&reader.follow(get, "")).unwrap();
    let paths: Vec<String> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(|path| {
            let parts = path.split('/');
            let parts = parts.map(|part| if part.starts_with('{') { "ID" } else { part });
            parts.collect::<Vec<_>>().join("/")
        })
        .collect();
    let page = fs_err::read_to_string(root().join("docs/server.md")).unwrap();
    let mut looked_at = 0;
    for span in named::spans(&page) {
        if let Some(end) = span.trim_start_matches("PUT ").strip_prefix("…/") {
            let path = end.split(' ').next().unwrap();
            let is_there = paths
                .iter()
                .any(|known| known.ends_with(&format!("/{path}")));
            assert!(is_there, "`{span}` is not in the API: {paths:#?}");
            looked_at += 1;
        }
    }
    assert!(looked_at >= 5, "{looked_at}");
}

/// Every metric of the table is one.
fn metrics(reader: &Reader) {
    let get =
        "curl --silent --fail --cacert /var/lib/gantry/tls/ca.pem https://127.0.0.1:8443/metrics";
    let said = reader.follow(get, "");
    let page = fs_err::read_to_string(root().join("docs/server.md")).unwrap();
    let (_, table) = page.split_once("| metric | says |").unwrap();
    let told: Vec<String> = named::spans(table)
        .into_iter()
        .filter(|span| span.starts_with("gantry_"))
        .map(|span| span.split('{').next().unwrap().to_owned())
        .collect();
    assert!(told.len() >= 10, "{told:?}");
    for metric in told {
        assert!(
            said.contains(&format!("# TYPE {metric} ")) || said.contains(&format!("\n{metric} ")),
            "{metric}: {said}"
        );
    }
}

/// Started, told to read its certificate again and ended by the unit, with the configuration that the page shows.
fn as_a_unit(reader: &Reader, unit: &str, configuration: &str) {
    let of = |key: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(key));
        reader.translated(line.unwrap_or_else(|| panic!("no {key}")))
    };
    let home = reader.gantry.home();
    fs_err::write(home.join("gantry.toml"), configuration).unwrap();
    let start = of("ExecStart=");
    let words: Vec<&str> = start.split(' ').collect();
    assert_eq!(words.first(), Some(&"/usr/local/bin/gantry"));
    assert_eq!(words.last(), Some(&"serve"));
    let mut command = reader.gantry.command();
    command
        .env_remove("GANTRY_HOME")
        .args(&words[1..words.len() - 1]);
    let mut server = Server::start_as(command, &reader.gantry);
    let reload = of("ExecReload=").replace("$MAINPID", &server.pid().to_string());
    reader.follow(&reload, "");
    server.heard("certificate");
    let names = format!(
        "curl --silent --fail --cacert {} --resolve {} {}",
        home.join("tls/ca.pem").display(),
        server
            .address
            .replace("https://127.0.0.1:", "gantry.hospital.example:")
            .trim_end_matches('/')
            .to_owned()
            + ":127.0.0.1",
        server
            .address
            .replace("127.0.0.1", "gantry.hospital.example")
            + "healthz",
    );
    reader.follow(&names, "");
    assert_eq!(server.stop(), Some(0));
}
