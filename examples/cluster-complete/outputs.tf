output "arn" {
  description = "What `cluster` of an app or job takes."
  value       = paas_cluster.this.arn
}

output "oidc" {
  description = "For roles of service accounts."
  value       = { issuer = paas_cluster.this.oidc_issuer, provider_arn = paas_cluster.this.oidc_provider_arn }
}

output "addons" {
  description = "Version, status, role and namespace of each add-on."
  value       = paas_cluster.this.installed_addons
}

output "node_groups" {
  description = "What became of each node group; an autoscaler wants its Auto Scaling groups."
  value       = paas_cluster.this.node_group_status
}

output "kubeconfig" {
  description = "For kubectl. It has no secret in it."
  value       = paas_cluster.this.kubeconfig
}

output "api" {
  description = "For other clients of the Kubernetes API."
  value = {
    server    = paas_cluster.this.api_endpoint
    authority = paas_cluster.this.certificate_authority_data
  }
}

output "network" {
  description = "For what is to reach the nodes, such as a database's security group."
  value = {
    vpc_id            = paas_cluster.this.vpc_id
    security_group_id = paas_cluster.this.cluster_security_group_id
    service_cidr      = paas_cluster.this.service_cidr
  }
}

output "roles" {
  description = "The roles of the control plane, of the nodes and of pods."
  value = {
    cluster = paas_cluster.this.cluster_role_arn
    nodes   = paas_cluster.this.node_role_arn
    pods    = paas_cluster.this.pod_identity_roles
  }
}

output "access" {
  description = "Who may do what."
  value = {
    mode    = paas_cluster.this.authentication_mode
    creator = paas_cluster.this.creator_arn
    entries = paas_cluster.this.access_entries
  }
}

output "about" {
  description = "What it is at present."
  value = {
    id               = paas_cluster.this.id
    account_id       = paas_cluster.this.account_id
    ready            = paas_cluster.this.ready
    status           = paas_cluster.this.status
    platform_version = paas_cluster.this.platform_version
    tags             = paas_cluster.this.tags_all
  }
}

output "leftovers" {
  description = "What an interrupted apply made in IAM that nothing uses; the next apply deletes it. Null otherwise."
  value       = paas_cluster.this.leftovers
}
