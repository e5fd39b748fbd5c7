data "paas_cluster_versions" "standard" {
  status = "STANDARD_SUPPORT"
}

output "newest_version" {
  value = data.paas_cluster_versions.standard.versions[0].version
}
