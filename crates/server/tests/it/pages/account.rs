//! One's own account.

use super::*;
use server::passwords;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_shown_once_and_calls_the_api() {
    let clinic = Clinic::new().await;
    let una = Visitor::of(&clinic, "una").await;
    let made = una.post("/account/tokens/", "name=laptop&days=30").await;
    assert_eq!(made.status, 201, "{}", made.body);
    let (_, rest) = made.body.split_once("<code id=\"secret\">").unwrap();
    let secret = rest.split('<').next().unwrap();
    assert!(
        made.body
            .contains("base_url=&#34;https://here/api/v1/&#34;")
            || made.body.contains("base_url=\"https://here/api/v1/\""),
        "{}",
        made.body
    );
    let bearer = format!("Authorization: Bearer {secret}\r\n");
    let me = clinic.send("GET", "/api/gantry/v1/me/", &bearer, "").await;
    assert_eq!(me.json()["username"], "una");
    let again = una.get("/account/").await;
    assert!(again.body.contains("laptop") && !again.body.contains(secret));
    let tokens = clinic.store.tokens_of(clinic.una).await.unwrap();
    let token = tokens.iter().find(|token| token.name == "laptop").unwrap();
    let ended = una
        .post(&format!("/account/tokens/{}/end/", token.id), "")
        .await;
    assert_eq!(ended.status, 303);
    let me = clinic.send("GET", "/api/gantry/v1/me/", &bearer, "").await;
    assert_eq!(me.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_password_ends_other_logins_and_keeps_this_one() {
    let clinic = Clinic::new().await;
    let una = Visitor::of(&clinic, "una").await;
    let hash = passwords::hash("the old password").unwrap();
    clinic
        .store
        .set_password_hash(clinic.una, &hash)
        .await
        .unwrap();
    let una = Visitor {
        headers: Visitor::of(&clinic, "una").await.headers,
        ..una
    };
    for (form, says) in [
        (
            "old=wrong&new=long+enough+1&again=long+enough+1",
            "This is not your password",
        ),
        (
            "old=the+old+password&new=short&again=short",
            "expected 10 to 1000",
        ),
        (
            "old=the+old+password&new=long+enough+1&again=long+enough+2",
            "not the same",
        ),
        (
            "old=the+old+password&new=the+old+password&again=the+old+password",
            "is the old one",
        ),
    ] {
        let refused = una.post("/account/password/", form).await;
        assert_eq!(refused.status, 422, "{form}");
        assert!(refused.body.contains(says), "{form}: {}", refused.body);
        assert!(
            !refused.body.contains("long enough"),
            "passwords are not shown again"
        );
    }
    let good = "old=the+old+password&new=long+enough+1&again=long+enough+1";
    let changed = una.post("/account/password/", good).await;
    assert_eq!(changed.status, 303, "{}", changed.body);
    assert_eq!(
        una.get("/account/").await.status,
        303,
        "the login of before has ended"
    );
    let cookie = changed.head.lines().find_map(|line| {
        let (_, value) = line.split_once(": gantry_session=")?;
        value.split(';').next()
    });
    let fresh = Visitor {
        clinic: &clinic,
        headers: format!("Cookie: gantry_session={}\r\n", cookie.unwrap()),
        csrf: String::new(),
    };
    assert_eq!(fresh.get("/account/").await.status, 200);
}
