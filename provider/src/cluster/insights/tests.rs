//! When an upgrade goes on, and what it says when it does not.

use expect_test::expect;

use super::*;

fn insight(name: &str, status: &str) -> Insight {
    Insight {
        id: "1".to_owned(),
        name: name.to_owned(),
        status: status.to_owned(),
        reason: "Deprecated API usage detected within last 30 days.".to_owned(),
        recommendation: "Update manifests to use newer APIs.".to_owned(),
        objects: vec!["/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas".to_owned()],
    }
}

#[test]
fn nothing_in_the_way_is_no_force() {
    assert_eq!(is_forced(&[], "1.36", false, &[]).ok(), Some(false));
    assert_eq!(is_forced(&[insight("Addons", "WARNING")], "1.36", false, &[]).ok(), Some(false));
}

#[test]
fn what_may_stay_is_forced() {
    let insights = [insight("APIs", "ERROR"), insight("Kubelets", "ERROR")];
    let all = ["APIs".to_owned(), "Kubelets".to_owned()];
    assert_eq!(is_forced(&insights, "1.36", false, &all).ok(), Some(true));
    assert_eq!(is_forced(&insights, "1.36", true, &[]).ok(), Some(true));
    assert!(is_forced(&insights, "1.36", false, &all[..1]).is_err());
}

#[test]
fn the_refusal_quotes_eks_and_says_how_to_go_on() {
    let refused = is_forced(&[insight("Deprecated APIs", "ERROR")], "1.36", false, &[]).unwrap_err();
    let said = refused.diagnostics("cluster prod: the control plane was not upgraded to 1.36");
    expect![[r#"
        cluster prod: the control plane was not upgraded to 1.36: EKS knows of something that breaks on Kubernetes 1.36
          Deprecated APIs: Deprecated API usage detected within last 30 days.
            /apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas
          Update manifests to use newer APIs.

        Solve that and apply again; EKS looks again within a day, or at once on `aws eks start-insights-refresh`. To upgrade all the same: `upgrade = { ignore_insights = ["Deprecated APIs"] }` for these, `upgrade = { force = true }` for any.
    "#]]
        .assert_eq(&said.iter().map(|one| format!("{}\n{}\n", one.summary, one.detail)).collect::<String>());
}
