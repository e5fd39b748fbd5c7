//! The programs that the sandbox runs: where they come from and how they get into the cache. Knows nothing of clusters.

use std::path::PathBuf;

use cache::Cache;
use found::Machine;
use go_module::Part;
use run::Steps;

mod aws_provider;
mod cache;
mod found;
mod go_module;
mod kubernetes;
mod node;
mod opentofu;
mod python;
mod run;
#[cfg(test)]
mod tests;
mod whole;

pub use aws_provider::platform;
pub use cache::root as cache_root;
pub use node::NodeTools;

/// Every program the sandbox starts, and what tests and users run against it.
#[derive(Debug, Clone)]
pub struct Tools {
    /// etcd 3.6.
    pub etcd: PathBuf,
    /// kube-apiserver of the minor that [`Tools::KUBERNETES_MINOR`] names.
    pub kube_apiserver: PathBuf,
    /// kube-controller-manager of the same minor.
    pub kube_controller_manager: PathBuf,
    /// kube-scheduler of the same minor.
    pub kube_scheduler: PathBuf,
    /// kubectl, at most one minor away from the API server.
    pub kubectl: PathBuf,
    /// kwok 0.8, which simulates nodes and pods.
    pub kwok: PathBuf,
    /// The AWS CLI.
    pub aws: PathBuf,
    /// The Python of the virtual environment that holds moto and the AWS CLI, for scripts that need botocore.
    pub python: PathBuf,
    /// botocore's model of the EKS API (`service-2.json.gz`, gzip).
    pub botocore_model: PathBuf,
    /// Terraform, when this machine has it; it is never built or downloaded.
    pub terraform: Option<PathBuf>,
    /// OpenTofu: this machine's, or ours where it was wanted.
    pub tofu: Option<PathBuf>,
    /// A folder in the layout of a filesystem mirror that holds `registry.terraform.io/hashicorp/aws`.
    pub aws_provider_mirror: Option<PathBuf>,
}

/// Which CLI of Terraform's language the caller needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// None: control planes and AWS alone.
    Services,
    /// One: this machine's `terraform` or `tofu`; OpenTofu is built only when there is neither.
    AnyCli,
    /// OpenTofu in any case, beside whatever `terraform` there is.
    BothClis,
}

impl Tools {
    /// The minor version of the Kubernetes binaries; clusters may present it or one of the three before it.
    pub const KUBERNETES_MINOR: u32 = 36;

    /// Finds or builds every program, and says each step in one line through `progress`.
    /// Blocks for minutes on a bare machine, for milliseconds when everything is there.
    /// Several callers at once, in other processes too, wait for one another.
    ///
    /// # Errors
    /// When a base tool (Go, Python) is missing and something has to be built, or when a build fails; the text names the remedy.
    pub fn prepare(progress: &dyn Fn(&str), wanted: Wanted) -> anyhow::Result<Self> {
        let cache = Cache::open(cache_root()?)?;
        let machine = Machine::here();
        let terraform = found::on_path(&machine.path, "terraform");
        let mut tofu = found::on_path(&machine.path, "tofu");
        let build_tofu =
            tofu.is_none() && (wanted == Wanted::BothClis || wanted == Wanted::AnyCli && terraform.is_none());

        let kubernetes = Part::new(&cache, &kubernetes::MODULE, &kubernetes::CONTROL_PLANE, &machine);
        let opentofu = build_tofu.then(|| Part::new(&cache, &opentofu::MODULE, &opentofu::PROGRAMS, &machine));
        let python = python::Part::new(&cache);
        let modules: Vec<&Part> = [&kubernetes].into_iter().chain(&opentofu).collect();
        let left = || modules.iter().map(|part| part.left()).sum::<usize>() + usize::from(!python.is_ready());
        if left() > 0 {
            let oldest_go = found::newest(modules.iter().filter(|part| part.left() > 0).map(|part| part.oldest_go()));
            found::check(&machine, oldest_go, !python.is_ready())?;
            let _lock = cache.lock(progress)?;
            let steps = Steps::new(progress, left());
            kubernetes.build(&steps)?;
            python.build(&machine.path, &steps)?;
            if let Some(opentofu) = &opentofu {
                opentofu.build(&steps)?;
            }
        }
        if let Some(opentofu) = &opentofu {
            tofu = Some(opentofu.program("tofu")?);
        }
        let venv = python.folder();
        Ok(Self {
            etcd: kubernetes.program("etcd")?,
            kube_apiserver: kubernetes.program("kube-apiserver")?,
            kube_controller_manager: kubernetes.program("kube-controller-manager")?,
            kube_scheduler: kubernetes.program("kube-scheduler")?,
            kubectl: kubernetes.program("kubectl")?,
            kwok: kubernetes.program("kwok")?,
            aws: venv.join("bin/aws"),
            python: venv.join("bin/python"),
            botocore_model: python.botocore_model("eks/2017-11-01")?,
            terraform,
            tofu,
            aws_provider_mirror: aws_provider::mirror(),
        })
    }
}
