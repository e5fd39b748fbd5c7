use super::*;

#[test]
fn schedules_that_the_controller_takes() {
    for good in [
        "*/5 * * * *",
        "0 6 * * *",
        "0 0 1,15 * ?",
        "30 4 * jan-mar MON-FRI",
        "5-59/15 0 1 12 6",
        "@daily",
        "0  6 * * 0",
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
}

#[test]
fn what_is_no_schedule_is_told() {
    let told = |text| check(text).unwrap_err();
    assert_eq!(
        told("0 6 * *"),
        "is \"0 6 * *\", which has 4 fields; a schedule has five: minute, hour, day of the month, month, day of the week"
    );
    assert_eq!(told("60 * * * *"), "is \"60 * * * *\", whose minute is \"60\"; use 0 to 59");
    assert_eq!(told("0 0 0 * *"), "is \"0 0 0 * *\", whose day of the month is \"0\"; use 1 to 31");
    assert_eq!(told("0 0 * * 7"), "is \"0 0 * * 7\", whose day of the week is \"7\"; use 0 to 6");
    assert_eq!(
        told("9-3 * * * *"),
        "is \"9-3 * * * *\", whose minute has the range \"9-3\", which ends before it begins"
    );
    assert_eq!(told("*/0 * * * *"), "is \"*/0 * * * *\", whose minute has the step \"0\"; use a number from 1 to 59");
    assert_eq!(
        told("CRON_TZ=Europe/Berlin 0 6 * * *"),
        "is \"CRON_TZ=Europe/Berlin 0 6 * * *\", which has a time zone in it; set time_zone instead"
    );
    assert_eq!(
        told("@reboot"),
        "is \"@reboot\", which is no descriptor; use @hourly, @daily, @weekly, @monthly or @yearly, or five fields"
    );
    for odd in
        ["", "* * * * * *", "a b c d e", "* * * * */x", "-1 * * * *", "1- * * * *", "* * * * *\n@daily", "+1 * * * *"]
    {
        assert!(check(odd).is_err(), "{odd:?}");
    }
}
