use clap::{CommandFactory as _, Parser as _};
use sandbox_eks::Pace;

use super::{Command, Verb, pace};

#[test]
fn the_command_line_is_consistent() {
    Command::command().debug_assert();
}

#[test]
fn paces_are_read() {
    assert_eq!(pace::read("fast"), Ok(Pace::Fast));
    assert_eq!(pace::read("aws:0.01"), Ok(Pace::Aws { factor: 0.01 }));
    for text in ["", "slow", "aws", "aws:", "aws:-1", "aws:inf", "aws:NaN", "AWS:1"] {
        let problem = pace::read(text).unwrap_err();
        assert_eq!(problem, "it is fast, or aws:FACTOR such as aws:0.01 (1 is as slow as AWS)", "{text}");
    }
}

#[test]
fn the_folder_may_stand_on_either_side_of_the_verb() {
    for arguments in [["sandbox", "--dir", "d", "down"], ["sandbox", "down", "--dir", "d"]] {
        let command = Command::try_parse_from(arguments).unwrap();
        assert!(matches!(command.verb, Verb::Down { all: false }));
        assert_eq!(command.dir.as_deref(), Some(std::path::Path::new("d")));
    }
}

#[test]
fn an_account_is_the_default_or_named() {
    let Verb::Env { account, region } = Command::try_parse_from(["sandbox", "env"]).unwrap().verb else {
        panic!("another verb")
    };
    assert_eq!((account.as_str(), region.as_str()), ("111122223333", "eu-west-1"));
    let Verb::Env { account, .. } =
        Command::try_parse_from(["sandbox", "env", "--account", "000000000001"]).unwrap().verb
    else {
        panic!("another verb")
    };
    assert_eq!(account, "000000000001");
}
