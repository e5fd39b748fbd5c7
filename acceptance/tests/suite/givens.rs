//! What is there before a cluster and is not the provider's: subnets, roles, keys, launch templates. Configurations and expectations
//! name it as `<name>`.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::Value as Json;

use crate::world::Account;

/// Ids and ARNs by name, and how what was made goes again.
#[derive(Default)]
pub(crate) struct Givens {
    texts: BTreeMap<String, String>,
    clear: Vec<Vec<String>>,
}

impl Givens {
    /// The subnets of the account: `<subnet-0>`, `<subnet-1>`, …
    pub(crate) fn of(account: &Account) -> anyhow::Result<Givens> {
        let mut all = Givens::default();
        let subnets: Vec<String> = serde_json::from_str(&account.variable("TF_VAR_subnet_ids")?)?;
        for (at, subnet) in subnets.into_iter().enumerate() {
            all.name(&format!("subnet-{at}"), &subnet);
        }
        all.name("account", account.id());
        Ok(all)
    }

    /// `<beside>`, a subnet in the zone of `<subnet-0>`, and `<group>`, a security group.
    pub(crate) fn network(&mut self, account: &Account) -> anyhow::Result<()> {
        let described = account.aws(&["ec2", "describe-subnets", "--subnet-ids", &self.fill("<subnet-0>")])?;
        let text = |member: &str| described["Subnets"][0][member].as_str().unwrap_or_default().to_owned();
        let (vpc, zone) = (text("VpcId"), text("AvailabilityZone"));
        let subnet = ["--vpc-id", &vpc, "--availability-zone", &zone, "--cidr-block", "172.31.240.0/20"];
        let make = [&["ec2", "create-subnet"], &subnet[..]].concat();
        self.make(account, "beside", (&make, "/Subnet/SubnetId"), &["ec2", "delete-subnet", "--subnet-id", "<>"])?;
        let group = ["--group-name", "extra", "--description", "extra", "--vpc-id", &vpc];
        let make = [&["ec2", "create-security-group"], &group[..]].concat();
        let clear = ["ec2", "delete-security-group", "--group-id", "<>"];
        self.make(account, "group", (&make, "/GroupId"), &clear).map(drop)
    }

    /// Calls something `<name>`.
    pub(crate) fn name(&mut self, name: &str, text: &str) {
        self.texts.insert(format!("<{name}>"), text.to_owned());
    }

    /// Makes something by `aws` and names what is at `pointer` of the answer; `clear` removes it, `<>` standing for it.
    pub(crate) fn make(
        &mut self,
        account: &Account,
        name: &str,
        (make, pointer): (&[&str], &str),
        clear: &[&str],
    ) -> anyhow::Result<String> {
        let filled: Vec<String> = make.iter().map(|text| self.fill(text)).collect();
        let made = account.aws(&filled.iter().map(String::as_str).collect::<Vec<_>>())?;
        let text = made.pointer(pointer).and_then(Json::as_str).with_context(|| format!("no {pointer} in {made}"))?;
        // moto knows the key by its id alone here.
        let id = if name.starts_with("key") { text.rsplit('/').next().unwrap_or_default() } else { text };
        self.clear.push(clear.iter().map(|one| one.replace("<>", id)).collect());
        self.name(name, text);
        Ok(text.to_owned())
    }

    /// A role with managed policies of AWS.
    pub(crate) fn role(
        &mut self,
        account: &Account,
        name: &str,
        service: &str,
        policies: &[&str],
    ) -> anyhow::Result<()> {
        let arn = account.role(name, service, &["sts:AssumeRole", "sts:TagSession"])?;
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        self.clear.push(owned(&["iam", "delete-role", "--role-name", name]));
        for policy in policies {
            let policy = format!("arn:aws:iam::aws:policy/{policy}");
            let of = ["--role-name", name, "--policy-arn", &policy];
            account.aws(&[&["iam", "attach-role-policy"], &of[..]].concat())?;
            self.clear.push(owned(&[&["iam", "detach-role-policy"], &of[..]].concat()));
        }
        self.name(name, &arn);
        Ok(())
    }

    /// A text with everything that it names.
    pub(crate) fn fill(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, (name, is)| text.replace(name, is))
    }

    /// The same for every text of a value.
    pub(crate) fn filled(&self, value: &Json) -> Json {
        match value {
            Json::String(text) => Json::String(self.fill(text)),
            Json::Array(all) => all.iter().map(|one| self.filled(one)).collect(),
            Json::Object(all) => {
                Json::Object(all.iter().map(|(key, one)| (self.fill(key), self.filled(one))).collect())
            }
            other => other.clone(),
        }
    }

    /// Removes what was made, the last first.
    pub(crate) fn clear(self, account: &Account) -> anyhow::Result<()> {
        for command in self.clear.iter().rev() {
            account.client("aws", &command.iter().map(String::as_str).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}
