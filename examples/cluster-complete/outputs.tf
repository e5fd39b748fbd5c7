output "arn" {
  description = "What `cluster` of an app or job takes."
  value       = paas_cluster.this.arn
}

output "oidc_provider_arn" {
  description = "For roles of service accounts."
  value       = paas_cluster.this.oidc_provider_arn
}

output "addons" {
  description = "Version and status of each add-on."
  value       = paas_cluster.this.installed_addons
}
