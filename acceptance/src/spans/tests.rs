use super::Spans;

fn spans(all: &[(f64, f64)]) -> Spans {
    all.iter().copied().collect()
}

#[test]
fn what_overlaps_counts_once() {
    assert_eq!(spans(&[(4.0, 5.0), (1.0, 3.0), (2.0, 3.5), (1.5, 2.0)]).covered(), 3.5);
    assert_eq!(spans(&[]).covered(), 0.0);
}

#[test]
fn what_ends_before_it_begins_is_none() {
    assert_eq!(spans(&[(2.0, 1.0), (1.0, 1.0)]).bounds(), None);
}

#[test]
fn gaps_are_what_nothing_covers() {
    let all = spans(&[(1.0, 2.0), (1.5, 3.0), (4.0, 9.0)]);
    assert_eq!(all.gaps(0.0, 5.0), spans(&[(0.0, 1.0), (3.0, 4.0)]));
    assert_eq!(all.gaps(1.0, 3.0), spans(&[]));
    assert_eq!(spans(&[]).gaps(0.0, 2.0).covered(), 2.0);
    assert_eq!(all.gaps(0.0, 5.0).covered() + all.within(0.0, 5.0).covered(), 5.0);
}

#[test]
fn short_ones_can_be_left_out() {
    assert_eq!(spans(&[(0.0, 0.01), (1.0, 2.0)]).of_at_least(0.05), spans(&[(1.0, 2.0)]));
}

#[test]
fn bounds_reach_from_the_first_to_the_last() {
    assert_eq!(spans(&[(3.0, 4.0)]).and(&spans(&[(1.0, 2.0)])).bounds(), Some((1.0, 4.0)));
}
