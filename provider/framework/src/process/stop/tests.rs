use super::Stop;

#[test]
fn calls_that_run_and_calls_that_come_later_are_stopped() {
    let stop = Stop::new(false);
    let running = stop.token();
    assert!(!running.is_cancelled());
    stop.stop();
    assert!(running.is_cancelled());
    assert!(stop.token().is_cancelled());
}

#[test]
fn a_process_of_one_run_stays_stopped() {
    let stop = Stop::new(false);
    stop.stop();
    stop.begin_run();
    assert!(stop.token().is_cancelled());
}

#[test]
fn a_reattached_process_serves_the_next_run() {
    let stop = Stop::new(true);
    let earlier = stop.token();
    stop.stop();
    stop.begin_run();
    assert!(earlier.is_cancelled());
    assert!(!stop.token().is_cancelled());
}

#[test]
fn a_second_configuration_of_the_same_run_keeps_its_calls_in_reach() {
    let stop = Stop::new(true);
    let running = stop.token();
    stop.begin_run();
    stop.stop();
    assert!(running.is_cancelled());
}
