//! What concerns programs that really run: `open` and `image`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use sandbox_eks::Wanted;

use crate::daemon::client::Control;
use crate::daemon::serve::NewImage;

#[derive(Debug, Args)]
pub(super) struct Open {
    /// The app.
    app: String,
    /// Its namespace, where there are several apps of this name.
    #[arg(long)]
    namespace: Option<String>,
    /// Its cluster.
    #[arg(long)]
    cluster: Option<String>,
    /// Its account.
    #[arg(long)]
    account: Option<String>,
    /// One of the ports of a Service that has several.
    #[arg(long)]
    port: Option<i32>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Image {
    /// Load an archive of `docker save`, `podman save`, `docker buildx build --output type=oci` or `skopeo copy`.
    Load {
        /// The archive; it may be gzipped.
        archive: PathBuf,
        /// The name that pods call its one image by, if not the one in the archive: shop/api:1.4.2.
        #[arg(long)]
        name: Option<String>,
    },
    /// List what was loaded.
    List,
}

pub(super) async fn open(control: &Control, open: Open) -> anyhow::Result<String> {
    let Open { app, namespace, cluster, account, port } = open;
    let wanted = Wanted { service: app, namespace, cluster, account, port };
    Ok(format!("http://{}\n", control.open(&wanted).await?))
}

pub(super) async fn image(control: &Control, image: Image) -> anyhow::Result<String> {
    let (names, what): (Vec<String>, _) = match image {
        Image::List => (control.get("/images").await?, ""),
        Image::Load { archive, name } => {
            // The daemon has another working folder.
            let archive =
                std::path::absolute(&archive).with_context(|| format!("{} has no path", archive.display()))?;
            let new = serde_json::to_value(NewImage { archive, name })?;
            (serde_json::from_str(&control.text("POST", "/images", Some(&new)).await?)?, "loaded ")
        }
    };
    Ok(names.iter().map(|name| format!("{what}{name}\n")).collect())
}
