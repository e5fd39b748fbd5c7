use super::*;

fn point(operation: &str, key: &str, nth: u64) -> Point {
    let mutating = !operation.starts_with("Describe") && !operation.starts_with("List");
    Point { service: "eks".into(), operation: operation.into(), key: Some(key.into()), nth, mutating }
}

fn create() -> Vec<Point> {
    vec![
        point("DescribeCluster", "prod", 1),
        point("CreateCluster", "prod", 1),
        point("DescribeCluster", "prod", 2),
        point("DescribeCluster", "prod", 3),
        point("CreateNodegroup", "default", 1),
        point("DescribeNodegroup", "default", 1),
        point("TagResource", "prod", 1),
        point("DescribeCluster", "prod", 4),
    ]
}

fn told(harm: Harm) -> Vec<String> {
    harm.strikes(&create()).iter().map(ToString::to_string).collect()
}

#[test]
fn the_provider_dies_twice_at_every_call() {
    assert_eq!(told(Harm::Revert), told(Harm::Kill));
    let told = told(Harm::Kill);
    assert_eq!(told.len(), 2 * create().len());
    assert_eq!(told[..2], ["before eks DescribeCluster prod #1", "after  eks DescribeCluster prod #1"]);
}

#[test]
fn only_an_answer_to_a_change_is_worth_losing() {
    assert_eq!(
        told(Harm::Lose),
        ["lost   eks CreateCluster prod #1", "lost   eks CreateNodegroup default #1", "lost   eks TagResource prod #1"]
    );
}

#[test]
fn what_was_just_made_is_hidden_from_its_first_read() {
    assert_eq!(told(Harm::Hide), ["hidden eks DescribeCluster prod #2", "hidden eks DescribeNodegroup default #1"]);
}

#[test]
fn a_stop_comes_while_a_call_is_on_its_way_there_and_back() {
    let told = told(Harm::Stop);
    assert_eq!(told.len(), 2 * create().len());
    assert_eq!(told[2..4], ["stop before eks CreateCluster prod #1", "stop after eks CreateCluster prod #1"]);
}
