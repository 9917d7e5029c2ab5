//! What our own API does beyond the compatible one, and `gantry` as its client, with real containers.

use super::*;

#[test]
fn our_own_api_does_more() {
    let gantry = Gantry::new();
    let server = Server::start(&gantry);
    let token = server.prepare();
    let answer = python("beyond.py")
        .args([&server.api(), server.ca.to_str().unwrap(), &token])
        .args([root().join("fixtures/head-mr.mha"), gantry.work()])
        .output()
        .expect("Python starts");
    let errors = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{errors}");
    let seen: Value = serde_json::from_slice(&answer.stdout).unwrap();
    jobs(&seen);
    run(&seen);
    algorithm(&seen);
    client(&gantry, &server, &token);
}

fn jobs(seen: &Value) {
    assert_eq!(seen["check"], json!([true, ["mri"], null]));
    assert_eq!(seen["first"], json!(["succeeded", "Baseline scan", "otsu"]));
    assert_eq!(seen["geometry"], true);
    let names = seen["zip"][0].as_array().unwrap();
    for name in [
        "gantry/log.txt",
        "gantry/report.json",
        "output/tissue-volume.json",
    ] {
        assert!(names.contains(&json!(name)), "{name}: {names:?}");
    }
    assert_eq!(seen["zip"][1], Value::Null, "every member has its checksum");
    assert_eq!(seen["zip_report"], "succeeded");
    let places = seen["places"][1].as_array().unwrap();
    assert!(places.len() > 2 && places.iter().all(|is_there| *is_there == true));
    assert_eq!(seen["places"][0], json!({}));
    assert_eq!(seen["zip_log"], true);
    assert_eq!(seen["found"], json!([1, 1, 0]));
    assert_eq!(seen["retry"], json!([true, "succeeded"]));
    assert_eq!(seen["public"], json!([404, 200, 200]));
    assert_eq!(seen["deleted"], json!([404, 404]));
    assert_eq!(seen["input_stays"], 200);
}

fn run(seen: &Value) {
    assert_eq!(seen["run"][0], 2);
    let reason = seen["run"][1][0].as_str().unwrap();
    assert!(
        reason.contains("it holds [`minimum-volume`], expected all of"),
        "{reason}"
    );
    assert_eq!(seen["run_ended"], json!({"succeeded": 2}));
    assert_eq!(seen["table"][0], json!(["=one", "two"]));
    assert_eq!(seen["csv"], json!([["'=one", "two"], true]));
    assert_eq!(
        seen["run_zip"],
        json!([["_one", "results.csv", "two"], null])
    );
    assert_eq!(
        seen["run_cancelled"],
        json!({"succeeded": 2}),
        "what has ended stays"
    );
    assert_eq!(seen["run_jobs"], 2);
}

fn algorithm(seen: &Value) {
    assert_eq!(seen["preview"], "2");
    assert_eq!(seen["broken_template"], json!(["template"]));
    assert_eq!(seen["logo_refused"], json!([["logo"], ["logo"], ["logo"]]));
    assert_eq!(seen["logo"], json!(["image/png", true]));
    assert_eq!(seen["model"], true);
    assert_eq!(seen["model_in_use"], 409);
    assert_eq!(seen["models_left"], json!([]));
    assert_eq!(seen["version_in_use"], 409);
    assert_eq!(seen["statistics"], json!([3, true, true]));
    assert_eq!(seen["page"], json!([200, true]));
    let all = [
        "archive_run.create",
        "job.create",
        "job.delete",
        "job.retry",
        "job.visibility",
    ];
    assert_eq!(seen["audited"], json!(all));
}

/// The same from the command line.
fn client(gantry: &Gantry, server: &Server, token: &str) {
    let login = json!({
        "url": server.address.trim_end_matches('/'),
        "token": token,
        "authority": fs_err::read_to_string(&server.ca).unwrap(),
    });
    let path = gantry.work().join("login.json");
    fs_err::write(&path, login.to_string()).unwrap();
    let call = |arguments: &[&str]| -> (i32, String, String) {
        let mut command = gantry.command();
        let output = command
            .env("GANTRY_LOGIN", &path)
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        (code, text(&output.stdout), text(&output.stderr))
    };
    let (code, run, errors) = call(&["submit", "otsu", "--archive", "heads", "--wait", "--json"]);
    assert_eq!(code, 0, "{errors}");
    let run: Value = serde_json::from_str(&run).unwrap();
    assert_eq!(run["jobs"], json!({"succeeded": 2}));
    let id = run["id"].as_str().unwrap();
    let (_, status, _) = call(&["status", id, "--archive", "heads"]);
    assert!(status.contains("2 of 2 jobs have ended"), "{status}");
    let (code, zip, errors) = call(&["output", id, "--archive", "heads", "--zip", "run.zip"]);
    assert_eq!((code, zip.as_str()), (0, "run.zip\n"), "{errors}");
    assert!(
        fs_err::read(gantry.work().join("run.zip"))
            .unwrap()
            .starts_with(b"PK")
    );
    let (_, listed, _) = call(&["jobs", "--search", "baseline"]);
    let line = listed.lines().nth(1).unwrap_or_default();
    assert!(
        line.contains("succeeded") && line.contains("head-mr.mha"),
        "{listed}"
    );
    let job = line.split(' ').next().unwrap();
    let (code, again, errors) = call(&["retry", job, "--wait", "--json"]);
    assert_eq!(code, 0, "{errors}");
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["retry_of"], job);
    let (code, _, errors) = call(&["output", job, "--zip", "run.zip"]);
    assert_eq!(code, 2, "nothing is written over: {errors}");
    let (code, _, errors) = call(&["submit", "none", "--archive", "heads"]);
    assert!(
        code != 0 && errors.contains("There is no such algorithm"),
        "{errors}"
    );
}
