use super::*;

/// The objects of an add-on by their kind.
fn of_kind(add_on: AddOn, kind: &str) -> Vec<Value> {
    add_on.objects("registry/eks/it:1").into_iter().filter(|object| object["kind"] == kind).collect()
}

#[test]
fn names_are_those_of_eks() {
    for add_on in AddOn::ALL {
        assert_eq!(AddOn::named(add_on.name()), Some(add_on));
        assert_eq!(add_on.repository(), format!("eks/{}", add_on.name()));
    }
    assert_eq!(AddOn::named("vpc-cni"), None);
}

#[test]
fn every_add_on_runs_its_image_once_and_selects_its_own_pods() {
    for add_on in AddOn::ALL {
        let workloads = [of_kind(add_on, "Deployment"), of_kind(add_on, "DaemonSet")].concat();
        let [workload] = workloads.as_slice() else { panic!("{add_on:?} has {} workloads", workloads.len()) };
        assert_eq!(workload["metadata"]["name"], add_on.name());
        let template = &workload["spec"]["template"];
        assert_eq!(template["spec"]["containers"][0]["image"], "registry/eks/it:1");
        assert_eq!(template["spec"]["serviceAccountName"], add_on.name());
        let labels = &template["metadata"]["labels"];
        assert_eq!(&workload["spec"]["selector"]["matchLabels"], labels);
        for service in of_kind(add_on, "Service") {
            assert_eq!(&service["spec"]["selector"], labels);
        }
    }
}

#[test]
fn dns_is_where_kubelets_send_pods() {
    let services = of_kind(AddOn::CoreDns, "Service");
    assert_eq!(services[0]["spec"]["clusterIP"], crate::nodes::DNS.to_string());
}
