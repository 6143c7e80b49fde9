//! Other paths: a new one in the middle of a call, whoever looks for it, and streams where packets may not pass.

use crate::kit::{Call, Plan, is_here};
use serde_json::json;
use std::sync::Arc;
use visavis_engine::peer::LinkOptions;

/// A new path is found, and it is another; pictures and sound go on.
async fn restarted(browser_offers: bool, browser_restarts: bool) {
    let call = Call::on(Plan::new(browser_offers)).await;
    tokio::join!(call.both_see(10), call.both_hear());
    let before = call.page.evaluate("way()").await.unwrap();
    match browser_restarts {
        true => drop(call.page.evaluate("pc.restartIce()").await.unwrap()),
        false => call.link.restart(),
    }
    // This side begins with new sockets, whoever asked for it.
    let port = before["remote"]["port"].as_u64().unwrap();
    call.holds_later(&format!("way().then(way => way && way.remote.port !== {port})")).await;
    call.both_see(30).await;
    call.both_hear().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_path_that_the_browser_looks_for() {
    Box::pin(restarted(true, true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_path_that_this_side_looks_for() {
    Box::pin(restarted(true, false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_path_that_the_one_who_was_called_looks_for() {
    Box::pin(restarted(false, true)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_where_packets_may_not_pass() {
    for browser_offers in [true, false] {
        let mut plan = Plan::new(browser_offers);
        plan.link = LinkOptions { udp: vec![], tcp: vec!["127.0.0.1:0".into()], ..plan.link };
        plan.way = Arc::new(|_, one| {
            (is_here(&one) && one.candidate.to_ascii_lowercase().contains(" tcp ")).then_some(one)
        });
        let call = Call::on(plan).await;
        tokio::join!(call.both_see(30), call.both_hear());
        let way = call.page.evaluate("way()").await.unwrap();
        assert_eq!(
            (&way["local"]["protocol"], &way["remote"]["protocol"]),
            (&json!("tcp"), &json!("tcp"))
        );
        let tcp = Some("tcp".to_owned());
        call.figures("it is told", |figures| figures.transport == tcp).await;
    }
}
