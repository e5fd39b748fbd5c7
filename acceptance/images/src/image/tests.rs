use super::*;
use crate::layer::Contents;

#[test]
fn a_manifest_names_the_configuration_and_the_layers() {
    let layer = Contents::new().text("etc/passwd", "root", 0o644).layer().unwrap();
    let start = Start {
        entrypoint: vec!["/coredns".to_owned()],
        arguments: vec!["-conf".to_owned(), "/etc/coredns/Corefile".to_owned()],
        env: vec![("PATH".to_owned(), "/".to_owned())],
        folder: String::new(),
    };
    let image = Image::new(std::slice::from_ref(&layer), &start);
    let manifest: Value = serde_json::from_slice(&image.manifest().read()).unwrap();
    let [config, bytes] = image.blobs() else { panic!("{:?}", image.blobs()) };
    assert_eq!(
        manifest,
        json!({
            "schemaVersion": 2,
            "mediaType": image.media_type(),
            "config": {"mediaType": OCI_CONFIG, "digest": config.digest(), "size": config.size()},
            "layers": [{"mediaType": OCI_LAYER, "digest": layer.blob().digest(), "size": bytes.size()}],
        })
    );
    let config: Value = serde_json::from_slice(&config.read()).unwrap();
    assert_eq!(config["architecture"], architecture());
    assert_eq!(config["rootfs"]["diff_ids"], json!([layer.blob().digest()]));
    assert_eq!(
        config["config"],
        json!({"Entrypoint": ["/coredns"], "Cmd": ["-conf", "/etc/coredns/Corefile"], "Env": ["PATH=/"], "WorkingDir": "/"})
    );
    assert_eq!(image.manifest().digest(), Image::new(&[layer], &start).manifest().digest());
}
