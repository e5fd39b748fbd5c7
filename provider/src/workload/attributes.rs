//! The attributes that apps and jobs share, each defined once. Their own are in `app::model` and `job::model`.

use tfplugin_framework::prelude::*;
use tfplugin_framework::timeouts::Timeouts;

use super::{checks, quantity};

model! {
    /// What a container may use. Amounts are Kubernetes quantities; spellings of one amount (`0.5`, `500m`) are the same.
    pub struct Resources {
        /// CPU that is reserved, such as `500m` (half a core).
        cpu: String = optional().otherwise("`250m`").check(checks::cpu).equal(same_amount),
        /// Memory that is reserved, such as `512Mi`.
        memory: String = optional().otherwise("`512Mi`").check(checks::memory).equal(same_amount),
        /// CPU that it cannot exceed. A limit slows down a container while the node has CPU to spare.
        cpu_limit: String = optional().otherwise("no limit").check(checks::cpu).equal(same_amount),
        /// Memory beyond which it is killed.
        memory_limit: String = optional().otherwise("as much as `memory`").check(checks::memory).equal(same_amount),
    }
}

fn same_amount(a: &Value, b: &Value) -> bool {
    matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if quantity::same(a, b))
}

/// Calls `$then` with the shared attributes after the tokens `$with`.
macro_rules! shared_attributes {
    ($then:ident! { $($with:tt)* }) => {
        $then! {
            { $($with)* }
            /// The cluster it runs on: the ARN of an EKS cluster (`paas_cluster.prod.arn`), the name of one in the provider's
            /// region, or a key of the provider's `kubeconfigs`. Another spelling of the same cluster changes nothing.
            cluster: String = required().changes("another cluster **replaces the object**; another spelling of the same one is no change").check($crate::workload::checks::cluster),
            /// Its name. With the namespace it must be unique on the cluster.
            name: String = required().replaces().check($crate::workload::checks::name),
            /// Its namespace; made if there is none and removed with the last app or job in it.
            namespace: String = optional().defaults_to("default").replaces().check($crate::workload::checks::namespace),
            /// The image, as `registry/repository:tag`. A tag that moves is not noticed: deploy a tag or digest of its own for
            /// every build.
            image: String = required().check($crate::workload::checks::image),
            /// The program to run instead of the image's entry point, one word per element.
            command: List<String> = optional().otherwise("the image's entry point").multiline().check($crate::workload::checks::words),
            /// Arguments instead of the image's own, one word per element.
            args: List<String> = optional().otherwise("the image's command").multiline().check($crate::workload::checks::words),
            /// Environment variables. They are plain text in state, plan and cluster: no secrets.
            env: Map<String> = optional().multiline().check($crate::workload::checks::env),
            /// What its container may use.
            resources: $crate::workload::attributes::Resources = optional(),
            /// How long operations may take.
            timeouts: tfplugin_framework::timeouts::Timeouts = optional(),
            /// `CLUSTER/NAMESPACE/NAME`, which an import takes.
            id: String = computed(),
            /// True once everything was made and ran; false after an apply that did not finish, which the next one continues.
            ready: bool = computed(),
            /// The ARN of the cluster that it runs on; none for a cluster of `kubeconfigs`.
            cluster_arn: String = computed(),
            /// The AWS account of that cluster.
            account_id: String = computed(),
            /// The region of that cluster.
            region: String = computed(),
            /// The UID of the `kube-system` namespace of a cluster of `kubeconfigs`, so that a key that points elsewhere is noticed.
            cluster_uid: String = computed(),
            /// Fields of its Kubernetes objects that no attribute shows and that somebody changed. The next apply sets them back.
            drift: List<String> = computed(),
        }
    };
}

macro_rules! define_shared {
    ({} $( $(#[doc = $doc:literal])* $name:ident : $type:ty = $behaviour:expr ),* $(,)?) => {
        /// The attributes that apps and jobs share, taken out of either.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct Shared {
            $( $(#[doc = $doc])* pub $name: Attr<$type>, )*
        }
    };
}
shared_attributes!(define_shared! {});

macro_rules! define_workload {
    (
        { $(#[doc = $model_doc:literal])* pub struct $model:ident { $($own:tt)* } }
        $( $(#[doc = $doc:literal])* $name:ident : $type:ty = $behaviour:expr ),* $(,)?
    ) => {
        tfplugin_framework::model! {
            $(#[doc = $model_doc])*
            pub struct $model {
                $( $(#[doc = $doc])* $name : $type = $behaviour, )*
                $($own)*
            }
        }

        impl $crate::workload::Workload for $model {
            fn shared(&self) -> $crate::workload::attributes::Shared {
                $crate::workload::attributes::Shared { $( $name: self.$name.clone(), )* }
            }

            fn set_shared(&mut self, shared: $crate::workload::attributes::Shared) {
                $( self.$name = shared.$name; )*
            }
        }
    };
}

/// Defines the model of a workload: the shared attributes and its own.
macro_rules! workload {
    ($($definition:tt)*) => {
        $crate::workload::attributes::shared_attributes!(define_workload! { $($definition)* });
    };
}

pub(crate) use {define_workload, shared_attributes, workload};

impl Shared {
    /// How errors name it: `app shop/api`.
    pub fn title(&self, kind: &str) -> String {
        format!("{kind} {}/{}", self.namespace(), self.name())
    }

    /// The name; known in everything but a plan.
    pub fn name(&self) -> &str {
        self.name.known().map_or("", String::as_str)
    }

    /// The namespace; known in everything but a plan.
    pub fn namespace(&self) -> &str {
        self.namespace.known().map_or("default", String::as_str)
    }

    /// The cluster as the user spells it.
    pub fn cluster(&self) -> &str {
        self.cluster.known().map_or("", String::as_str)
    }

    /// `CLUSTER/NAMESPACE/NAME` once all of it is known.
    pub fn id(&self) -> Attr<String> {
        match (&self.cluster, &self.namespace, &self.name) {
            (Attr::Known(cluster), Attr::Known(namespace), Attr::Known(name)) => {
                Attr::Known(format!("{cluster}/{namespace}/{name}"))
            }
            _ => Attr::Unknown,
        }
    }

    /// The arguments whose change makes another object.
    pub fn place_arguments(&self) -> std::collections::BTreeMap<&'static str, Value> {
        [("cluster", self.cluster.to_value()), ("namespace", self.namespace.to_value()), ("name", self.name.to_value())]
            .into_iter()
            .collect()
    }

    /// How long an operation may take, by what the user set.
    pub fn timeout(&self, of: fn(&Timeouts) -> &Attr<String>, otherwise: std::time::Duration) -> std::time::Duration {
        let set = self.timeouts.known().map_or(Attr::Null, |timeouts| of(timeouts).clone());
        tfplugin_framework::timeouts::duration_or(&set, otherwise)
    }
}
